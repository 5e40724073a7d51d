//! The two passes over the file.

use std::collections::BTreeMap;
use std::io::Read;

use super::OsmError;
use super::restriction::{self, Restriction};
use super::street::{self, Street, Tags};
use crate::import::pbf::{Blobs, DenseNodes, HeaderBlock, NodeBlock, WayBlock};
use crate::import::{Finding, ImportReport};

/// Longest name that is kept, bytes; the map's own bound is 255 letters.
const NAME_BYTES_MAX: usize = 255;

/// A place that is not known.
pub(super) const NOWHERE: [i32; 2] = [i32::MIN; 2];

/// Streets end before the poles, where no plane lies: the bound of web maps, units of 1e-7 degree.
const LATITUDE_MAX: i64 = 851_000_000;
const LONGITUDE_MAX: i64 = 1_800_000_000;

/// A way that is a street.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) street: Street,
    /// Its name in the names.
    pub(super) name: u32,
    /// Its nodes in `refs`.
    pub(super) first: u32,
    pub(super) end: u32,
}

/// Everything of the first pass.
#[derive(Debug, Default)]
pub(super) struct Streets {
    /// In the order of their ids.
    pub(super) rows: Vec<Row>,
    /// Ids of nodes, way by way.
    pub(super) refs: Vec<i64>,
    pub(super) names: Vec<String>,
    pub(super) restrictions: Vec<Restriction>,
}

/// Everything of the second pass.
#[derive(Debug)]
pub(super) struct Nodes {
    /// All that streets use, in order.
    pub(super) ids: Vec<i64>,
    /// Latitude and longitude, 1e-7 degree.
    pub(super) at: Vec<[i32; 2]>,
    /// Nodes with traffic lights, in order; bit 0 for traffic with the way's nodes, bit 1 against.
    pub(super) signals: Vec<(u32, u8)>,
}

/// Texts of a block by number.
struct Texts<'a>(Vec<&'a str>);

impl<'a> Texts<'a> {
    /// What is no text is an empty one.
    fn new(table: Option<&'a crate::import::pbf::StringTable>) -> Self {
        let texts = table.map_or(&[][..], |table| &table.s);
        Self(texts.iter().map(|text| std::str::from_utf8(text).unwrap_or_default()).collect())
    }

    fn get(&self, number: usize) -> Result<&'a str, &'static str> {
        self.0.get(number).copied().ok_or("it speaks of a text that it does not have")
    }

    fn tags(&self, keys: &[u32], values: &[u32]) -> Result<Tags<'a>, &'static str> {
        if keys.len() != values.len() {
            return Err("keys and values differ in number");
        }
        let pairs = keys.iter().zip(values);
        let tags =
            pairs.map(|(key, value)| Ok((self.get(*key as usize)?, self.get(*value as usize)?)));
        tags.collect::<Result<_, &'static str>>().map(Tags)
    }
}

