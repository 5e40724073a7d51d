//! Reading an extract: streets of their tags, links of their nodes, turns, lights.

use std::fmt::Write;

use load_tests::osm::{Country, Member};
use network::{Finding, LinkFlags, LinkId, Network};

use super::extract::{Extract, crossing, has, read, tags};
use super::number;

fn flags(network: &Network, link: u32) -> String {
    const NAMES: [(LinkFlags, &str); 10] = [
        (LinkFlags::ONE_WAY, " one_way"),
        (LinkFlags::BUS_LANE, " bus_lane"),
        (LinkFlags::BUS_ONLY, " bus_only"),
        (LinkFlags::TUNNEL, " tunnel"),
        (LinkFlags::BRIDGE, " bridge"),
        (LinkFlags::SIGNAL, " signal"),
        (LinkFlags::ROUNDABOUT, " roundabout"),
        (LinkFlags::FERRY, " ferry"),
        (LinkFlags::LIMIT_IMPLIED, " limit_implied"),
        (LinkFlags::PRIVATE, " private"),
    ];
    let set = NAMES.iter().filter(|(flag, _)| network.flags(link).has(*flag));
    set.map(|(_, name)| *name).collect()
}

/// A street of one way from node 1 to node 2 in words.
fn words(text: &str) -> String {
    let extract = Extract::default().node(1, 0.0, 0.0, "").node(2, 0.0, 1.0, "");
    let Ok((network, _)) = read(&extract.way(7, &[1, 2], text).bytes(), None) else {
        return "nothing".into();
    };
    let mut words = network.class(0).as_str().to_owned();
    for (sign, [from, to]) in [('>', [1, 2]), ('<', [2, 1])] {
        if has(&network, 7, from, to) {
            let link = number(&network, LinkId { way: 7, from, to });
            let limit = [false, true].map(|winter| network.speed_limit_km_h(link, winter));
            let [summer, winter] = limit;
            let (lanes, flags) = (network.lanes(link), flags(&network, link));
            write!(words, " {sign} {lanes} {summer}/{winter}{flags}").unwrap();
        }
    }
    words
}

