//! What is tied to links by its place: detectors, areas.

use events::Position;
use events::wire::AreaKind;
use network::{
    AreaPolygon, AreaPolygonError, Areas, BoundingBox, City, LinkFlags, NetworkBuilder, NewLink,
    PolygonKind, Region, RoadClass,
};

use super::{at, crossing, link};

#[test]
fn a_detector_is_on_the_main_road_in_its_direction() {
    let mut builder = NetworkBuilder::new(at(0.0, 0.0));
    let north = |column: f64| vec![at(column, -2.0), at(column, 2.0)];
    let south = |column: f64| vec![at(column, 2.0), at(column, -2.0)];
    // About 11 m east a yard, 17 m east the road to the north, 6 m west the one to the south.
    let classes = [RoadClass::Service, RoadClass::Primary, RoadClass::Primary, RoadClass::Primary];
    let lines = [north(0.2), north(0.3), south(-0.1), north(0.05)];
    for (way, (class, line)) in (0..).zip(classes.into_iter().zip(lines)) {
        let flags = if way == 3 { LinkFlags::BUS_ONLY } else { LinkFlags::default() };
        builder.link(NewLink { class, flags, ..link(way, [2 * way, 2 * way + 1], line) });
    }
    let network = builder.build();
    let tied = |bearing_deg: f32| network.tie_detector(at(0.0, 0.0), bearing_deg);
    assert_eq!(tied(5.0).unwrap().link, 1);
    assert_eq!(tied(-50.0).unwrap().link, 1);
    assert_eq!(tied(185.0).unwrap().link, 2);
    assert_eq!(tied(90.0), None, "across both");
    assert_eq!(network.tie_detector(at(3.0, 0.0), 0.0), None, "150 m away");
    let point = tied(0.0).unwrap();
    assert!((point.along_m - 222.4).abs() < 0.5, "{}", point.along_m);
    assert_eq!(network.tie_detector(at(0.0, 0.0), f32::NAN), None);
}

fn region() -> Region {
    let bbox: BoundingBox = "24.9,59.9,25.1,60.1".parse().unwrap();
    let city = City { id: "town".into(), name: "Town".into(), bbox };
    Region { id: "r".into(), name: "R".into(), bbox, cities: vec![city] }
}

/// A file of one feature.
fn geojson(name: &str, rings: &str) -> String {
    format!(
        r#"{{"type": "FeatureCollection", "features": [{{"type": "Feature",
            "properties": {{"code": 7, "name": "{name}"}},
            "geometry": {{"type": "Polygon", "coordinates": {rings}}}}}]}}"#
    )
}

const EAST: &str = "[[[25.0001,59.9],[25.1,59.9],[25.1,60.1],[25.0001,60.1],[25.0001,59.9]]]";

fn read(kind: PolygonKind, text: &str) -> Result<Vec<AreaPolygon>, AreaPolygonError> {
    AreaPolygon::read(kind, text.as_bytes(), "code", "name")
}

#[test]
fn links_are_in_the_areas_that_have_their_middle() {
    let network = crossing(&[]);
    let mut polygons = read(PolygonKind::District, &geojson("East", EAST)).unwrap();
    polygons.extend(read(PolygonKind::PostalArea, &geojson("Post", EAST)).unwrap());
    polygons.extend(read(PolygonKind::City, &geojson("Town", EAST)).unwrap());
    polygons.extend(read(PolygonKind::City, &geojson("Elsewhere", EAST)).unwrap());
    let areas = Areas::with_polygons(&network, &region(), &polygons);
    let ids: Vec<&str> = areas.all().iter().map(|area| area.id.as_str()).collect();
    assert_eq!(ids[..4], ["region:r", "city:town", "district:7", "postal_area:7"]);
    assert_eq!(areas.all()[3].kind, AreaKind::PostalArea);
    assert!(ids[4..].iter().all(|id| id.starts_with("cell:")));
    for link in 0..network.len() as u32 {
        let of = areas.of(link);
        let east = network.middle(link).longitude_deg > 25.0001;
        assert!(of.is_sorted() && of[0] == 0 && *of.last().unwrap() >= 4);
        assert_eq!(of.contains(&1), east, "the polygon counts, not the box");
        assert_eq!(of.contains(&2) && of.contains(&3), east);
    }
    let boxes = Areas::new(&network, &region());
    assert!((0..network.len() as u32).all(|link| boxes.of(link).contains(&1)));
}

#[test]
fn a_city_is_all_of_its_parts() {
    const WEST: &str = "[[[24.9,59.9],[24.9999,59.9],[24.9999,60.1],[24.9,60.1],[24.9,59.9]]]";
    const ISLET: &str = "[[[24.91,59.91],[24.92,59.91],[24.92,59.92],[24.91,59.91]]]";
    let network = crossing(&[]);
    let parts = [ISLET, EAST, WEST].map(|rings| geojson("Town", rings));
    let read = |text: &String| read(PolygonKind::City, text).unwrap();
    let polygons: Vec<AreaPolygon> = parts.iter().flat_map(read).collect();
    let areas = Areas::with_polygons(&network, &region(), &polygons);
    let cities = areas.all().iter().filter(|area| area.kind == AreaKind::City);
    assert_eq!(cities.count(), 1);
    for link in 0..network.len() as u32 {
        // The street from north to south runs between the two.
        let apart = (network.middle(link).longitude_deg - 25.0).abs() > 0.0001;
        assert_eq!(areas.of(link).contains(&1), apart);
    }
    let boundary = &areas.all()[1].boundary;
    assert!(boundary.iter().all(|at| at.longitude_deg > 25.0), "drawn as the first with a link");
}

#[test]
fn a_hole_is_outside() {
    let rings = "[[[24.9,59.9],[25.1,59.9],[25.1,60.1],[24.9,60.1],[24.9,59.9]],
        [[24.95,59.95],[25.05,59.95],[25.05,60.05],[24.95,60.05],[24.95,59.95]]]";
    let ring = read(PolygonKind::District, &geojson("Ring", rings)).unwrap().remove(0);
    let inside = |latitude, longitude| ring.contains(Position::new(latitude, longitude).unwrap());
    assert!(
        inside(59.92, 25.0) && inside(60.0, 24.92) && !inside(60.0, 25.0) && !inside(61.0, 25.0)
    );
}

#[test]
fn files_that_are_no_areas_say_why() {
    let metres =
        "[[[328682.8,6819945.3],[328676.4,6819911.2],[328659.9,6819906.9],[328682.8,6819945.3]]]";
    let cases = [
        (geojson("", EAST), "no property \"name\""),
        (geojson("X", metres), "EPSG:4326"),
        (geojson("X", "[[[25,60],[25,61]]]"), "no Polygon"),
        (geojson("X", "[1,2]"), "no Polygon"),
        ("[]".into(), "not a GeoJSON"),
        ("{".into(), "not a GeoJSON"),
    ];
    for (text, message) in cases {
        let error = read(PolygonKind::District, &text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
