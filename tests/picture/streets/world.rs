//! A street of five blocks with cars, a detector and messages, as records of a log.

use std::sync::Arc;

use events::{
    Body, Connection, DetectorMeasurement, DetectorStation, Event, FeedStatus, Geometry, LogRecord,
    MeasurementWindow, Mode, Position, Provenance, Quantity, SituationPhase, SituationRecord,
    SituationType, Text, VehicleEventKind, VehiclePosition, Verdicts,
};
use network::{
    AreaPolygon, BoundingBox, City, LinkFlags, LinkId, Network, NetworkBuilder, NewLink,
    PolygonKind, Region, RoadClass,
};
use picture::{Delta, EmissionClimate, Object, Picture, Setup, StreetOptions, StreetSetup};
use traffic::emission::EmissionModel;

pub(super) const FEED: &str = "cars";
pub(super) const ROAD: &str = "road";
/// Tuesday 2026-03-10T08:00:00Z.
pub(super) const START_MS: i64 = 1_773_129_600_000;
pub(super) const LATENESS_MS: i64 = 10_000;

/// Blocks of the street, each of this many degrees to the east: 200 m.
pub(super) const BLOCKS: i64 = 5;
const BLOCK_DEG: f64 = 0.003_597;
pub(super) const BLOCK_M: f64 = 200.0;

pub(super) fn at(east_m: f64) -> Position {
    Position::new(60.0, 25.0 + east_m / BLOCK_M * BLOCK_DEG).unwrap()
}

/// The link of a block in the direction of travel, west to east.
pub(super) fn link_id(block: i64) -> String {
    format!("1-{block}-{}", block + 1)
}

fn link(way: i64, from: i64, to: i64, line: Vec<Position>, flags: LinkFlags) -> NewLink {
    NewLink {
        id: LinkId { way, from, to },
        line,
        setback_m: [0.0, 0.0],
        class: if flags.has(LinkFlags::FERRY) { RoadClass::Ferry } else { RoadClass::Primary },
        lanes: 1,
        speed_limit_km_h: [50, 50],
        flags,
        name: "Pitkäkatu".into(),
    }
}

/// The street in both directions, a ferry line beyond its end; with `more`, another street too.
pub(super) fn network(more: bool) -> Network {
    network_of(1, more)
}

/// The same, of which the street has this number.
pub(super) fn network_of(way: i64, more: bool) -> Network {
    let mut builder = NetworkBuilder::new(at(0.0));
    for block in 0..BLOCKS {
        let line = vec![at(block as f64 * BLOCK_M), at((block + 1) as f64 * BLOCK_M)];
        let back = line.iter().rev().copied().collect();
        builder.link(link(way, block, block + 1, line, LinkFlags::default()));
        builder.link(link(way, block + 1, block, back, LinkFlags::default()));
    }
    let end_m = BLOCKS as f64 * BLOCK_M;
    let ferry = vec![at(end_m), at(end_m + 3_000.0)];
    builder.link(link(2, BLOCKS, 99, ferry, LinkFlags::FERRY));
    if more {
        let north = Position::new(60.01, 25.0).unwrap();
        builder.link(link(0, 500, 501, vec![at(0.0), north], LinkFlags::default()));
    }
    builder.build()
}

/// Two blocks eastwards with a junction of ten metres to each side of the nodes.
pub(super) fn network_with_junctions() -> Network {
    let mut builder = NetworkBuilder::new(at(0.0));
    for block in 0..2 {
        let line = vec![at(block as f64 * BLOCK_M), at((block + 1) as f64 * BLOCK_M)];
        let new = link(1, block, block + 1, line, LinkFlags::ONE_WAY);
        builder.link(NewLink { setback_m: [10.0, 10.0], ..new });
    }
    builder.build()
}

pub(super) fn setup_with(network: Network) -> Setup {
    setup_in(network, EmissionClimate::default())
}

