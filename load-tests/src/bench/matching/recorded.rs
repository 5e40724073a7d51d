//! Recorded drives: how much of the way that was really driven is found, beside the same peers.
//!
//! Of the sets in `../shared/feeds/road/mapmatch-*` those of Beijing's taxis come with their map, and
//! of these `set60` and `sparse`; the ways of `set300` are of another one. The others are of maps
//! that are not there: Oberfranken, Munich, Seattle.
//!
//! Scored is the length of streets, in either direction, that are both in the way driven and in the
//! answer: twice that over the sum of both (the F1 score), all drives of a set together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use events::Position;
use network::osm::{OsmOptions, read_osm};
use network::{LinkNumber, Network, Plane};
use traffic::matching::{Fix, MatchOptions, Matcher, Matches, Scratch, VehicleClass};

use super::{BenchError, Figure, Python, streets, write_links};
use crate::osm::ExtractWriter;

const SAMPLES: &str = "../shared/feeds/road/mapmatch-sparsetaxi-beijing";

/// Where the map's plane is put on the globe, and which of its points there, kilometres.
const ORIGIN: Position = Position { latitude_deg: 39.9, longitude_deg: 116.4 };
const ORIGIN_KM: [f64; 2] = [32.0, 110.0];

/// A set of drives.
struct Set {
    name: &'static str,
    /// Its times are those of the fixes. Others have 60 s everywhere, even between fixes that are
    /// 6 km apart.
    is_timed: bool,
}

const SETS: [Set; 2] =
    [Set { name: "set60", is_timed: true }, Set { name: "sparse", is_timed: false }];

/// Where times are not known they are what they would be at this speed, metres per second, and at
/// least [`UNTIMED_S_MIN`] apart.
const UNTIMED_M_PER_S: f64 = 8.0;
const UNTIMED_S_MIN: f64 = 10.0;

/// What the script tells the peers too: deviation of the fixes and how far from them streets are
/// looked for, metres. Taxis in a city of high houses are off by more than what we take for usual.
const ERROR_M: f32 = 20.0;
const SEARCH_M: f32 = 80.0;
/// Fixes are farther apart than any vehicle in the picture is waited for.
const STEP_M_MAX: f32 = 10_000.0;
const GAP_MS_MAX: i64 = 3_600_000;

/// The drives are over, and the peers see all of each before they answer, and always do: so answers
/// wait for its end, and none is withheld for doubt.
const LAG_MS: i64 = 86_400_000;
const CONFIDENCE_MIN: f32 = 0.0;

/// Streets of each drive, by its name.
type Driven = BTreeMap<String, BTreeSet<i64>>;

/// The streets of a way and the fixes of who drove it.
type Drive = (BTreeSet<i64>, Vec<Fix>);

/// The streets of the map: places of its nodes in metres, and which street joins two of them.
struct Map {
    nodes: Vec<[f64; 2]>,
    streets: BTreeMap<[usize; 2], i64>,
    one_ways: BTreeMap<i64, [usize; 2]>,
    length_m: BTreeMap<i64, f64>,
}

