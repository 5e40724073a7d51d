//! Writes the street networks of the demo, or finds the simulator's ways on a real extract.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use load_tests::simulator::ConfigError;
use load_tests::streets;
use network::osm::{OsmError, OsmImport, OsmOptions, read_osm};
use network::{BoundingBox, Network};

const USAGE: &str = "usage: demo-network --out FOLDER [--osm FILE]
       demo-network --bake FILE --osm FILE
";

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("{0}\n{USAGE}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}: {1}")]
    Osm(String, OsmError),
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("{0} has streets of no region that the simulator knows")]
    Elsewhere(String),
}

fn main() -> ExitCode {
    match make(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-network: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(mut arguments: impl Iterator<Item = String>) -> Result<(), DemoError> {
    let (mut out, mut osm, mut bake) = (None, None, None);
    while let Some(flag) = arguments.next() {
        let value =
            arguments.next().ok_or_else(|| DemoError::Usage(format!("{flag} has no value")))?;
        match flag.as_str() {
            "--out" => out = Some(PathBuf::from(value)),
            "--osm" => osm = Some(value),
            "--bake" => bake = Some(PathBuf::from(value)),
            _ => return Err(DemoError::Usage(format!("no flag {flag}"))),
        }
    }
    let extract = match &osm {
        Some(file) => {
            let bytes = std::fs::read(file).map_err(|error| failed(Path::new(file), error))?;
            Some((file.as_str(), bytes))
        }
        None => None,
    };
    let mut networks = BTreeMap::new();
    for (region, bbox) in streets::regions()? {
        let real = match &extract {
            Some((file, bytes)) => import(file, bytes, bbox)?,
            None => None,
        };
        if let Some(real) = &real {
            networks.insert(region.clone(), real.builder.clone().build());
        }
        if let Some(out) = &out {
            let network = streets::with_schedule(&region, streets::network(&region, real)?)?;
            write(out, &region, &network)?;
        }
    }
    match (osm, bake, out) {
        (Some(file), _, _) if networks.is_empty() => Err(DemoError::Elsewhere(file)),
        (_, None, None) => Err(DemoError::Usage("--out is missing".into())),
        (None, Some(_), _) => Err(DemoError::Usage("--bake needs --osm".into())),
        (_, Some(bake), _) => {
            let text = streets::bake(&networks)?;
            std::fs::write(&bake, text).map_err(|error| failed(&bake, error))
        }
        _ => Ok(()),
    }
}

/// What an extract has of a region; `None` when that is nothing.
fn import(file: &str, bytes: &[u8], bbox: BoundingBox) -> Result<Option<OsmImport>, DemoError> {
    let options = OsmOptions { bbox: Some(bbox) };
    match read_osm(Cursor::new(bytes), &options, &mut |_, _| {}) {
        Ok(import) => Ok(Some(import)),
        Err(OsmError::NoStreet(_)) => Ok(None),
        Err(error) => Err(DemoError::Osm(file.to_owned(), error)),
    }
}

fn write(folder: &Path, region: &str, network: &Network) -> Result<(), DemoError> {
    let path = folder.join(format!("{region}.network"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, network.to_bytes()))
        .map_err(|error| failed(&path, error))?;
    let mut stdout = std::io::stdout().lock();
    let (links, stops) = (network.len(), network.schedule().stops().count());
    writeln!(stdout, "{region}: {links} links, {stops} stops, {}", network.source())
        .map_err(|error| failed(Path::new("stdout"), error))
}

fn failed(path: &Path, error: std::io::Error) -> DemoError {
    DemoError::File(path.display().to_string(), error)
}
