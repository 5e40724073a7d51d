//! `tilanne network`: makes the file of a street network and shows what is in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::network::elevation::{ElevationGrid, read_elevation};
use ::network::gtfs::{Feed, GtfsError, GtfsFiles, GtfsZip, read_gtfs};
use ::network::osm::{OsmImport, OsmOptions, read_osm};
use ::network::{BoundingBox, ImportReport, LinkFlags, Network, RoadClass, Stop};
use anyhow::Context;

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::config;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Read an OpenStreetMap extract and write the file of its street network.
    Import(ImportArguments),
    /// Show what is in the file of a network.
    Show(ShowArguments),
}

#[derive(clap::Args)]
pub(crate) struct ImportArguments {
    /// OpenStreetMap extract (.osm.pbf).
    #[arg(long)]
    osm: PathBuf,
    /// Schedule in GTFS, packed (.zip) or a folder; several where a region has several.
    #[arg(long)]
    gtfs: Vec<PathBuf>,
    /// Heights of the ground, an ESRI ASCII grid in degrees (.asc): gradients of streets for what
    /// climbs emit; several where a region has several.
    #[arg(long)]
    elevation: Vec<PathBuf>,
    /// Only streets that touch this box: west,south,east,north in degrees.
    #[arg(long, conflicts_with = "region")]
    bbox: Option<BoundingBox>,
    /// Only streets in the box of this region of the configuration.
    #[arg(long)]
    region: Option<String>,
    #[command(flatten)]
    config: ConfigArguments,
    /// File to write; it is replaced only when all went well.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct ShowArguments {
    /// File of a network.
    file: PathBuf,
    /// All about one link, by its id or its number.
    #[arg(long)]
    link: Option<String>,
}

/// Does what the command says.
pub(crate) fn network(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(arguments) => import(arguments),
        Command::Show(arguments) => show(arguments),
    }
}

fn import(arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let bbox = match &arguments.region {
        Some(id) => Some(region_box(id, &arguments.config.config)?),
        None => arguments.bbox,
    };
    let path = &arguments.osm;
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut bar = Bar::new("reading streets");
    let import = read_osm(BufReader::new(file), &OsmOptions { bbox }, &mut |done, total| {
        bar.show(done, total);
    });
    bar.clear();
    let OsmImport { builder, mut report } = import.with_context(|| path.display().to_string())?;
    let mut network = builder.build();
    let grids = arguments.elevation.iter().map(|path| {
        let mut bar = Bar::new("reading heights");
        let grid = elevation(path, &mut bar);
        bar.clear();
        grid.with_context(|| path.display().to_string())
    });
    let grids = grids.collect::<anyhow::Result<Vec<_>>>()?;
    if !grids.is_empty() {
        network = network.with_elevation(&grids, &mut report);
    }
    let mut feeds = Vec::new();
    for path in &arguments.gtfs {
        let mut bar = Bar::new("reading schedule");
        let feed = schedule(path, &mut report, &mut bar);
        bar.clear();
        feeds.push(feed.with_context(|| path.display().to_string())?);
    }
    if !feeds.is_empty() {
        let mut bar = Bar::new("laying routes on streets");
        network = network.with_schedule(&feeds, &mut report, &mut |done, total| {
            bar.show(done, total);
        });
        bar.clear();
    }
    for line in report.lines() {
        println!("{line}");
    }
    let network = network.with_report(&report);
    let output = &arguments.output;
    write_whole(output, &network.to_bytes())
        .with_context(|| format!("cannot write {}", output.display()))?;
    println!("{}: {} links", output.display(), network.len());
    Ok(ExitCode::SUCCESS)
}

/// Reads heights of the ground.
fn elevation(path: &Path, bar: &mut Bar) -> anyhow::Result<ElevationGrid> {
    let file = File::open(path)?;
    let total = file.metadata()?.len();
    Ok(read_elevation(BufReader::new(file), &mut |done| bar.show(done, total))?)
}

/// Reads a schedule from a packed file or a folder.
fn schedule(path: &Path, report: &mut ImportReport, bar: &mut Bar) -> anyhow::Result<Feed> {
    let mut progress = |done, total| bar.show(done, total);
    if path.is_dir() {
        return Ok(read_gtfs(&mut Folder(path), report, &mut progress)?);
    }
    let mut zip = GtfsZip::new(BufReader::new(File::open(path)?))?;
    Ok(read_gtfs(&mut zip, report, &mut progress)?)
}

/// A schedule that is not packed.
struct Folder<'a>(&'a Path);