/// Shares of the ways found, ours beside those of the peers.
pub(super) fn recorded(
    python: &Python,
    peers: &[&'static str],
    each: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let map = Map::read()?;
    let extract = python.out.join("recorded.osm.pbf");
    map.write(&extract)?;
    let file = File::open(&extract).map_err(BenchError::new)?;
    let import = read_osm(BufReader::new(file), &OsmOptions::default(), &mut |_, _| {});
    let network = import.map_err(BenchError::new)?.builder.build();
    write_links(&network, &python.out.join("recorded-links.csv"))?;
    let (mut truth, mut ours, mut fixes) = (Driven::new(), Driven::new(), String::new());
    for set in &SETS {
        for (number, (way, drive)) in map.drives(set, &network)?.into_iter().enumerate() {
            let name = format!("{}/{number}", set.name);
            for fix in &drive {
                let at = network.plane().unproject(fix.at);
                let seconds = fix.time_ms as f64 / 1_000.0;
                let (longitude, latitude) = (at.longitude_deg, at.latitude_deg);
                let _ = writeln!(fixes, "{name},{seconds},{longitude:.8},{latitude:.8}");
            }
            ours.insert(name.clone(), answer(&network, &drive));
            truth.insert(name, way);
        }
    }
    python.write("recorded-fixes.csv", &fixes)?;
    let mut others = Vec::new();
    for name in peers {
        python.run_on(&format!("recorded-{name}"), &extract)?;
        let of_link = |number: i64| network.id(number as LinkNumber).way;
        let path = python.out.join(format!("recorded-{name}.csv"));
        let driven = if *name == "fastmm" { read(&path, of_link) } else { read(&path, |way| way) };
        others.push((name, driven?));
    }
    for set in &SETS {
        let score = |driven: &Driven| map.score(set, &truth, driven);
        let figures: Vec<_> = others.iter().map(|(name, driven)| (name, score(driven))).collect();
        let name = format!("matching_recorded_{}", set.name);
        let best = figures.iter().map(|(_, figure)| *figure).reduce(f64::max);
        let found = score(&ours);
        each(match best {
            Some(best) => Figure::at_least(name, found, "%", best),
            None => Figure::known(name, found, "%"),
        });
        for (name, figure) in figures {
            each(Figure::known(format!("{name}_recorded_{}", set.name), figure, "%"));
        }
    }
    Ok(())
}

impl Map {
    fn read() -> Result<Self, BenchError> {
        let mut nodes = Vec::new();
        for row in rows("map/vertexMap.txt")? {
            let [_, _, x, y] = numbers(&row)?;
            nodes.push([1_000.0 * (x - ORIGIN_KM[0]), 1_000.0 * (y - ORIGIN_KM[1])]);
        }
        let mut edges = BTreeSet::new();
        for row in rows("map/adjacentList.txt")?.into_iter().skip(1) {
            let [from, to, _] = numbers(&row)?;
            edges.insert([from as usize, to as usize]);
        }
        let known = |&&[from, to]: &&[usize; 2]| from != to && from.max(to) < nodes.len();
        let (mut streets, mut one_ways, mut length_m) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for &[from, to] in edges.iter().filter(known) {
            let next = streets.len() as i64 + 1;
            let street = *streets.entry([from.min(to), from.max(to)]).or_insert(next);
            let [a, b] = [nodes[from], nodes[to]];
            length_m.insert(street, (a[0] - b[0]).hypot(a[1] - b[1]));
            if !edges.contains(&[to, from]) {
                one_ways.insert(street, [from, to]);
            }
        }
        Ok(Self { nodes, streets, one_ways, length_m })
    }

    /// Writes it as an extract, so that all read the same.
    fn write(&self, path: &Path) -> Result<(), BenchError> {
        let file = File::create(path).map_err(BenchError::new)?;
        let mut out = ExtractWriter::new(std::io::BufWriter::new(file), "recorded drives")
            .map_err(BenchError::new)?;
        let plane = Plane::new(ORIGIN);
        // Nodes of an extract begin at 1.
        let id = |node: usize| node as i64 + 1;
        for (node, &at) in self.nodes.iter().enumerate() {
            let at = plane.unproject(at);
            out.node(id(node), [at.latitude_deg, at.longitude_deg], &[])
                .map_err(BenchError::new)?;
        }
        let tags = [("highway", "tertiary"), ("oneway", "yes")];
        // Who reads it wants ids in order.
        let in_order: BTreeMap<i64, [usize; 2]> =
            self.streets.iter().map(|(ends, street)| (*street, *ends)).collect();
        for (street, ends) in in_order {
            let one_way = self.one_ways.get(&street);
            let nodes = one_way.copied().unwrap_or(ends).map(id);
            let tags = &tags[..=usize::from(one_way.is_some())];
            out.way(street, &nodes, tags).map_err(BenchError::new)?;
        }
        out.finish().map(drop).map_err(BenchError::new)
    }

    /// The way and the fixes of each drive.
    fn drives(&self, set: &Set, network: &Network) -> Result<Vec<Drive>, BenchError> {
        let mut ways = Vec::new();
        for row in rows(&format!("manual_matched/beijing_{}.txt", set.name))? {
            let nodes: Vec<usize> = row.split_whitespace().flat_map(str::parse).collect();
            // One number is no way; no drive belongs to it.
            if nodes.len() > 1 {
                let ends =
                    nodes.windows(2).map(|pair| [pair[0].min(pair[1]), pair[0].max(pair[1])]);
                ways.push(ends.filter_map(|ends| self.streets.get(&ends).copied()).collect());
            }
        }
        let name = format!("sparse_trajectories/heavyTraj_{}.coor.txt", set.name);
        let mut drives = Vec::new();
        let rows = rows(&name)?;
        let mut rows = rows.iter().skip(1);
        while let Some(header) = rows.next() {
            let [_, _, count] = numbers(header)?;
            let fixes = rows.by_ref().take(count as usize).map(|row| numbers(row));
            drives.push(set.fixes(network, &fixes.collect::<Result<Vec<_>, _>>()?));
        }
        if ways.len() != drives.len() {
            return Err(BenchError(format!("{name}: not one way for each drive")));
        }
        Ok(ways.into_iter().zip(drives).collect())
    }

    fn score(&self, set: &Set, truth: &Driven, driven: &Driven) -> f64 {
        let length_m = |streets: &mut dyn Iterator<Item = &i64>| -> f64 {
            streets.filter_map(|street| self.length_m.get(street)).sum()
        };
        let (mut both_m, mut sum_m) = (0.0, 0.0);
        let nothing = BTreeSet::new();
        for (name, way) in truth.iter().filter(|(name, _)| name.starts_with(set.name)) {
            let found = driven.get(name).unwrap_or(&nothing);
            both_m += length_m(&mut way.intersection(found));
            sum_m += length_m(&mut way.iter()) + length_m(&mut found.iter());
        }
        200.0 * both_m / sum_m
    }
}

impl Set {
    /// Fixes from seconds, and kilometres of the map's plane; those that are not later than the one
    /// before are left out.
    fn fixes(&self, network: &Network, rows: &[[f64; 3]]) -> Vec<Fix> {
        let origin = Plane::new(ORIGIN);
        let (mut fixes, mut seconds) = (Vec::new(), 0.0);
        let mut last: Option<[f64; 3]> = None;
        for &[stamp, x, y] in rows {
            if let Some([before, last_x, last_y]) = last {
                if self.is_timed {
                    if stamp <= before {
                        continue;
                    }
                    seconds += stamp - before;
                } else {
                    let gap_m = 1_000.0 * (x - last_x).hypot(y - last_y);
                    seconds += (gap_m / UNTIMED_M_PER_S).max(UNTIMED_S_MIN).round();
                }
            }
            last = Some([stamp, x, y]);
            let at = [1_000.0 * (x - ORIGIN_KM[0]), 1_000.0 * (y - ORIGIN_KM[1])];
            fixes.push(Fix {
                time_ms: seconds as i64 * 1_000,
                at: network.plane().project(origin.unproject(at)),
                speed_km_h: None,
                bearing_deg: None,
            });
        }
        fixes
    }
}

/// The streets that we find.
fn answer(network: &Network, drive: &[Fix]) -> BTreeSet<i64> {
    let options = MatchOptions {
        sigma_m: ERROR_M,
        search_m: SEARCH_M,
        step_m_max: STEP_M_MAX,
        gap_ms_max: GAP_MS_MAX,
        lag_ms: LAG_MS,
        confidence_min: CONFIDENCE_MIN,
        ..MatchOptions::default()
    };
    let streets = streets(network, &options, VehicleClass::Car);
    let (mut matcher, mut scratch) = (Matcher::default(), Scratch::default());
    let mut out = Matches::default();
    for fix in drive {
        matcher.push(&streets, fix, &mut scratch, &mut out);
    }
    matcher.finish(&streets, &mut scratch, &mut out);
    let driven = out.spans.iter().filter(|span| span.to_m > span.from_m);
    driven.map(|span| network.id(span.link).way).collect()
}

/// What a peer found: rows of drive and street, or what stands for that.
fn read(path: &Path, street: impl Fn(i64) -> i64) -> Result<Driven, BenchError> {
    let text = std::fs::read_to_string(path).map_err(BenchError::new)?;
    let mut driven = Driven::new();
    for row in text.lines() {
        let bad = || BenchError(format!("{}: {row:?}", path.display()));
        let (drive, number) = row.split_once(',').ok_or_else(bad)?;
        let number = number.parse().map_err(|_| bad())?;
        driven.entry(drive.to_owned()).or_default().insert(street(number));
    }
    Ok(driven)
}

/// The rows of a file that are not empty.
fn rows(name: &str) -> Result<Vec<String>, BenchError> {
    let path = Path::new(SAMPLES).join(name);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| BenchError(format!("{}: {error}", path.display())))?;
    Ok(text.lines().filter(|row| !row.trim().is_empty()).map(str::to_owned).collect())
}

/// So many numbers, with spaces between.
fn numbers<const N: usize>(row: &str) -> Result<[f64; N], BenchError> {
    let found: Vec<f64> = row.split_whitespace().flat_map(str::parse).collect();
    found.try_into().map_err(|_| BenchError(format!("{SAMPLES}: not {N} numbers: {row:?}")))
}