/// Two districts that share the street between them; the ferry line is in the eastern one.
fn districts() -> Vec<AreaPolygon> {
    let feature = |id: &str, west_m: f64, east_m: f64| {
        let (west, east) = (at(west_m).longitude_deg, at(east_m).longitude_deg);
        serde_json::json!({
            "properties": { "id": id, "name": id },
            "geometry": { "type": "Polygon", "coordinates": [[
                [west, 59.95], [east, 59.95], [east, 60.05], [west, 60.05], [west, 59.95],
            ]] },
        })
    };
    let middle_m = 2.0 * BLOCK_M;
    let features = [feature("west", -500.0, middle_m), feature("east", middle_m, 5_000.0)];
    let text = serde_json::json!({ "features": features }).to_string();
    AreaPolygon::read(PolygonKind::District, text.as_bytes(), "id", "name").unwrap()
}

/// A street in some usual weather.
pub(super) fn setup_in(network: Network, climate: EmissionClimate) -> Setup {
    setup_of(network, StreetOptions::default(), crate::emission::model(), climate)
}

/// The street with other factors.
pub(super) fn setup_emitting(model: Arc<EmissionModel>) -> Setup {
    setup_of(network(false), StreetOptions::default(), model, EmissionClimate::default())
}

/// A street of which some links are closed.
pub(super) fn setup_closed(closed: Vec<LinkId>) -> Setup {
    let options = StreetOptions { closed, ..StreetOptions::default() };
    setup_of(network(false), options, crate::emission::model(), EmissionClimate::default())
}

fn setup_of(
    network: Network,
    options: StreetOptions,
    model: Arc<EmissionModel>,
    climate: EmissionClimate,
) -> Setup {
    let bbox = BoundingBox { west_deg: 24.9, south_deg: 59.9, east_deg: 25.2, north_deg: 60.1 };
    let city = City { id: "town".into(), name: "Town".into(), bbox };
    let region = Region { id: "region".into(), name: "Region".into(), bbox, cities: vec![city] };
    let streets = StreetSetup::with_polygons(network, &region, &districts(), options)
        .with_emission(model, &std::collections::BTreeMap::default(), climate);
    Setup { streets: Some(Arc::new(streets)), ..Setup::default() }
}

pub(super) fn picture() -> Picture {
    Picture::new("region".into(), "log".into(), setup_with(network(false)))
}

pub(super) fn event(feed: &str, entity: &str, time_ms: i64, body: Body) -> LogRecord {
    LogRecord::Event(Event {
        feed: feed.into(),
        region: "region".into(),
        entity: entity.into(),
        event_time_ms: time_ms,
        received_time_ms: time_ms + 100,
        verdicts: Verdicts::default(),
        provenance: Provenance::default(),
        body,
    })
}

/// A fix of a vehicle, seconds after the start.
pub(super) fn fix(id: &str, mode: Mode, second: f64, east_m: f64, speed_m_s: f64) -> LogRecord {
    let report = VehiclePosition {
        kind: VehicleEventKind::Position,
        mode,
        position: Some(at(east_m)),
        speed_km_h: Some((speed_m_s * 3.6) as f32),
        ..VehiclePosition::default()
    };
    let time_ms = START_MS + (second * 1_000.0) as i64;
    event(FEED, id, time_ms, Body::VehiclePosition(report))
}

/// A status of a feed, with what a lateness bound of ten seconds makes its watermark.
pub(super) fn status(feed: &str, second: i64) -> LogRecord {
    let received_time_ms = START_MS + second * 1_000;
    LogRecord::FeedStatus(FeedStatus {
        feed: feed.into(),
        watermark_ms: received_time_ms - LATENESS_MS,
        received_time_ms,
        connection: Connection::Live.into(),
        error: None,
        received_total: 0,
        counting_since_ms: 0,
    })
}