impl GtfsFiles for Folder<'_> {
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError> {
        match File::open(self.0.join(name)) {
            Ok(file) => Ok(Some(Box::new(BufReader::new(file)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(GtfsError::Read { file: name.to_owned(), message: error.to_string() })
            }
        }
    }
}

/// Box of a region of the configuration.
fn region_box(id: &str, config: &Path) -> anyhow::Result<BoundingBox> {
    let regions = config::region_files(config)?;
    let region = regions.iter().find(|region| region.id == id).with_context(|| {
        let known: Vec<&str> = regions.iter().map(|region| region.id.as_str()).collect();
        format!("--region {id}: {} has only {}", config.display(), known.join(", "))
    })?;
    Ok(region.bbox)
}

/// Writes a file so that it is there whole or as it was before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What is left of it helps nobody; that it cannot be removed is no news then.
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn show(arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.file;
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let network = Network::from_bytes(&bytes).with_context(|| path.display().to_string())?;
    match &arguments.link {
        Some(link) => show_link(&network, link)?,
        None => show_all(&network),
    }
    Ok(ExitCode::SUCCESS)
}

const FLAGS: [(LinkFlags, &str); 10] = [
    (LinkFlags::ONE_WAY, "one-way"),
    (LinkFlags::BUS_LANE, "bus lane"),
    (LinkFlags::BUS_ONLY, "buses only"),
    (LinkFlags::TUNNEL, "tunnel"),
    (LinkFlags::BRIDGE, "bridge"),
    (LinkFlags::SIGNAL, "ends at traffic lights"),
    (LinkFlags::ROUNDABOUT, "roundabout"),
    (LinkFlags::FERRY, "ferry"),
    (LinkFlags::LIMIT_IMPLIED, "limit implied"),
    (LinkFlags::PRIVATE, "private"),
];

fn show_all(network: &Network) {
    let links = 0..network.len() as u32;
    let km = |links: &mut dyn Iterator<Item = u32>| {
        let (mut count, mut metres) = (0, 0.0);
        for link in links {
            count += 1;
            metres += f64::from(network.length_m(link));
        }
        (count, metres / 1_000.0)
    };
    let (count, length_km) = km(&mut links.clone());
    println!("{count} links, {length_km:.1} km, fingerprint {:08x}", network.fingerprint());
    if !network.source().is_empty() {
        println!("from {}", network.source());
    }
    for class in RoadClass::ALL {
        let (count, length_km) =
            km(&mut links.clone().filter(|&link| network.class(link) == class));
        if count > 0 {
            println!("  {:<14}{count:>9} links {length_km:>10.1} km", class.as_str());
        }
    }
    for (flag, name) in FLAGS {
        let (count, length_km) =
            km(&mut links.clone().filter(|&link| network.flags(link).has(flag)));
        if count > 0 {
            println!("  {name:<23}{count:>9} links {length_km:>10.1} km");
        }
    }
    let climbing = links.clone().filter(|&link| network.gradient_percent(link).is_some());
    let (count, length_km) = km(&mut climbing.into_iter());
    if count > 0 {
        println!("  {:<23}{count:>9} links {length_km:>10.1} km", "gradient known");
    }
    let mut limits: BTreeMap<[u8; 2], u32> = BTreeMap::new();
    for link in links {
        let limit = [false, true].map(|winter| network.speed_limit_km_h(link, winter));
        *limits.entry(limit).or_default() += 1;
    }
    for ([summer, winter], count) in limits {
        println!("  limit {summer:>3} km/h, in winter {winter:>3} {count:>11} links");
    }
    println!("import:");
    for line in network.report() {
        println!("  {line}");
    }
}

fn show_link(network: &Network, wanted: &str) -> anyhow::Result<()> {
    let mut links = 0..network.len() as u32;
    let link = wanted.parse().ok().filter(|&link: &u32| (link as usize) < network.len());
    let link = link.or_else(|| links.find(|&link| network.id(link).to_string() == wanted));
    let link = link.with_context(|| {
        format!("no link {wanted}: ids are way-node-node, numbers go to {}", network.len())
    })?;
    let ids = |links: &[u32]| {
        links.iter().map(|&link| network.id(link).to_string()).collect::<Vec<_>>().join(" ")
    };
    let flags = FLAGS.iter().filter(|(flag, _)| network.flags(link).has(*flag));
    let flags: Vec<&str> = flags.map(|(_, name)| *name).collect();
    let [begin_m, end_m] = network.setback_m(link);
    let [summer, winter] = [false, true].map(|winter| network.speed_limit_km_h(link, winter));
    println!("id          {}", network.id(link));
    println!("number      {link}");
    println!("name        {}", network.name(link));
    println!("class       {}", network.class(link).as_str());
    println!("length      {:.1} m", network.length_m(link));
    match network.gradient_percent(link) {
        Some(percent) => println!("gradient    {percent:.1} %"),
        None => println!("gradient    not known"),
    }
    println!("setbacks    {begin_m:.1} m, {end_m:.1} m");
    println!("lanes       {}", network.lanes(link));
    println!("limit       {summer} km/h, in winter {winter}");
    println!("flags       {}", flags.join(", "));
    println!("reverse     {}", network.reverse(link).map_or_else(String::new, |link| ids(&[link])));
    println!("comes from  {}", ids(network.predecessors(link)));
    println!("goes to     {}", ids(network.successors(link)));
    let stops = network.schedule().stop_numbers_on(link);
    for (stop, along_m) in stops.iter().zip(network.schedule().stops_on(link)) {
        if let Some(Stop { id, name, .. }) = network.schedule().stop(*stop) {
            println!("stop        {id} {name} at {along_m:.1} m");
        }
    }
    for at in network.positions(link) {
        println!("at          {:.7} {:.7}", at.latitude_deg, at.longitude_deg);
    }
    Ok(())
}
