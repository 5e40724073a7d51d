//! Finds the ways of lines and cars along real streets, and writes them as data of the simulator.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use events::Position;
use network::{LinkFlags, LinkNumber, Network};

use super::router::{Reached, Router};
use super::{ATTRIBUTION, position, synthetic};
use crate::simulator::ConfigError;
use crate::simulator::world::{Mode, RegionData, RouteData, StopPlaces, World};

/// A waypoint is on real streets when one is within this distance, metres.
const NEAR_M: f64 = 90.0;
/// What a metre outside the real streets costs, of those on them.
const OUTSIDE: f64 = 5.0;
/// A leg is looked at every so many metres for real streets under it.
const STEP_M: f64 = 25.0;
/// Circuits in the city that are looked for, and between straight lines.
const CITY: Wanted = Wanted { circuits: 16, cars: 14, length_m: [700.0, 1_900.0], sample: 9 };
const SPARSE: Wanted = Wanted { circuits: 6, cars: 12, length_m: [1_500.0, 16_000.0], sample: 2 };
/// A circuit must bring so many metres of streets that no other has.
const NEW_M_MIN: f64 = 150.0;
/// Stop lines nearer than this behind another one are of the same junction, metres.
const SIGNAL_GAP_M: f64 = 45.0;

/// Length of the jam, its speed, and the shares of the recording between which it is there.
const JAM_M: f64 = 330.0;
const JAM_KM_H: f64 = 4.5;
const JAM_SHARES: [f64; 2] = [0.15, 0.85];

/// Which circuits are looked for.
struct Wanted {
    circuits: usize,
    cars: u32,
    /// Shortest and longest.
    length_m: [f64; 2],
    /// Every so many links begin or turn a circuit.
    sample: usize,
}

/// The text of `load-tests/data/streets.toml`, found on the real networks of regions, or on
/// synthetic streets where there is none.
pub fn bake(real: &BTreeMap<String, Network>) -> Result<String, ConfigError> {
    let world = World::drawn()?;
    let mut text = format!(
        "# Ways along real streets, made by `demo-network --bake`: see load-tests/demo/README.md.\n\
         # {ATTRIBUTION} 1.0 (https://www.openstreetmap.org/copyright)\n"
    );
    for RegionData { id, .. } in &world.regions {
        if let Some(network) = real.get(id) {
            bake_real(&world, id, network, &mut text);
        } else {
            let network = synthetic(&world, id)?;
            for links in circuits(&Router::new(&network, false), &SPARSE) {
                circuit(&network, id, &links, SPARSE.cars, &mut text);
            }
        }
    }
    Ok(text)
}

fn bake_real(world: &World, region: &str, network: &Network, text: &mut String) {
    let feeds: Vec<&str> = world
        .feeds
        .iter()
        .filter(|feed| feed.region == region)
        .map(|feed| feed.name.as_str())
        .collect();
    let router = Router::new(network, true);
    for route in world.routes.iter().filter(|route| feeds.contains(&route.feed.as_str())) {
        // What runs on rails has a way of its own.
        if route.mode == Mode::Bus && route.stops == StopPlaces::Spread {
            detour(&router, route, text);
        }
    }
    let circuits = circuits(&Router::new(network, false), &CITY);
    for links in &circuits {
        circuit(network, region, links, CITY.cars, text);
    }
    jam(network, region, &circuits, text);
}