#[test]
fn streets_are_what_their_tags_say() {
    let cases = include_str!("../data/network/streets.txt");
    let cases = cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    for case in cases {
        let (tags, expected) = case.split_once(" => ").unwrap();
        let found = words(tags);
        if found != expected {
            wrong.push(format!("{tags}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_end_where_streets_meet_and_only_there() {
    let (network, report) = crossing().read();
    assert_eq!(network.len(), 8);
    assert!(has(&network, 10, 1, 5) && has(&network, 10, 5, 9) && has(&network, 20, 7, 5));
    let link = number(&network, LinkId { way: 10, from: 1, to: 5 });
    assert_eq!(network.shape(link).len(), 3);
    assert!((network.length_m(link) - 222.4).abs() < 0.2);
    assert_eq!(network.name(link), "Main");
    assert_eq!(network.source(), "by hand");
    assert_eq!(report.count(Finding::NodeMissing), 0);
    // What only looks like a street parts nothing.
    let (with_path, _) = crossing().way(30, &[3, 6], "highway=footway").read();
    assert_eq!(with_path.len(), 8);
}

#[test]
fn setbacks_are_half_of_the_street_that_crosses() {
    let (network, _) = crossing().read();
    let setback_m = |way, from, to| {
        let setback_m = network.setback_m(number(&network, LinkId { way, from, to }));
        setback_m.map(|metres| (10.0 * metres).round() as i32)
    };
    // Two lanes of the side street: 3.2 m, and 3 m to the stop line.
    assert_eq!(setback_m(10, 1, 5), [0, 62]);
    assert_eq!(setback_m(10, 5, 1), [32, 0]);
    // Four lanes of the main street.
    assert_eq!(setback_m(20, 6, 5), [0, 94]);
    let (bend, _) = Extract::default()
        .node(1, 0.0, 0.0, "")
        .node(2, 1.0, 0.0, "")
        .node(3, 1.0, 1.0, "")
        .way(1, &[1, 2], "highway=primary")
        .way(2, &[2, 3], "highway=primary")
        .read();
    assert!(
        (0..4).all(|link| bend.setback_m(link).iter().all(|&metres| metres <= 0.0)),
        "only two streets meet"
    );
}

fn turn_nodes(network: &Network, way: i64, from: i64, to: i64) -> Vec<i64> {
    super::turns(network, LinkId { way, from, to })
}

#[test]
fn restrictions_forbid_turns() {
    use Member::{Node, Way};
    let via = ("via", Node(5));
    let no = [("from", Way(10)), via, ("to", Way(20))];
    let (network, _) = crossing().relation(&no, "restriction=no_left_turn").read();
    // The way goes on beyond the node, and comes from both sides: so do its turns.
    assert_eq!(turn_nodes(&network, 10, 1, 5), [9]);
    assert_eq!(turn_nodes(&network, 10, 9, 5), [1]);
    assert_eq!(turn_nodes(&network, 20, 6, 5), [1, 7, 9]);
    let parted = Extract::default()
        .node(1, 0.0, -2.0, "")
        .node(5, 0.0, 0.0, "")
        .node(6, -2.0, 0.0, "")
        .node(7, 2.0, 0.0, "")
        .node(9, 0.0, 2.0, "")
        .way(10, &[1, 5], "highway=primary")
        .way(11, &[5, 9], "highway=primary")
        .way(20, &[6, 5], "highway=residential")
        .way(21, &[5, 7], "highway=residential");
    let turn = [("from", Way(10)), via, ("to", Way(21))];
    let read = |text: &str| parted.clone().relation(&turn, text).read();
    assert_eq!(turn_nodes(&read("restriction=no_right_turn").0, 10, 1, 5), [6, 9]);
    assert_eq!(turn_nodes(&read("restriction=only_right_turn").0, 10, 1, 5), [7]);
    for (text, finding) in [
        ("restriction=no_right_turn except=bus", Finding::RestrictionExceptBuses),
        ("restriction:hgv=no_right_turn", Finding::RestrictionConditional),
        ("restriction=perhaps", Finding::RestrictionIncomplete),
    ] {
        let (network, report) = read(text);
        assert_eq!(report.count(finding), 1, "{text}");
        assert_eq!(turn_nodes(&network, 10, 1, 5), [6, 7, 9], "{text}");
    }
    let apart = [("from", Way(10)), ("via", Node(7)), ("to", Way(21))];
    let (_, report) = parted.clone().relation(&apart, "restriction=no_right_turn").read();
    assert_eq!(report.count(Finding::RestrictionApart), 1);
    let (_, report) = parted.relation(&turn[..2], "restriction=no_right_turn").read();
    assert_eq!(report.count(Finding::RestrictionIncomplete), 1);
}

#[test]
fn a_turn_over_a_street_is_forbidden_where_pairs_can_say_it() {
    use Member::Way;
    // Two carriageways, 1 to 2 to 3 and 6 to 5 to 4, and a gap between them at 2 and 5.
    let road = |gap: &str| {
        Extract::default()
            .node(1, 0.0, 0.0, "")
            .node(2, 0.0, 1.0, "")
            .node(3, 0.0, 2.0, "")
            .node(4, -0.3, 0.0, "")
            .node(5, -0.3, 1.0, "")
            .node(6, -0.3, 2.0, "")
            .way(10, &[1, 2], "highway=primary oneway=yes")
            .way(11, &[2, 3], "highway=primary oneway=yes")
            .way(20, &[6, 5], "highway=primary oneway=yes")
            .way(21, &[5, 4], "highway=primary oneway=yes")
            .way(30, &[2, 5], gap)
            .relation(
                &[("from", Way(10)), ("via", Way(30)), ("to", Way(21))],
                "restriction=no_u_turn",
            )
    };
    let (network, _) = road("highway=primary").read();
    assert!(turn_nodes(&network, 30, 2, 5).is_empty() || turn_nodes(&network, 30, 2, 5) == [2]);
    assert_eq!(turn_nodes(&network, 10, 1, 2), [3, 5]);
    // Where a side street leads into the gap too, nothing is forbidden, and that is said.
    let (network, report) = road("highway=primary")
        .node(8, 1.0, 1.0, "")
        .node(9, -1.0, 1.0, "")
        .way(40, &[8, 2], "highway=residential")
        .way(41, &[5, 9], "highway=residential")
        .read();
    assert_eq!(report.count(Finding::RestrictionOverWay), 1);
    assert_eq!(turn_nodes(&network, 30, 2, 5), [4, 9]);
}

#[test]
fn lights_hold_for_the_link_that_ends_at_them() {
    let signal = |network: &Network, way, from, to| {
        network.flags(number(network, LinkId { way, from, to })).has(LinkFlags::SIGNAL)
    };
    let with = |tags: &str, north: f64| {
        Extract::default()
            .node(1, 0.0, -2.0, "")
            .node(3, 0.0, north, tags)
            .node(5, 0.0, 0.0, "")
            .node(9, 0.0, 2.0, "")
            .node(6, -2.0, 0.0, "")
            .way(10, &[1, 3, 5, 9], "highway=primary")
            .way(20, &[6, 5], "highway=residential")
            .read()
            .0
    };
    let near = with("highway=traffic_signals traffic_signals:direction=forward", -0.15);
    assert!(signal(&near, 10, 1, 5) && !signal(&near, 10, 5, 1) && !signal(&near, 20, 6, 5));
    let backward = with("highway=traffic_signals traffic_signals:direction=backward", -0.15);
    assert!(!signal(&backward, 10, 1, 5));
    // Lights 111 m before the crossing are of something else.
    assert!(!signal(&with("highway=traffic_signals", -1.0), 10, 1, 5));
    let mut at_node = crossing();
    at_node.nodes[2].2 = tags("highway=traffic_signals");
    let (network, _) = at_node.read();
    assert!(signal(&network, 10, 1, 5) && signal(&network, 20, 7, 5));
    assert!(!signal(&network, 10, 5, 9));
}

#[test]
fn ways_that_meet_themselves_give_links_of_their_own() {
    let extract = Extract::default()
        .node(1, 0.0, 0.0, "")
        .node(2, 0.0, 1.0, "")
        .node(3, 1.0, 1.0, "")
        .node(4, 1.0, 2.0, "")
        .node(5, 0.0, 2.0, "");
    // A stem and a loop; a ring by itself; a way that goes there and back.
    for (nodes, links) in [(&[1, 2, 3, 4, 5, 2][..], 8), (&[2, 3, 4, 5, 2], 6), (&[1, 2, 1], 2)] {
        let (network, _) = extract.clone().way(7, nodes, "highway=residential").read();
        assert_eq!(network.len(), links, "{nodes:?}");
        let mut pairs: Vec<_> = (0..network.len() as u32).map(|link| network.id(link)).collect();
        pairs.dedup();
        assert_eq!(pairs.len(), links);
        for link in 0..network.len() as u32 {
            assert!(
                network.reverse(link).is_some() && network.id(link).from != network.id(link).to
            );
        }
    }
}

#[test]
fn built_up_is_where_streets_are_dense() {
    let mut country = Vec::new();
    Country { cities_a_side: 2, blocks: 16, houses: 0 }.write(&mut country).unwrap();
    let (network, _) = read(&country, None).unwrap();
    let limits = |class: &str| -> Vec<u8> {
        let links = (0..network.len() as u32).filter(|&link| network.class(link).as_str() == class);
        let mut limits: Vec<u8> = links.map(|link| network.speed_limit_km_h(link, false)).collect();
        limits.sort_unstable();
        limits.dedup();
        limits
    };
    assert_eq!(limits("residential"), [50]);
    assert_eq!(limits("trunk"), [80], "between the cities");
    assert_eq!(limits("primary"), [60]);
    let signals = (0..network.len() as u32).filter(|&l| network.flags(l).has(LinkFlags::SIGNAL));
    assert!(signals.count() > 0);
}
