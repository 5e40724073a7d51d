//! Tables that are wrong: every error says which file, which line and what to do.

use proptest::prelude::*;
use traffic::emission::{
    ClassTable, Conditions, FactorFiles, FactorOptions, FactorSet, FleetMix, FuelTable, HotTable,
    Pollutant, RateTable, RoadKind, TableError, import_annex,
};

use super::{config, read, root, set};

/// Reads a text as the table that its name begins with.
fn parse(name: &str, text: &str) -> Result<(), TableError> {
    match name.split('-').next().unwrap() {
        "hot" => HotTable::parse(name, text).map(|_| ()),
        "classes" => ClassTable::parse(name, text).map(|_| ()),
        "fuels" => FuelTable::parse(name, text).map(|_| ()),
        "fleet" => FleetMix::parse(name, text, set().classes()).map(|_| ()),
        "rates" => RateTable::parse(name, text, set().classes()).map(|_| ()),
        "annex" => import_annex(name, text, None).map(|_| ()),
        kind => panic!("{kind} is no kind of table"),
    }
}

/// Every file of `tests/data/emission/wrong`: its first line is `# error: ` and the whole message.
#[test]
fn every_wrong_table_is_refused_with_its_message() {
    let folder = root().join("tests/data/emission/wrong");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 15, "only {} files", files.len());
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = read(&path);
        let wanted = text.lines().next().and_then(|line| line.strip_prefix("# error: "));
        let error = parse(&name, &text).unwrap_err().to_string();
        assert_eq!(Some(error.as_str()), wanted, "{name}");
    }
}

#[test]
fn a_set_names_the_class_whose_functions_or_fuel_are_missing() {
    let [hot, classes, fuels] = ["hot-emep-eea-2019.csv", "classes.csv", "fuels.csv"].map(config);
    let parse = |hot: &str, fuels: &str| {
        let files = FactorFiles {
            hot: ("hot.csv", hot),
            classes: ("classes.csv", &classes),
            fuels: ("fuels.csv", fuels),
        };
        FactorSet::parse("set", &files, FactorOptions::default()).unwrap_err().to_string()
    };
    let line = classes.lines().position(|line| line.starts_with("bus_gas_eev,")).unwrap() + 1;
    let without: Vec<&str> = hot
        .lines()
        .filter(|line| !line.starts_with("BUS,CNG,Urban CNG Buses,EEV,,energy_mj"))
        .collect();
    assert_eq!(
        parse(&without.join("\n"), &fuels),
        format!(
            "classes.csv:{line}: annex_segments: hot.csv has no energy_mj of \
             BUS | CNG | Urban CNG Buses | EEV | ; import the annex with these classes"
        )
    );
    let line = classes.lines().position(|line| line.contains(",hvo,")).unwrap() + 1;
    let without: Vec<&str> = fuels.lines().filter(|line| !line.starts_with("hvo")).collect();
    assert_eq!(
        parse(&hot, &without.join("\n")),
        format!("classes.csv:{line}: fuel: \"hvo\" is not in fuels.csv; add it there")
    );
}

#[test]
fn measured_rates_take_the_place_of_the_annex_for_their_class_and_pollutant() {
    let classes = set().classes();
    let text = "# Measured on one street.\nclass,pollutant,speed_km_h,rate_g_s\n\
                car_diesel_euro_5,nox,0,0.002\ncar_diesel_euro_5,nox,40,0.010\n";
    let rates = RateTable::parse("rates.csv", text, classes).unwrap();
    let with = set().clone().with_rates(rates);
    assert_ne!(with.hash(), set().hash(), "another set");
    let mix = "# name: one\n# year: 2025\n# source: made up\n# licence: none\n\
               road,class,share,relative_sd\nstreet,car_diesel_euro_5,1,0.1\n";
    let mix = FleetMix::parse("fleet.csv", mix, classes).unwrap();
    let warm = Conditions { temperature_c: 20.0, ..Conditions::default() };
    let of = |set: &FactorSet, pollutant: Pollutant| {
        set.mix_curves(&mix, RoadKind::Street, &warm).all(20.0)[pollutant.index()]
    };
    // Cold engines come on top; between 0 and 40 km/h the rate is linear.
    let ratio = of(&with, Pollutant::Nox) / 0.006;
    assert!((1.0..1.6).contains(&ratio), "{ratio}");
    let (before, after) = (of(set(), Pollutant::Co), of(&with, Pollutant::Co));
    assert!((before - after).abs() < 1e-15, "what was not measured stays");
}