/// Writes the part of a line that lies on real streets, if there is one.
fn detour(router: &Router<'_>, route: &RouteData, text: &mut String) {
    let network = router.network;
    let plane = network.plane();
    let at: Vec<[f64; 2]> =
        route.path.iter().map(|&point| plane.project(position(point))).collect();
    let Some((before, after)) = inside(router, &at) else { return };
    let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let end = |link: LinkNumber, last: bool| {
        let shape = network.shape(link);
        let point = if last { shape[shape.len() - 1] } else { shape[0] };
        point.map(f64::from)
    };
    let millimetres = |metres: f64| (metres * 1_000.0) as u64;
    let towards = |to: [f64; 2], last: bool, near: bool| {
        move |link: LinkNumber| {
            let metres = apart(end(link, last), to);
            // Off the street one walks, which is to be avoided.
            let times = if near { 4.0 } else { OUTSIDE };
            (!near || metres < 2.0 * NEAR_M).then(|| (link, millimetres(times * metres)))
        }
    };
    let mut way: Vec<LinkNumber> = Vec::new();
    let first = before.checked_sub(1).map(|outside| at[outside]);
    let seeds = towards(first.unwrap_or(at[before]), false, first.is_none());
    let mut reached = router.from(router.links().filter_map(seeds));
    // The first and the last waypoint are ends already where nothing is outside.
    let via_first = before + usize::from(first.is_none());
    let via_last = if after < at.len() { after } else { after - 1 };
    let outside = at.get(after);
    let last = outside.copied().unwrap_or(at[at.len() - 1]);
    let finish = |reached: &Reached| {
        best(reached, router.links().filter_map(towards(last, true, outside.is_none())))
    };
    for via in at.iter().take(via_last).skip(via_first) {
        let at_via = best(&reached, router.links().filter_map(towards(*via, true, true)));
        let Some(link) = at_via else { continue };
        let next = network.successors(link).iter().copied();
        let next = next.filter(|&next| network.reverse(link) != Some(next));
        let onwards = router.from(next.map(|next| (next, 0)));
        // From a waypoint at the edge of the map no way goes on.
        if finish(&onwards).is_some() {
            way.extend(reached.way(link));
            reached = onwards;
        }
    }
    let Some(link) = finish(&reached) else { return };
    way.extend(reached.way(link));
    let _ = write!(
        text,
        "\n[[detour]]\nfeed = {:?}\nroute = {:?}\nbefore = {before}\nafter = {after}\n\
         nodes = [{}, {}]\n",
        route.feed,
        route.id,
        network.id(way[0]).from,
        network.id(link).to
    );
    write_path(&line(network, &way), text);
}

/// Numbers of waypoints before, and before the end of, the first part of a line that lies on real
/// streets.
fn inside(router: &Router<'_>, at: &[[f64; 2]]) -> Option<(usize, usize)> {
    let mut near = Vec::new();
    let usable: BTreeSet<LinkNumber> = router.links().collect();
    let mut is_near = |at: [f64; 2]| {
        near.clear();
        router.network.near(at, NEAR_M, &mut near);
        near.iter().any(|point| usable.contains(&point.link))
    };
    let flags: Vec<bool> = at.iter().map(|&at| is_near(at)).collect();
    if let Some(first) = flags.iter().position(|&near| near) {
        let count = flags[first..].iter().take_while(|&&near| near).count();
        return Some((first, first + count));
    }
    // A leg may cross them.
    at.windows(2).enumerate().find_map(|(index, leg)| {
        let step = [0, 1].map(|axis| leg[1][axis] - leg[0][axis]);
        let steps = (step[0].hypot(step[1]) / STEP_M) as usize;
        let crosses = (0..steps).any(|nth| {
            let share = nth as f64 / steps as f64;
            is_near([leg[0][0] + share * step[0], leg[0][1] + share * step[1]])
        });
        crosses.then_some((index + 1, index + 1))
    })
}

/// The link that is reached at the least cost, what comes after it included.
fn best(reached: &Reached, ends: impl Iterator<Item = (LinkNumber, u64)>) -> Option<LinkNumber> {
    ends.filter_map(|(link, after)| Some((reached.cost[link as usize]? + after, link)))
        .min()
        .map(|(_, link)| link)
}

/// Closed ways that together cover much of the streets.
fn circuits(router: &Router<'_>, wanted: &Wanted) -> Vec<Vec<LinkNumber>> {
    let network = router.network;
    let [shortest_m, longest_m] = wanted.length_m;
    let sample: Vec<LinkNumber> = router.links().step_by(wanted.sample).collect();
    let reached: Vec<Reached> = sample
        .iter()
        .map(|&link| router.from(network.successors(link).iter().map(|&next| (next, 0))))
        .collect();
    let mut loops: Vec<Vec<LinkNumber>> = Vec::new();
    for (start, there) in sample.iter().zip(&reached) {
        for (turn, back) in sample.iter().zip(&reached) {
            let whole = there.cost[*turn as usize].and(back.cost[*start as usize]);
            if start == turn || whole.is_none() {
                continue;
            }
            let way: Vec<LinkNumber> =
                there.way(*turn).into_iter().chain(back.way(*start)).collect();
            let unique: BTreeSet<LinkNumber> = way.iter().copied().collect();
            let turns_back = way
                .iter()
                .any(|&link| network.reverse(link).is_some_and(|back| unique.contains(&back)));
            let length_m: f64 = way.iter().map(|&link| f64::from(network.length_m(link))).sum();
            if unique.len() == way.len()
                && !turns_back
                && (shortest_m..=longest_m).contains(&length_m)
            {
                loops.push(way);
            }
        }
    }
    let mut covered: BTreeSet<LinkNumber> = BTreeSet::new();
    let mut chosen = Vec::new();
    while chosen.len() < wanted.circuits {
        let new_m = |way: &Vec<LinkNumber>| -> f64 {
            let new = way.iter().filter(|link| !covered.contains(link));
            new.map(|&link| f64::from(network.length_m(link))).sum()
        };
        let most = loops.iter().max_by(|a, b| new_m(a).total_cmp(&new_m(b)));
        let Some(way) = most.filter(|way| new_m(way) >= NEW_M_MIN).cloned() else { break };
        covered.extend(&way);
        chosen.push(way);
    }
    chosen
}

