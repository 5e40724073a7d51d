//! `tilanne emission`: makes the tables of emission factors and of fleets, and shows what they say.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use traffic::emission::register::{RegisterOptions, read_register};
use traffic::emission::{
    ClassTable, Conditions, FactorFiles, FactorOptions, FactorSet, FleetMix, Pollutant, RoadKind,
    import_annex,
};

use crate::bar::Bar;
use crate::network::write_whole;

/// Larger annexes are refused: the published one has 6.5 MB.
const ANNEX_BYTES_MAX: u64 = 256 << 20;

/// Bytes of a register that are read at a time.
const REGISTER_BUFFER_BYTES: usize = 1 << 20;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make the table of hot functions of the EEA's annex, as CSV, packed (.gz) or not.
    Import(ImportArguments),
    /// Make a fleet mix from the national vehicle register's open file.
    Fleet(FleetArguments),
    /// Show what a mean vehicle of a mix emits, by speed.
    Show(ShowArguments),
}

#[derive(clap::Args)]
pub(crate) struct ImportArguments {
    /// The annex: one row a function, with the columns Category to `CheckValue`.
    annex: PathBuf,
    /// Only the kinds of vehicles that this table of classes needs; all without it.
    #[arg(long)]
    classes: Option<PathBuf>,
    /// File to write; it is replaced only when all went well.
    #[arg(long, short)]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct FleetArguments {
    /// The register's open file (.csv, or .csv.gz).
    #[arg(long)]
    register: PathBuf,
    /// Code of a municipality, such as 091; several where a mix is of several; all without it.
    #[arg(long)]
    municipality: Vec<u16>,
    /// Year of the file's edition.
    #[arg(long)]
    year: i32,
    /// Name of the mix.
    #[arg(long)]
    name: String,
    /// Mix that says how much cars, vans and lorries drive on each kind of road.
    #[arg(long, default_value = "config/emission/fleet-finland.csv")]
    base: PathBuf,
    /// Table of classes.
    #[arg(long, default_value = "config/emission/classes.csv")]
    classes: PathBuf,
    /// File to write; it is replaced only when all went well.
    #[arg(long, short)]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct ShowArguments {
    /// A fleet mix.
    fleet: PathBuf,
    /// Folder of the tables of factors.
    #[arg(long, default_value = "config/emission")]
    factors: PathBuf,
    /// Kind of road: residential, street, main or motorway.
    #[arg(long, default_value = "street")]
    road: String,
    /// Air temperature, °C.
    #[arg(long, default_value_t = 15.0, allow_negative_numbers = true)]
    temperature: f64,
    /// Slope, percent.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    slope: f64,
    /// The groups' parts at this speed, km/h.
    #[arg(long)]
    explain: Option<f64>,
}

