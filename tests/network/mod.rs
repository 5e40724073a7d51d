//! The street network: how links meet, and which are near a point.

mod bad_extract;
mod elevation;
mod extract;
mod file;
mod gtfs;
mod osm;
mod places;

use events::Position;
use network::{
    ForbiddenTurn, LinkFlags, LinkId, LinkPoint, Network, NetworkBuilder, NewLink, RoadClass,
};
use proptest::prelude::*;

/// Degrees of one step of the test grids: about 56 m east and 111 m north.
const STEP_DEG: f64 = 0.001;

fn at(column: f64, row: f64) -> Position {
    Position::new(60.0 + row * STEP_DEG, 25.0 + column * STEP_DEG).unwrap()
}

fn link(way: i64, [from, to]: [i64; 2], line: Vec<Position>) -> NewLink {
    NewLink {
        id: LinkId { way, from, to },
        line,
        setback_m: [0.0, 0.0],
        class: RoadClass::Residential,
        lanes: 0,
        speed_limit_km_h: [40, 30],
        flags: LinkFlags::default(),
        name: String::new(),
    }
}

/// A crossing of two streets, both ways: node 0 in the middle, 1 to 4 clockwise from north.
fn crossing(forbidden: &[ForbiddenTurn]) -> Network {
    let mut builder = NetworkBuilder::new(at(0.0, 0.0));
    let ends = [(1, at(0.0, 1.0)), (2, at(1.0, 0.0)), (3, at(0.0, -1.0)), (4, at(-1.0, 0.0))];
    for (node, place) in ends {
        builder.link(link(node % 2, [0, node], vec![at(0.0, 0.0), place]));
        builder.link(link(node % 2, [node, 0], vec![place, at(0.0, 0.0)]));
    }
    for &turn in forbidden {
        builder.forbid(turn);
    }
    builder.build()
}

fn number(network: &Network, id: LinkId) -> u32 {
    (0..network.len() as u32).find(|&link| network.id(link) == id).unwrap()
}

fn turns(network: &Network, id: LinkId) -> Vec<i64> {
    let mut nodes: Vec<i64> =
        network.successors(number(network, id)).iter().map(|&link| network.id(link).to).collect();
    nodes.sort_unstable();
    nodes
}

#[test]
fn one_turns_into_every_other_street_but_not_back() {
    let network = crossing(&[]);
    let from_north = LinkId { way: 1, from: 1, to: 0 };
    assert_eq!(turns(&network, from_north), [2, 3, 4]);
    // At a dead end the way on is the way back.
    assert_eq!(turns(&network, LinkId { way: 1, from: 0, to: 1 }), [0]);
}

#[test]
fn a_forbidden_turn_is_in_neither_list() {
    let from = LinkId { way: 1, from: 1, to: 0 };
    let to = LinkId { way: 0, from: 0, to: 2 };
    let unknown = LinkId { way: 9, ..to };
    let network = crossing(&[ForbiddenTurn { from, to }, ForbiddenTurn { from, to: unknown }]);
    assert_eq!(turns(&network, from), [3, 4]);
    let comes_from = network.predecessors(number(&network, to));
    assert!(!comes_from.contains(&number(&network, from)));
    assert_eq!(comes_from.len(), 2);
}

#[test]
fn links_know_their_other_direction_and_their_defaults() {
    let network = crossing(&[]);
    let north = number(&network, LinkId { way: 1, from: 0, to: 1 });
    let back = network.reverse(north).unwrap();
    assert_eq!(network.id(back), LinkId { way: 1, from: 1, to: 0 });
    assert_eq!(network.lanes(north), 1);
    assert_eq!(network.speed_limit_km_h(north, true), 30);
    assert!((network.length_m(north) - 111.2).abs() < 0.1);
    let line: Vec<_> = network.positions(north).collect();
    assert!((line[1].latitude_deg - 60.001).abs() < 1e-7);
}

#[test]
fn numbers_do_not_depend_on_the_order_of_adding() {
    let links: Vec<NewLink> = (0..20)
        .map(|i| link(i, [i, i + 1], vec![at(i as f64, 0.0), at(i as f64 + 1.0, 0.5)]))
        .collect();
    let build = |links: &mut dyn Iterator<Item = &NewLink>| {
        let mut builder = NetworkBuilder::new(at(0.0, 0.0));
        links.for_each(|link| assert!(builder.link(link.clone())));
        builder.build()
    };
    assert_eq!(build(&mut links.iter()), build(&mut links.iter().rev()));
}

#[test]
fn a_link_without_a_line_is_refused_and_an_empty_network_answers() {
    let mut builder = NetworkBuilder::new(at(0.0, 0.0));
    assert!(!builder.link(link(1, [1, 2], vec![at(0.0, 0.0)])));
    let network = builder.build();
    let mut out = Vec::new();
    network.near([0.0, 0.0], 1_000.0, &mut out);
    network.near([f64::NAN, 0.0], 1_000.0, &mut out);
    assert!(network.is_empty() && out.is_empty());
}

#[test]
fn a_point_to_the_right_of_travel_has_a_positive_offset() {
    let network = crossing(&[]);
    let north = number(&network, LinkId { way: 1, from: 0, to: 1 });
    let right = network.nearest_point(north, [4.0, 30.0], 10.0).unwrap();
    assert!((right.offset_m - 4.0).abs() < 0.01 && (right.along_m - 30.0).abs() < 0.1);
    assert!(right.bearing_deg < 0.1 || right.bearing_deg > 359.9);
    let back = network.reverse(north).unwrap();
    let left = network.nearest_point(back, [4.0, 30.0], 10.0).unwrap();
    assert!((left.offset_m + 4.0).abs() < 0.01 && (left.bearing_deg - 180.0).abs() < 0.1);
    assert_eq!(network.nearest_point(north, [11.0, 30.0], 10.0), None);
}

/// Lines anywhere in a square of about 5 km, of two to five points.
fn lines() -> impl Strategy<Value = Vec<Vec<(f64, f64)>>> {
    let line = prop::collection::vec((-45.0..45.0, -22.0..22.0), 2..6);
    prop::collection::vec(line, 1..60)
}

/// A network of lines that do not meet.
fn scattered(lines: Vec<Vec<(f64, f64)>>) -> Network {
    let mut builder = NetworkBuilder::new(at(0.0, 0.0));
    for (way, line) in (0..).zip(lines) {
        let line = line.into_iter().map(|(column, row)| at(column, row)).collect();
        builder.link(link(way, [2 * way, 2 * way + 1], line));
    }
    builder.build()
}

/// Any network of [`lines`].
fn arbitrary_network() -> impl Strategy<Value = Network> {
    lines().prop_map(scattered)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_grid_finds_what_a_search_of_all_links_finds(
        lines in lines(),
        place in (-3_000.0..3_000.0, -3_000.0..3_000.0),
        radius_m in 1.0..800.0,
    ) {
        let network = scattered(lines);
        let mut found = Vec::new();
        network.near([place.0, place.1], radius_m, &mut found);
        let point = [place.0 as f32, place.1 as f32];
        let all = (0..network.len() as u32)
            .filter_map(|link| network.nearest_point(link, point, radius_m as f32));
        prop_assert_eq!(&found, &all.collect::<Vec<LinkPoint>>());
        for point in found {
            prop_assert!(point.offset_m.abs() <= radius_m as f32 + 0.01);
            prop_assert!((0.0..=network.length_m(point.link)).contains(&point.along_m));
        }
    }
}