/// Writes a closed way.
fn circuit(network: &Network, region: &str, links: &[LinkNumber], cars: u32, text: &mut String) {
    let mut limits: Vec<(f64, u8)> = Vec::new();
    let mut signals_m: Vec<f64> = Vec::new();
    let mut along_m = 0.0;
    for &link in links {
        let limit = network.speed_limit_km_h(link, true);
        if limits.last().is_none_or(|(_, last)| *last != limit) {
            limits.push((along_m, limit));
        }
        along_m += f64::from(network.length_m(link));
        let line_m = along_m - f64::from(network.setback_m(link)[1]);
        let is_new = signals_m.last().is_none_or(|last| line_m - last > SIGNAL_GAP_M);
        if network.flags(link).has(LinkFlags::SIGNAL) && is_new {
            signals_m.push(line_m);
        }
    }
    let limits: Vec<String> =
        limits.iter().map(|(along_m, limit)| format!("[{along_m:.1}, {limit}]")).collect();
    let signals: Vec<String> = signals_m.iter().map(|along_m| format!("{along_m:.1}")).collect();
    let _ = write!(
        text,
        "\n[[circuit]]\nregion = {region:?}\ncars = {cars}\nlimits = [{}]\nsignals_m = [{}]\n",
        limits.join(", "),
        signals.join(", ")
    );
    let mut line = line(network, links);
    // The last point is the first.
    line.extend(line.first().copied());
    write_path(&line, text);
}

/// Writes a jam on the stretch that most cars use.
fn jam(network: &Network, region: &str, circuits: &[Vec<LinkNumber>], text: &mut String) {
    let length_m = |link: LinkNumber| f64::from(network.length_m(link));
    let used = |link: LinkNumber| circuits.iter().filter(|way| way.contains(&link)).count();
    let mut best: Option<(f64, LinkNumber)> = None;
    for way in circuits {
        for (end, &head) in way.iter().enumerate() {
            let mut left_m = JAM_M;
            let mut cars = 0.0;
            for &link in way[..=end].iter().rev() {
                let part_m = length_m(link).min(left_m);
                cars += part_m * used(link) as f64;
                left_m -= part_m;
            }
            if best.is_none_or(|(most, _)| cars > most) {
                best = Some((cars, head));
            }
        }
    }
    let Some((_, head)) = best else { return };
    let line: Vec<Position> = network.positions(head).collect();
    let [.., before, at] = line.as_slice() else { return };
    let bearing_deg = {
        let plane = network.plane();
        let [from, to] = [plane.project(*before), plane.project(*at)];
        (to[0] - from[0]).atan2(to[1] - from[1]).to_degrees().rem_euclid(360.0)
    };
    let _ = write!(
        text,
        "\n[[jam]]\nregion = {region:?}\nhead = [{:.6}, {:.6}]\nbearing_deg = {bearing_deg:.0}\n\
         length_m = {JAM_M:.0}\nspeed_km_h = {JAM_KM_H:.1}\nfrom = {}\nto = {}\n",
        at.latitude_deg, at.longitude_deg, JAM_SHARES[0], JAM_SHARES[1]
    );
}

/// Positions along links, each once.
pub(super) fn line(network: &Network, links: &[LinkNumber]) -> Vec<Position> {
    let mut line: Vec<Position> = Vec::new();
    for &link in links {
        for at in network.positions(link) {
            if line.last().is_none_or(|last| traffic::distance_m(*last, at) > 0.5) {
                line.push(at);
            }
        }
    }
    line
}

fn write_path(line: &[Position], text: &mut String) {
    /// Points on one line of text.
    const POINTS: usize = 4;
    text.push_str("path = [\n");
    for points in line.chunks(POINTS) {
        let points: Vec<String> = points
            .iter()
            .map(|at| format!("[{:.6}, {:.6}]", at.latitude_deg, at.longitude_deg))
            .collect();
        let _ = writeln!(text, "    {},", points.join(", "));
    }
    text.push_str("]\n");
}