/// Does what the command says.
pub(crate) fn emission(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(arguments) => import(arguments)?,
        Command::Fleet(arguments) => fleet(arguments)?,
        Command::Show(arguments) => show(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

fn import(arguments: &ImportArguments) -> anyhow::Result<()> {
    let path = &arguments.annex;
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| name.clone())?;
    let mut annex = String::new();
    let reader: Box<dyn Read> =
        if is_packed(path) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let bytes =
        reader.take(ANNEX_BYTES_MAX).read_to_string(&mut annex).with_context(|| name.clone())?;
    anyhow::ensure!((bytes as u64) < ANNEX_BYTES_MAX, "{name}: more than {ANNEX_BYTES_MAX} bytes");
    let classes = match &arguments.classes {
        Some(path) => Some(ClassTable::parse(&path.display().to_string(), &text(path)?)?),
        None => None,
    };
    let wanted = classes.as_ref().map(ClassTable::annex_classes);
    let import = import_annex(&name, &annex, wanted.as_ref())?;
    for class in &import.missing {
        println!("not in the annex: {class}");
    }
    anyhow::ensure!(
        import.missing.is_empty(),
        "{name}: {} kinds of vehicles are missing; mend the table of classes",
        import.missing.len()
    );
    let out = &arguments.out;
    write_whole(out, import.text.as_bytes())
        .with_context(|| format!("cannot write {}", out.display()))?;
    println!("{} functions taken, {} left out", import.rows, import.left_out);
    println!("{} with a pole, which is bridged", import.bridged);
    println!("largest relative difference to a check value {:.1e}", import.check_error_max);
    println!("{}: {} bytes", out.display(), import.text.len());
    Ok(())
}

fn fleet(arguments: &FleetArguments) -> anyhow::Result<()> {
    let path = &arguments.register;
    let name = path.display().to_string();
    let classes_name = arguments.classes.display().to_string();
    let classes = ClassTable::parse(&classes_name, &text(&arguments.classes)?)?;
    let base = arguments.base.display().to_string();
    let base = FleetMix::parse(&base, &text(&arguments.base)?, &classes)?;
    let file = File::open(path).with_context(|| name.clone())?;
    let total = file.metadata().with_context(|| name.clone())?.len();
    let options = RegisterOptions {
        municipalities: arguments.municipality.iter().copied().collect(),
        year: arguments.year,
    };
    let mut bar = Bar::new("reading the register");
    let register = if is_packed(path) {
        // How long the unpacked file is nobody knows: packed ones shrink to about a fifth.
        let reader = BufReader::with_capacity(REGISTER_BUFFER_BYTES, MultiGzDecoder::new(file));
        read_register(&name, reader, &options, &mut |done| bar.show(done, total * 5))
    } else {
        let reader = BufReader::with_capacity(REGISTER_BUFFER_BYTES, file);
        read_register(&name, reader, &options, &mut |done| bar.show(done, total))
    };
    bar.clear();
    let register = register?;
    println!("{} rows: {} vehicles counted", register.rows, register.vehicles());
    println!("{} of other municipalities", register.elsewhere);
    println!("{} of no class: trailers, tractors and the like", register.other_kinds);
    for (why, (rows, line)) in &register.bad {
        println!("{rows} not usable: {why}, first in line {line}");
    }
    anyhow::ensure!(register.vehicles() > 0, "{name}: no vehicle of these municipalities");
    let places: Vec<String> =
        options.municipalities.iter().map(|place| format!("{place:03}")).collect();
    let source = format!(
        "Traficom, Ajoneuvojen avoin data {}; municipalities {}",
        arguments.year,
        if places.is_empty() { "all".to_owned() } else { places.join(" ") }
    );
    let mix =
        register.mix(&base, &classes, [&arguments.name, &source, "CC BY 4.0"], arguments.year);
    let mut remarks = vec![
        "Made with: tilanne emission fleet. Within each body the classes as registered, by km."
            .to_owned(),
        format!("How much each body drives on each kind of road is as in {}.", base.name),
        format!(
            "{} vehicles, {} rows not usable, {} of no class.",
            register.vehicles(),
            register.bad_rows(),
            register.other_kinds
        ),
    ];
    for (class, (vehicles, km)) in &register.classes {
        remarks.push(format!("{class}: {vehicles} vehicles, {km:.3} million km a year"));
    }
    let text = mix.to_text(&remarks);
    let out = &arguments.out;
    // What would not be read back is not written.
    FleetMix::parse(&out.display().to_string(), &text, &classes)?;
    write_whole(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?;
    println!("{}: {} classes on streets", out.display(), mix.rows(RoadKind::Street).len());
    Ok(())
}

fn show(arguments: &ShowArguments) -> anyhow::Result<()> {
    let file = |name: &str| {
        let path = arguments.factors.join(name);
        Ok::<_, anyhow::Error>((path.display().to_string(), text(&path)?))
    };
    let (hot, classes, fuels) =
        (file("hot-emep-eea-2019.csv")?, file("classes.csv")?, file("fuels.csv")?);
    let files = FactorFiles {
        hot: (&hot.0, &hot.1),
        classes: (&classes.0, &classes.1),
        fuels: (&fuels.0, &fuels.1),
    };
    let set = FactorSet::parse("emep-eea-2019", &files, FactorOptions::default())?;
    let name = arguments.fleet.display().to_string();
    let mix = FleetMix::parse(&name, &text(&arguments.fleet)?, set.classes())?;
    let road = RoadKind::from_name(&arguments.road).with_context(|| {
        let names = RoadKind::ALL.map(RoadKind::name).join(", ");
        format!("--road {}: it is one of {names}", arguments.road)
    })?;
    let conditions = Conditions {
        temperature_c: arguments.temperature,
        slope_percent: arguments.slope,
        year: mix.year,
        ..Conditions::default()
    };
    let curves = set.mix_curves(&mix, road, &conditions);
    if curves.clamps().total() > 0 {
        println!("taken as the nearest bound: {:?}", curves.clamps());
    }
    println!("{} of {} on {} roads, version {}", mix.name, mix.year, road.name(), set.version());
    println!(
        "{:<14}{:>11} {:>10}{:>10}{:>10}{:>10}{:>10}  ± factor, mix; given",
        "per km at km/h", "idle /s", 10, 20, 40, 60, 80
    );
    for pollutant in Pollutant::ALL {
        let given = curves.given_share(pollutant);
        if given <= 0.0 {
            continue;
        }
        print!("{:<14}{:>11.3e}", pollutant.name(), curves.idle_g_s(pollutant));
        for speed_km_h in [10.0, 20.0, 40.0, 60.0, 80.0] {
            let per_km = curves.per_km(pollutant, speed_km_h);
            if per_km < 1e5 { print!(" {per_km:>9.4}") } else { print!(" {per_km:>9.2e}") }
        }
        let sd = [curves.factor_relative_sd(pollutant), curves.mix_relative_sd(pollutant)];
        println!("  {:>3.0} %, {:>3.0} %; {:>3.0} %", sd[0] * 100.0, sd[1] * 100.0, given * 100.0);
    }
    if let Some(speed_km_h) = arguments.explain {
        println!("parts at {speed_km_h} km/h: of km, of CO2, of NOx, of exhaust PM");
        let groups = set.explain(&mix, road, &conditions, speed_km_h);
        let part = |pollutant: Pollutant, rate: f64| {
            100.0 * rate / curves.rate_g_s(pollutant, speed_km_h).max(f64::MIN_POSITIVE)
        };
        for group in groups {
            print!("{:<20}{:>7.1} %", group.group, 100.0 * group.share);
            for pollutant in [Pollutant::Co2Fossil, Pollutant::Nox, Pollutant::PmExhaust] {
                print!("{:>7.1} %", part(pollutant, group.rates[pollutant.index()]));
            }
            println!();
        }
    }
    Ok(())
}