#[test]
fn a_set_is_known_by_its_version_and_its_hash() {
    assert_eq!((set().name(), set().version()), ("emep-eea-2019", "2019"));
    let again = super::set_with(FactorOptions::default());
    assert_eq!(again.hash(), set().hash());
    let plain = FactorOptions { idle: false, ..FactorOptions::default() };
    assert_ne!(super::set_with(plain).hash(), set().hash());
}

/// The head of each table that ships, short enough to be read ten thousand times.
fn heads() -> Vec<(&'static str, Vec<String>)> {
    let head = |name: &'static str, file: &str, rows: usize| {
        let text = config(file);
        let notes = text.lines().filter(|line| line.starts_with('#'));
        let rows = text.lines().filter(|line| !line.starts_with('#')).take(rows + 1);
        (name, notes.chain(rows).map(str::to_owned).collect())
    };
    vec![
        head("hot-head.csv", "hot-emep-eea-2019.csv", 12),
        head("classes-head.csv", "classes.csv", 12),
        head("fuels-head.csv", "fuels.csv", 8),
        // All of it: the shares must sum to 1.
        head("fleet-head.csv", "fleet-finland-2011.csv", 1_000),
    ]
}

#[derive(Clone, Debug)]
enum Damage {
    Cell(usize, usize, String),
    DropLine(usize),
    RepeatLine(usize),
    Cut(usize),
    Insert(usize, String),
}

fn damage() -> impl Strategy<Value = Damage> {
    let junk = prop_oneof![
        Just(String::new()),
        Just("NaN".to_owned()),
        Just("-1e999".to_owned()),
        Just("\"".to_owned()),
        Just("1e308".to_owned()),
        Just("-0".to_owned()),
        Just(";:;".to_owned()),
        "[ -~äö\u{0}]{0,12}",
    ];
    prop_oneof![
        4 => (0..400_usize, 0..30_usize, junk.clone()).prop_map(|(line, cell, text)| {
            Damage::Cell(line, cell, text)
        }),
        1 => (0..400_usize).prop_map(Damage::DropLine),
        1 => (0..400_usize).prop_map(Damage::RepeatLine),
        1 => (0..20_000_usize).prop_map(Damage::Cut),
        1 => (0..20_000_usize, junk).prop_map(|(place, text)| Damage::Insert(place, text)),
    ]
}

/// A place in a text where a character begins.
fn boundary(text: &str, place: usize) -> usize {
    let place = place % (text.len() + 1);
    (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap()
}

fn damaged(mut lines: Vec<String>, damage: &[Damage]) -> String {
    let mut text = String::new();
    for one in damage {
        let count = lines.len().max(1);
        match one {
            Damage::Cell(line, cell, junk) => {
                if let Some(line) = lines.get_mut(line % count) {
                    let mut cells: Vec<&str> = line.split(',').collect();
                    let cell = cell % cells.len();
                    cells[cell] = junk;
                    *line = cells.join(",");
                }
            }
            Damage::DropLine(line) if !lines.is_empty() => {
                lines.remove(line % count);
            }
            Damage::RepeatLine(line) if !lines.is_empty() => {
                let line = lines[line % count].clone();
                lines.push(line);
            }
            _ => {}
        }
    }
    text.push_str(&lines.join("\n"));
    for one in damage {
        match one {
            Damage::Cut(place) => text.truncate(boundary(&text, *place)),
            Damage::Insert(place, junk) => text.insert_str(boundary(&text, *place), junk),
            _ => {}
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// However a table is damaged, reading it never panics, and an error names a line of the file.
    #[test]
    fn a_damaged_table_is_read_or_refused_by_line(
        which in 0..4_usize,
        damage in prop::collection::vec(damage(), 1..5),
    ) {
        let (name, lines) = heads().swap_remove(which);
        let text = damaged(lines, &damage);
        if let Err(error) = parse(name, &text) {
            let last = text.lines().count().max(1) as u64 + 1;
            prop_assert_eq!(&error.file, name);
            prop_assert!((1..=last).contains(&error.line), "{}", error);
            prop_assert!(!error.message.is_empty());
        }
    }

    /// Any text at all.
    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\n\r\"#,;äö\u{feff}]{0,300}") {
        for name in ["hot-x", "classes-x", "fuels-x", "fleet-x", "annex-x"] {
            if let Err(error) = parse(name, &text) {
                prop_assert!(error.line >= 1);
            }
        }
    }
}
