//! The simulation's network as ours.

use std::collections::BTreeMap;
use std::path::Path;

use events::{Position, Text};
use network::{ForbiddenTurn, LinkFlags, LinkId, Network, NetworkBuilder, NewLink, RoadClass};
use serde::Deserialize;

use crate::bench::BenchError;

/// The network, and which edge of the simulation each of its links is.
pub(super) struct Streets {
    pub(super) network: Network,
    /// By the id of the link.
    pub(super) edges: BTreeMap<Text, Text>,
    /// Length between the junctions over all of it, by edge: an edge of the simulation ends at its
    /// junctions, which are no part of the truth.
    pub(super) inner_share: BTreeMap<Text, f64>,
}

#[derive(Deserialize)]
struct File {
    links: Vec<FileLink>,
    /// Pairs of places in `links`.
    forbidden: Vec<[usize; 2]>,
}

#[derive(Deserialize)]
struct FileLink {
    edge: Text,
    id: [i64; 3],
    /// Longitude and latitude.
    line: Vec<[f64; 2]>,
    setback_m: [f32; 2],
    class: RoadClass,
    lanes: u8,
    speed_limit_km_h: u8,
    flags: Vec<Flag>,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Flag {
    OneWay,
    Signal,
    BusOnly,
    BusLane,
}

impl From<Flag> for LinkFlags {
    fn from(flag: Flag) -> Self {
        match flag {
            Flag::OneWay => Self::ONE_WAY,
            Flag::Signal => Self::SIGNAL,
            Flag::BusOnly => Self::BUS_ONLY,
            Flag::BusLane => Self::BUS_LANE,
        }
    }
}

impl FileLink {
    fn id(&self) -> LinkId {
        let [way, from, to] = self.id;
        LinkId { way, from, to }
    }

    fn new_link(&self) -> NewLink {
        let position =
            |&[longitude_deg, latitude_deg]: &[f64; 2]| Position { longitude_deg, latitude_deg };
        NewLink {
            id: self.id(),
            line: self.line.iter().map(position).collect(),
            setback_m: self.setback_m,
            class: self.class,
            lanes: self.lanes,
            speed_limit_km_h: [self.speed_limit_km_h; 2],
            flags: LinkFlags::default(),
            name: self.name.clone(),
        }
    }
}

/// Reads the network that the scripts wrote.
pub(super) fn read(folder: &Path) -> Result<Streets, BenchError> {
    let path = folder.join("network.json");
    let bytes =
        std::fs::read(&path).map_err(|error| BenchError(format!("{}: {error}", path.display())))?;
    let file: File = serde_json::from_slice(&bytes)
        .map_err(|error| BenchError(format!("{}: {error}", path.display())))?;
    let first = file.links.first().and_then(|link| link.line.first());
    let [longitude_deg, latitude_deg] =
        *first.ok_or_else(|| BenchError(format!("{}: no links", path.display())))?;
    let mut builder = NetworkBuilder::new(Position { longitude_deg, latitude_deg });
    for [from, to] in file.forbidden {
        let turn = file.links.get(from).zip(file.links.get(to));
        let (from, to) = turn.ok_or_else(|| BenchError::new("a turn of unknown links"))?;
        builder.forbid(ForbiddenTurn { from: from.id(), to: to.id() });
    }
    let mut edges = BTreeMap::new();
    for link in file.links {
        edges.insert(link.id().to_string().into(), link.edge.clone());
        let new = link.new_link();
        let flags = link.flags.into_iter().map(LinkFlags::from);
        let flags = flags.fold(LinkFlags::default(), LinkFlags::with);
        builder.link(NewLink { flags, ..new });
    }
    let network = builder.build();
    let inner_share = (0..network.len() as u32).filter_map(|link| {
        let edge = edges.get(&Text::from(network.id(link).to_string()))?;
        let [begin_m, end_m] = network.setback_m(link);
        let share = 1.0 - (begin_m + end_m) / network.length_m(link);
        Some((edge.clone(), f64::from(share.clamp(0.0, 1.0))))
    });
    Ok(Streets { inner_share: inner_share.collect(), network, edges })
}