/// A detector in the middle of a block that counts traffic to the east.
pub(super) fn station(block: i64) -> LogRecord {
    let station = DetectorStation {
        position: Some(at((block as f64 + 0.5) * BLOCK_M)),
        bearing_deg: Some(90.0),
        ..DetectorStation::default()
    };
    event(ROAD, "7", START_MS, Body::DetectorStation(station))
}

/// The means of a minute of that detector.
pub(super) fn measured(minute: i64, quantity: Quantity, value: f64) -> LogRecord {
    let measurement = DetectorMeasurement {
        sensor_id: quantity as u32,
        quantity,
        direction: 1,
        window: MeasurementWindow::Fixed1Min,
        value,
        window_start_ms: None,
        window_end_ms: None,
    };
    let time_ms = START_MS + minute * 60_000;
    event(ROAD, "7", time_ms, Body::DetectorMeasurement(measurement))
}

/// A message about a block.
pub(super) fn message(block: i64, feature: &str) -> LogRecord {
    let from_m = block as f64 * BLOCK_M;
    let record = SituationRecord {
        kind: SituationType::TrafficAnnouncement,
        phase: SituationPhase::Active,
        version_time_ms: START_MS,
        geometry: Some(Geometry {
            lines: vec![vec![at(from_m + 10.0), at(from_m + BLOCK_M - 10.0)]],
            ..Geometry::default()
        }),
        features: vec![feature.into()],
        ..SituationRecord::default()
    };
    event(ROAD, "m", START_MS, Body::SituationRecord(Box::new(record)))
}

/// One car after the other, each driving the street from its beginning at a speed that depends on
/// when and where it is; with a status of the feed each second.
pub(super) fn drive(
    seconds: i64,
    every_s: i64,
    speed_m_s: impl Fn(i64, f64) -> f64,
) -> Vec<LogRecord> {
    let mut cars: Vec<(String, f64)> = Vec::new();
    let mut log = Vec::new();
    for second in 0..seconds {
        if second % every_s == 0 {
            cars.push((format!("car{second}"), 1.0));
        }
        for (id, east_m) in &mut cars {
            let speed = speed_m_s(second, *east_m);
            log.push(fix(id, Mode::Car, second as f64, *east_m, speed));
            *east_m += speed;
        }
        cars.retain(|(_, east_m)| *east_m < BLOCKS as f64 * BLOCK_M);
        log.push(status(FEED, second));
    }
    log
}

/// Applies a log from an offset on.
pub(super) fn apply(picture: &mut Picture, log: &[LogRecord]) -> Vec<Delta> {
    let first = picture.sequence().map_or(0, |sequence| sequence + 1);
    let mut deltas = Vec::new();
    for (offset, record) in (first..).zip(log) {
        picture.apply(offset, record, &mut deltas);
    }
    deltas
}

/// The object with an id, if it is shown.
pub(super) fn object(picture: &Picture, id: &str) -> Option<Object> {
    let snapshot = picture.snapshot();
    let found = snapshot.objects.iter().find(|object| object.id() == id);
    found.map(|object| object.as_ref().clone())
}

/// The link of a block.
pub(super) fn shown_link(picture: &Picture, block: i64) -> picture::Link {
    match object(picture, &link_id(block)) {
        Some(Object::Link(link)) => link,
        other => panic!("block {block} is {other:?}"),
    }
}

/// Objects without feeds and vehicles, whose ledger and arrival depend on order.
pub(super) fn streets(picture: &Picture) -> Vec<Object> {
    let snapshot = picture.snapshot();
    let objects = snapshot.objects.iter().map(|object| object.as_ref().clone());
    let of_streets = |object: &Object| {
        matches!(object, Object::Link(_) | Object::Queue(_) | Object::Area(_) | Object::Emission(_))
    };
    objects.filter(of_streets).collect()
}

/// The object id of a vehicle.
pub(super) fn entity(id: &str) -> Text {
    format!("{FEED}:{id}").into()
}
