//! Extracts that are damaged or change, and published ones.

use std::path::Path;

use load_tests::osm::Member;
use network::osm::OsmError;
use network::{BoundingBox, Finding, LinkId, Network};
use proptest::prelude::*;

use super::extract::{Extract, crossing, has, read, tags};
use super::number;

#[test]
fn damaged_elements_are_counted_and_the_rest_goes_on() {
    let (network, report) = crossing()
        .node(5, 9.0, 9.0, "")
        .node(40, 0.0, 1.0, "")
        .node(41, 0.0, 1.0, "")
        .way(10, &[6, 7], "highway=primary")
        .way(30, &[1], "highway=primary")
        .way(31, &[40, 41], "highway=primary")
        .way(32, &[1, 777, 9, 6], "highway=primary")
        .way(33, &[9, 9, 7], "highway=primary maxspeed=fast")
        .read();
    let expected = [
        (Finding::NodeTwice, 1),
        (Finding::WayTwice, 1),
        (Finding::WayTooShort, 1),
        (Finding::LinkWithoutLength, 1),
        (Finding::NodeMissing, 1),
        (Finding::NodeRepeated, 1),
        (Finding::TagUnreadable, 2),
    ];
    for (finding, count) in expected {
        assert_eq!(report.count(finding), count, "{}", finding.as_str());
    }
    assert!(has(&network, 10, 1, 5) && has(&network, 32, 9, 6) && !has(&network, 32, 1, 9));
    let link = number(&network, LinkId { way: 31, from: 40, to: 41 });
    assert!(network.length_m(link) > 0.0);
}

#[test]
fn an_extract_without_streets_is_an_error() {
    let bbox = |text: &str| Some(text.parse::<BoundingBox>().unwrap());
    let bytes = crossing().bytes();
    assert!(matches!(read(&bytes, bbox("1,1,2,2")), Err(OsmError::NoStreet(_))));
    let (part, _) = read(&bytes, bbox("24.9989,59.9999,24.9999,60.0001")).unwrap();
    assert_eq!(part.len(), 2, "only the street to node 6 touches the box");
    assert!(matches!(read(&Extract::default().bytes(), None), Err(OsmError::NoStreet(_))));
    let lost = Extract::default().way(1, &[1, 2], "highway=primary");
    assert!(matches!(read(&lost.bytes(), None), Err(OsmError::NoStreet(_))));
}

#[test]
fn every_cut_is_an_error_that_says_where() {
    let bytes = crossing().bytes();
    for end in 0..bytes.len() {
        let error = read(&bytes[..end], None).expect_err("cut");
        let message = error.to_string();
        let known = ["at byte", "not an OpenStreetMap extract", "no street"];
        assert!(known.iter().any(|known| message.contains(known)), "cut at {end}: {message}");
    }
}

#[test]
fn a_newer_extract_leaves_links_their_ids() {
    let ids = |network: &Network| -> Vec<LinkId> {
        (0..network.len() as u32).map(|link| network.id(link)).collect()
    };
    let (before, _) = crossing().read();
    // Side is parted in two, Main gets tags, a new street leaves from the end of Side.
    let mut newer =
        crossing().way(21, &[5, 7], "highway=residential").way(40, &[7, 9], "highway=service");
    newer.ways[0].2.extend(tags("surface=asphalt maxspeed=50"));
    newer.ways[1].1 = vec![6, 5];
    let (after, _) = newer.read();
    let after = ids(&after);
    for id in ids(&before).into_iter().filter(|id| id.way == 10 || [id.from, id.to].contains(&6)) {
        assert!(after.contains(&id), "{id} is gone");
    }
}

/// Any streets between a few nodes, some of which are missing.
fn extracts() -> impl Strategy<Value = Extract> {
    let nodes = prop::collection::vec((1_i64..14, -9.0..9.0, -9.0..9.0), 0..16);
    let street = prop::sample::select(vec![
        "highway=primary",
        "highway=residential oneway=yes",
        "highway=residential oneway=-1",
        "highway=service",
        "highway=footway",
    ]);
    let ways =
        prop::collection::vec((1_i64..9, prop::collection::vec(1_i64..14, 0..7), street), 0..9);
    let turns = prop::collection::vec((1_i64..9, 1_i64..14, 1_i64..9, any::<bool>()), 0..5);
    (nodes, ways, turns).prop_map(|(nodes, ways, turns)| {
        let mut extract = Extract::default();
        for (id, east, north) in nodes {
            extract = extract.node(id, east, north, "");
        }
        for (id, nodes, tags) in ways {
            extract = extract.way(id, &nodes, tags);
        }
        for (from, via, to, over) in turns {
            let via = if over { Member::Way(via) } else { Member::Node(via) };
            let members = [("from", Member::Way(from)), ("via", via), ("to", Member::Way(to))];
            let kind =
                if over { "restriction=only_straight_on" } else { "restriction=no_left_turn" };
            extract = extract.relation(&members, kind);
        }
        extract
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_extract_gives_the_same_sound_network_twice(extract in extracts()) {
        let bytes = extract.bytes();
        if let Ok((network, report)) = read(&bytes, None) {
            let (again, report_again) = read(&bytes, None).unwrap();
            prop_assert_eq!(&network, &again);
            prop_assert_eq!(report, report_again);
            prop_assert_eq!(Network::from_bytes(&network.to_bytes()).unwrap(), network);
        }
    }

    #[test]
    fn damaged_bytes_never_panic(
        at in any::<prop::sample::Index>(),
        value: u8,
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = crossing().bytes();
        let at = at.index(bytes.len());
        bytes[at] = value;
        let _ = read(&bytes, None);
        bytes.truncate(end.index(bytes.len()));
        let _ = read(&bytes, None);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&bytes, None).is_err());
    }
}

/// Share of links in the largest set of links that all reach each other.
fn share_connected(network: &Network) -> f64 {
    let reach = |start: u32, forward: bool| -> Vec<bool> {
        let mut seen = vec![false; network.len()];
        let mut open = vec![start];
        seen[start as usize] = true;
        while let Some(link) = open.pop() {
            let next = if forward { network.successors(link) } else { network.predecessors(link) };
            for &next in
                next.iter().filter(|&&next| !std::mem::replace(&mut seen[next as usize], true))
            {
                open.push(next);
            }
        }
        seen
    };
    let mut best = 0;
    let mut done = vec![false; network.len()];
    for start in 0..network.len() as u32 {
        if !done[start as usize] {
            let (there, back) = (reach(start, true), reach(start, false));
            let both: Vec<usize> =
                (0..network.len()).filter(|&link| there[link] && back[link]).collect();
            for &link in &both {
                done[link] = true;
            }
            best = best.max(both.len());
        }
    }
    best as f64 / network.len() as f64
}

#[test]
fn published_extracts_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/feeds/road/osm");
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pbf") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let (network, report) = read(&bytes, None).unwrap();
        let lines: Vec<String> = report.lines().collect();
        let share = share_connected(&network);
        eprintln!(
            "{}: {} links, {:.1} % reach each other; {}",
            path.display(),
            network.len(),
            100.0 * share,
            lines.join("; ")
        );
        assert!(network.len() > 500, "{}", path.display());
        assert!(share > 0.5, "{}: {share}", path.display());
        assert_eq!(Network::from_bytes(&network.to_bytes()).unwrap(), network);
        for end in (0..bytes.len()).step_by(bytes.len() / 40) {
            let _ = read(&bytes[..end], None);
        }
    }
}
