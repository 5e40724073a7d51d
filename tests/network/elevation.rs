//! Heights of the ground: what a grid says, what is wrong with one, and the gradients of links.

use events::Position;
use network::elevation::{ElevationError, ElevationGrid, read_elevation};
use network::{Finding, ImportReport, LinkFlags, LinkId, Network, NetworkBuilder, NewLink};
use proptest::prelude::*;

use super::{at, crossing, link, number};

const HEAD: &str =
    "ncols 3\nnrows 2\nxllcorner 24.9985\nyllcorner 59.9995\ncellsize 0.001\nNODATA_value -9999\n";

fn read(text: &str) -> Result<ElevationGrid, ElevationError> {
    read_elevation(text.as_bytes(), &mut |_| {})
}

/// A plane that climbs so much in a step of the test grids, to the east and to the north, around
/// the crossing.
fn plane(east_m: f64, north_m: f64) -> ElevationGrid {
    let head = "ncols 9\nnrows 9\nxllcenter 24.996\nyllcenter 59.996\ncellsize 0.001\n";
    let value = |column: i32, row: i32| f64::from(column) * east_m + f64::from(row) * north_m;
    let rows = (-4..=4).rev().map(|row| {
        (-4..=4)
            .map(|column| (100.0 + value(column, row)).to_string())
            .collect::<Vec<_>>()
            .join(" ")
    });
    let text = format!("{head}{}\n", rows.collect::<Vec<_>>().join("\n"));
    read(&text).unwrap()
}

fn climbed(network: Network, grids: &[ElevationGrid]) -> (Network, ImportReport) {
    let mut report = ImportReport::default();
    let network = network.with_elevation(grids, &mut report);
    (network, report)
}

#[test]
fn heights_are_linear_between_values_and_unknown_where_one_is() {
    let grid = read(&format!("{HEAD}1 2 3\n4 5 -9999\n")).unwrap();
    let height = |east: f64, north: f64| grid.height_m(at(east, north));
    // The lower row is at 60.0, the middle column at 25.0.
    let is = |height: Option<f64>, metres: f64| (height.unwrap() - metres).abs() < 1e-3;
    assert!(is(height(0.0, 0.0), 5.0) && is(height(-1.0, 1.0), 1.0));
    assert!(is(height(-0.5, 0.5), 3.0), "half way between four");
    assert!(is(height(-1.4, 0.0), 4.0), "a value stands for its cell");
    assert_eq!(height(0.5, 0.25), None);
    // A head that does not say what stands for unknown makes no cliff.
    let unsaid = format!("{HEAD}1 2 3\n4 5 -9999\n").replace("NODATA_value -9999\n", "");
    assert_eq!(read(&unsaid).unwrap().height_m(at(0.5, 0.25)), None);
    assert!(is(height(1.0, 1.0), 3.0), "what has no weight need not be known");
    assert_eq!(height(-1.6, 0.0), None);
    assert_eq!(height(0.0, -0.6), None);
}