/// First pass.
pub(super) fn ways(
    reader: impl Read,
    report: &mut ImportReport,
    done: &mut dyn FnMut(u64),
) -> Result<(Streets, String), OsmError> {
    let (mut blobs, header) = Blobs::open(reader)?;
    let mut streets = Streets::default();
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    let (mut ways, mut relations) = (0, 0);
    while let Some(block) = blobs.next_data()? {
        let block: WayBlock = blobs.decode(block)?;
        let texts = Texts::new(block.stringtable.as_ref());
        let broken = |what: &'static str| blobs.broken(what);
        for group in &block.primitivegroup {
            ways += group.ways.len() as u64;
            relations += group.relations.len() as u64;
            for way in &group.ways {
                let tags = texts.tags(&way.keys, &way.vals).map_err(broken)?;
                let mut odd = |key: &str| {
                    report.find(Finding::TagUnreadable, format_args!("{key} of way {}", way.id));
                };
                let Some(street) = street::street(&tags, &mut odd) else { continue };
                let first = streets.refs.len();
                let mut node = 0_i64;
                let mut before = None;
                for step in &way.refs {
                    node = node.wrapping_add(*step);
                    if before == Some(node) {
                        report.find(
                            Finding::NodeRepeated,
                            format_args!("node {node} of way {}", way.id),
                        );
                    } else {
                        streets.refs.push(node);
                    }
                    before = Some(node);
                }
                if streets.refs.len() - first < 2 {
                    report.find(Finding::WayTooShort, format_args!("way {}", way.id));
                    streets.refs.truncate(first);
                    continue;
                }
                let next = names.len() as u32;
                let name = name(&tags);
                let name = names.get(name).copied().unwrap_or_else(|| {
                    names.insert(name.to_owned(), next);
                    streets.names.push(name.to_owned());
                    next
                });
                let end = u32::try_from(streets.refs.len()).map_err(|_| OsmError::TooLarge)?;
                streets.rows.push(Row { id: way.id, street, name, first: first as u32, end });
            }
            for relation in &group.relations {
                let tags = texts.tags(&relation.keys, &relation.vals).map_err(broken)?;
                if !tags.get("type").is_some_and(|kind| kind.starts_with("restriction")) {
                    continue;
                }
                let members = relation.roles_sid.len();
                if relation.memids.len() != members || relation.types.len() != members {
                    return Err(blobs.broken("members differ in number").into());
                }
                let mut id = 0_i64;
                let mut list = Vec::with_capacity(members);
                for i in 0..members {
                    id = id.wrapping_add(relation.memids[i]);
                    let role = usize::try_from(relation.roles_sid[i]).unwrap_or(usize::MAX);
                    list.push((texts.get(role).map_err(broken)?, relation.types[i], id));
                }
                streets.restrictions.extend(restriction::read(relation.id, &tags, &list, report));
            }
        }
        done(blobs.offset());
    }
    report.read("ways", ways);
    report.read("relations", relations);
    streets.rows.sort_by_key(|row| row.id);
    streets.rows.dedup_by(|row, before| {
        let twice = row.id == before.id;
        if twice {
            report.find(Finding::WayTwice, format_args!("way {}", row.id));
        }
        twice
    });
    streets.restrictions.sort_by_key(|restriction| restriction.id);
    streets.restrictions.dedup_by_key(|restriction| restriction.id);
    report.read("of them streets", streets.rows.len() as u64);
    Ok((streets, source(&header)))
}

/// A street's name: its own, else its number.
fn name<'a>(tags: &Tags<'a>) -> &'a str {
    let name = tags.first(&["name", "name:fi", "ref"]).unwrap_or_default();
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

/// What the file says of its origin.
fn source(header: &HeaderBlock) -> String {
    let short = |text: &str| text.chars().take(80).filter(|letter| !letter.is_control()).collect();
    let texts = [&header.source, &header.writingprogram];
    let mut parts: Vec<String> = texts.into_iter().flatten().map(|text| short(text)).collect();
    parts
        .extend(header.osmosis_replication_timestamp.map(|at_s| format!("changes until {at_s} s")));
    parts.join(", ")
}

