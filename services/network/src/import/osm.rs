//! Reads the streets of an OpenStreetMap extract (`.osm.pbf`).
//!
//! Two passes: the first takes the ways that cars or buses drive on and the turn restrictions, the
//! second the places of their nodes. So only what streets use is kept, in sorted arrays: a country
//! fits into a few GiB. The order of elements in the file changes nothing.
//!
//! - Links begin and end at nodes that two ways share, and at ends of ways.
//! - A way that meets itself is cut so that no two of its links have the same ends: an id names one
//!   link.
//! - Built-up areas decide about implied limits: what tags say (`maxspeed:type`, `zone:traffic` and
//!   such); else lamps (`lit=yes`); else four kilometres of streets a square kilometre or more,
//!   service roads not counted, in the nine cells of about 500 m around the link's middle.
//! - Setbacks: half the width of the widest street that crosses, 3.2 m a lane, and at the end 3 m
//!   more to the stop line. What goes straight on does not cross.

mod junction;
mod link;
mod read;
mod restriction;
mod speed;
mod street;

use std::io::{Read, Seek};

use events::Position;

use super::ImportReport;
use super::pbf::PbfError;
use crate::{BoundingBox, NetworkBuilder};

/// What to take of an extract.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OsmOptions {
    /// Links that touch this box; of all others nothing. The middle of the box is the network's
    /// origin, without it the middle of all streets.
    pub bbox: Option<BoundingBox>,
}

/// Why an extract gives no network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OsmError {
    /// It cannot be read.
    #[error(transparent)]
    Pbf(#[from] PbfError),
    /// It was read, but there is no street in it.
    #[error("the extract has no street that cars or buses drive on{0}")]
    NoStreet(&'static str),
    /// More nodes than the arrays can number.
    #[error("the extract has more than 4,000,000,000 nodes of streets: cut out a part of it")]
    TooLarge,
}

/// What an extract gave.
#[derive(Clone, Debug)]
pub struct OsmImport {
    /// All links and turn restrictions.
    pub builder: NetworkBuilder,
    /// What was read and found.
    pub report: ImportReport,
    /// What the file says of its origin: program, source, time of the newest change.
    pub source: String,
}

/// Reads an extract from the reader's beginning. `progress` hears of bytes done and their total;
/// each pass counts.
///
/// ```
/// use network::osm::{OsmError, OsmOptions, read_osm};
/// let text = std::io::Cursor::new("<?xml version=\"1.0\"?>");
/// let error = read_osm(text, &OsmOptions::default(), &mut |_, _| {}).unwrap_err();
/// assert_eq!(error.to_string(), "not an OpenStreetMap extract (.osm.pbf)");
/// ```
pub fn read_osm<R: Read + Seek>(
    mut reader: R,
    options: &OsmOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<OsmImport, OsmError> {
    let mut report = ImportReport::default();
    let total = reader.seek(std::io::SeekFrom::End(0)).map_err(failed)?;
    reader.rewind().map_err(failed)?;
    let mut done = |bytes| progress(bytes, 2 * total);
    let (mut streets, source) = read::ways(&mut reader, &mut report, &mut done)?;
    if streets.rows.is_empty() {
        return Err(OsmError::NoStreet(""));
    }
    reader.rewind().map_err(failed)?;
    let nodes = read::nodes(&mut reader, &mut streets, &mut report, &mut |bytes| {
        done(total + bytes);
    })?;
    let map = link::Map::new(streets, nodes, options.bbox, &mut report)?;
    let origin = options.bbox.map_or_else(|| map.center(), |bbox| bbox.center());
    // A region around the very null island still needs an origin.
    let origin = Position::new(origin.latitude_deg, origin.longitude_deg)
        .unwrap_or(Position { longitude_deg: 1e-6, latitude_deg: 1e-6 });
    let mut builder = NetworkBuilder::new(origin);
    map.links(&mut builder, &mut report);
    restriction::forbid(&map, &mut builder, &mut report);
    done(2 * total);
    Ok(OsmImport { builder, report, source })
}

fn failed(source: std::io::Error) -> PbfError {
    PbfError::Read { offset: 0, source }
}