#[test]
fn heads_may_be_written_in_other_ways() {
    let usual = read(&format!("{HEAD}1 2 3\n4 5 6\n")).unwrap();
    for text in [
        "NCOLS 3\r\nNROWS 2\r\nXLLCENTER 24.999\r\nYLLCENTER 60\r\nCELLSIZE 0.001\r\n1 2 3\r\n4 5 6\r\n",
        "nrows 2\nncols 3\ndx 0.001\ndy 0.001\nyllcorner 59.9995\nxllcorner 24.9985\n\n1 2\n3 4 5\n6",
    ] {
        let other = read(text).unwrap();
        for (east, north) in [(-1.0, 0.0), (0.3, 0.7), (1.0, 1.0)] {
            let [a, b] = [&usual, &other].map(|grid| grid.height_m(at(east, north)).unwrap());
            assert!((a - b).abs() < 1e-6, "{text:?}: {a} {b}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_grid_is_said_with_its_place() {
    let metres = HEAD.replace("24.9985", "385000").replace("59.9995", "6672000");
    let large = HEAD.replace("ncols 3", "ncols 300000").replace("nrows 2", "nrows 1000");
    let large = large.replace("0.001", "0.000001");
    for (text, says) in [
        (String::new(), "line 1: there is no ncols"),
        (
            "<?xml version=\"1.0\"?>".to_owned(),
            "line 1: <?xml \"version=\\\"1.0\\\"?>\" is no number",
        ),
        (HEAD.replace("ncols 3", "columns 3"), "line 1: \"columns\" is not known"),
        (HEAD.replace("ncols 3", "ncols 2.5") + "1", "line 7: ncols is 2.5"),
        (HEAD.replace("cellsize 0.001", "cellsize -1") + "1", "line 7: cells of -1 degrees"),
        (HEAD.replace("cellsize 0.001\n", "") + "1", "line 6: there is no cellsize"),
        (metres + "1 2 3 4 5 6", "gdalwarp -t_srs EPSG:4326"),
        (large + "1", "300000000 values are more than 250000000"),
        (format!("{HEAD}1 2 3\n4 x 6\n"), "line 8: \"x\" is no height"),
        (format!("{HEAD}1 2 3\n4 5\n"), "it has 5 values where its head says 6"),
        (format!("{HEAD}1 2 3\n4 5 6 7\n"), "it has 7 values where its head says 6"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{error:?} does not say {says:?}");
    }
    let error = read_elevation(&b"ncols 3\nnrows \xff\n"[..], &mut |_| {}).unwrap_err();
    assert!(matches!(error, ElevationError::Read(_)), "{error}");
}

#[test]
fn links_climb_one_way_and_descend_the_other() {
    let north = LinkId { way: 1, from: 0, to: 1 };
    let back = LinkId { way: 1, from: 1, to: 0 };
    assert_eq!(crossing(&[]).gradient_percent(0), None, "without heights nothing is known");
    // Two metres in 111 m to the north.
    let (network, report) = climbed(crossing(&[]), &[plane(0.0, 2.0)]);
    assert_eq!(network.gradient_percent(number(&network, north)), Some(1.8));
    assert_eq!(network.gradient_percent(number(&network, back)), Some(-1.8));
    let east = number(&network, LinkId { way: 0, from: 0, to: 2 });
    assert_eq!(network.gradient_percent(east), Some(0.0));
    assert_eq!(report.lines().collect::<Vec<_>>(), ["8 links with a gradient"]);
    assert_eq!(Network::from_bytes(&network.to_bytes()).unwrap(), network);
}

#[test]
fn what_no_grid_knows_is_counted_and_the_first_that_knows_counts() {
    let far = read(&HEAD.replace("24.9985", "10").replace("59.9995", "50")).unwrap_err();
    assert!(far.to_string().contains("0 values"), "{far}");
    let holes = read(&format!("{HEAD}1 2 3\n-9999 5 6\n")).unwrap();
    let (network, report) = climbed(crossing(&[]), std::slice::from_ref(&holes));
    // To the west there is a hole, and to the south no value.
    assert_eq!(report.count(Finding::HeightUnknown), 4);
    let west = number(&network, LinkId { way: 0, from: 0, to: 4 });
    assert_eq!(network.gradient_percent(west), None);
    let (network, report) = climbed(crossing(&[]), &[holes, plane(0.0, 0.0)]);
    assert_eq!(report.count(Finding::HeightUnknown), 0);
    // From 5 m of the first grid to 100 m of the other, over 56 m.
    assert_eq!(network.gradient_percent(west), Some(12.7), "the steepest that is kept");
}

#[test]
fn bridges_and_tunnels_are_not_where_the_ground_is_and_short_links_are_no_cliffs() {
    let mut builder = NetworkBuilder::new(at(0.0, 0.0));
    for (way, flags) in [(1, LinkFlags::BRIDGE), (2, LinkFlags::TUNNEL), (3, LinkFlags::FERRY)] {
        let line = vec![at(0.0, 0.0), at(0.0, 1.0)];
        builder.link(NewLink { flags, ..link(way, [0, way], line) });
    }
    // Five metres of street, over half a metre of height.
    builder.link(link(4, [0, 4], vec![at(0.0, 0.0), at(0.0, 0.045)]));
    let (network, report) = climbed(builder.build(), &[plane(0.0, 11.1)]);
    let of = |way| network.gradient_percent(number(&network, LinkId { way, from: 0, to: way }));
    assert_eq!([1, 2, 3].map(of), [None; 3]);
    assert_eq!(of(4), Some(1.0), "as if it were 50 m long");
    assert_eq!(report.count(Finding::HeightUnknown), 0);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(ncols|nrows|xllcorner|[0-9.e -]{1,6}|\n| ){0,40}") {
        if let Ok(grid) = read(&text) {
            let _ = grid.height_m(Position::new(60.0, 25.0).unwrap());
        }
    }

    #[test]
    fn heights_lie_between_those_around(values in prop::array::uniform6(-50.0..900.0_f64),
                                        east in -1.0..1.0_f64, north in 0.0..1.0_f64) {
        let text = values.map(|value| value.to_string()).join(" ");
        let height = read(&format!("{HEAD}{text}\n")).unwrap().height_m(at(east, north));
        let [low, high] = [f64::min, f64::max].map(|of| values.into_iter().reduce(of).unwrap());
        let height = height.unwrap();
        prop_assert!((low - 1e-3..=high + 1e-3).contains(&height), "{height} of {values:?}");
    }
}