/// Second pass. Nodes are looked up in order, as files have them; any other order works too.
pub(super) fn nodes(
    reader: impl Read,
    streets: &mut Streets,
    report: &mut ImportReport,
    done: &mut dyn FnMut(u64),
) -> Result<Nodes, OsmError> {
    let mut ids = streets.refs.clone();
    ids.sort_unstable();
    ids.dedup();
    ids.shrink_to_fit();
    let mut nodes = Nodes { at: vec![NOWHERE; ids.len()], ids, signals: Vec::new() };
    let (mut blobs, _) = Blobs::open(reader)?;
    let mut read = 0;
    let mut cursor = 0;
    while let Some(block) = blobs.next_data()? {
        let block: NodeBlock = blobs.decode(block)?;
        let texts = Texts::new(block.stringtable.as_ref());
        let granularity = i64::from(block.granularity.unwrap_or(100));
        let offsets = [block.lat_offset.unwrap_or(0), block.lon_offset.unwrap_or(0)];
        let place = |at: [i64; 2]| {
            // Nanodegrees to the map's own precision.
            let [latitude, longitude] = [0, 1]
                .map(|axis| offsets[axis].wrapping_add(granularity.wrapping_mul(at[axis])) / 100);
            let on_globe = (-LATITUDE_MAX..=LATITUDE_MAX).contains(&latitude)
                && (-LONGITUDE_MAX..=LONGITUDE_MAX).contains(&longitude);
            on_globe.then_some([latitude as i32, longitude as i32])
        };
        let mut take = |id: i64, at: [i64; 2], tags: &mut dyn Iterator<Item = (&str, &str)>| {
            let Some(node) = find(&nodes.ids, &mut cursor, id) else { return };
            let Some(at) = place(at) else {
                report.find(Finding::NodeOutOfRange, format_args!("node {id}"));
                return;
            };
            if nodes.at[node] != NOWHERE {
                report.find(Finding::NodeTwice, format_args!("node {id}"));
                return;
            }
            nodes.at[node] = at;
            if let Some(directions) = signal(tags) {
                nodes.signals.push((node as u32, directions));
            }
        };
        for group in &block.primitivegroup {
            for node in &group.nodes {
                let tags = texts.tags(&node.keys, &node.vals).map_err(|what| blobs.broken(what))?;
                take(node.id, [node.lat, node.lon], &mut tags.0.into_iter());
            }
            read += group.nodes.len() as u64;
            if let Some(dense) = &group.dense {
                read += dense.id.len() as u64;
                each_dense(dense, &texts, &mut take).map_err(|what| blobs.broken(what))?;
            }
        }
        done(blobs.offset());
    }
    report.read("nodes", read);
    nodes.signals.sort_unstable();
    Ok(nodes)
}

/// Hands over every node of a group.
fn each_dense(
    dense: &DenseNodes,
    texts: &Texts,
    take: &mut impl FnMut(i64, [i64; 2], &mut dyn Iterator<Item = (&str, &str)>),
) -> Result<(), &'static str> {
    if dense.lat.len() != dense.id.len() || dense.lon.len() != dense.id.len() {
        return Err("nodes and their places differ in number");
    }
    let (mut id, mut at) = (0_i64, [0_i64; 2]);
    let mut tags = &dense.keys_vals[..];
    for (i, step) in dense.id.iter().enumerate() {
        id = id.wrapping_add(*step);
        at = [at[0].wrapping_add(dense.lat[i]), at[1].wrapping_add(dense.lon[i])];
        let mut pairs = Vec::new();
        // Without any tags in the group the list is empty.
        while let Some((&key, rest)) = tags.split_first() {
            tags = rest;
            if key == 0 {
                break;
            }
            let (&value, rest) = tags.split_first().ok_or("a key has no value")?;
            tags = rest;
            let number = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
            pairs.push((texts.get(number(key))?, texts.get(number(value))?));
        }
        take(id, at, &mut pairs.into_iter());
    }
    Ok(())
}

/// Directions of traffic that lights at a node stop; `None` without lights.
fn signal(tags: &mut dyn Iterator<Item = (&str, &str)>) -> Option<u8> {
    let mut lights = false;
    let mut directions = 3;
    for (key, value) in tags {
        match (key, value) {
            ("highway", "traffic_signals") => lights = true,
            ("traffic_signals:direction" | "direction", "forward") => directions = 1,
            ("traffic_signals:direction" | "direction", "backward") => directions = 2,
            _ => {}
        }
    }
    lights.then_some(directions)
}

/// Place of an id in sorted ids, first near the last one that was found.
fn find(ids: &[i64], cursor: &mut usize, id: i64) -> Option<usize> {
    /// Steps before a search of the whole is faster.
    const NEAR: usize = 16;
    let rest = &ids[*cursor..];
    let near = rest.iter().take(NEAR).position(|&other| other >= id);
    let at = match near {
        // Not behind what was found last.
        Some(at) if at > 0 || *cursor == 0 || ids[*cursor - 1] < id => *cursor + at,
        _ => ids.partition_point(|&other| other < id),
    };
    let found = *ids.get(at)? == id;
    *cursor = at;
    found.then_some(at)
}
