//! A gateway around pictures that the test makes, and clients of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use events::wire::{AreaKind, EstimateMethod, EvidenceKind, HcmLevel, QueueTrend};
use events::{
    Connection, DetectorStation, Geometry, Mode, Position, SituationRecord, VehiclePosition,
};
use gateway::{App, FeedLabel, FollowError, LiveRegion, Options, Origin, Progress, RegionSetup};
use network::RoadClass;
use network::{BoundingBox, City, Region};
use picture::{
    Area, Change, Coverage, Delta, Detector, DetectorDirection, Estimate, Evidence, Feed, Layer,
    LevelOfService, Link, LinkWindow, Object, Queue, RemovalReason, Setup, Situation, TimedValue,
    Vehicle, View, frame,
};
use serde_json::Value;
use stream::{Append, Log, topic};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The clock of all tests.
pub(crate) const NOW_MS: i64 = 1_700_000_000_000;

/// A test that waits this long waits for ever: it fails instead.
pub(crate) const HANG: Duration = Duration::from_mins(1);

/// Id of the first region.
pub(crate) const REGION: &str = "kaupunki";

pub(crate) fn position(longitude_deg: f64, latitude_deg: f64) -> Position {
    Position::new(latitude_deg, longitude_deg).unwrap()
}

pub(crate) fn bbox(west: f64, south: f64, east: f64, north: f64) -> BoundingBox {
    [west, south, east, north].try_into().unwrap()
}

fn setup(id: &str) -> RegionSetup {
    let city =
        City { id: "keskus".into(), name: "Keskus".into(), bbox: bbox(24.0, 60.0, 24.5, 60.5) };
    RegionSetup {
        region: Region {
            id: id.into(),
            name: "Kaupunkiseutu".into(),
            bbox: bbox(24.0, 60.0, 26.0, 61.0),
            cities: vec![city],
        },
        feeds: vec![FeedLabel {
            id: "feed".into(),
            title: "Vehicles".into(),
            attribution: "A publisher, CC BY 4.0".into(),
        }],
    }
}

/// Two regions, the second empty, both following.
pub(crate) fn app_with(options: Options) -> Arc<App> {
    app_of(options, Origin::Demo)
}

/// The same of another origin.
pub(crate) fn app_of(options: Options, origin: Origin) -> Arc<App> {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let clock = Arc::new(|| NOW_MS);
    let regions = vec![setup(REGION), setup("toinen")];
    let app = App::new(options, origin, regions, recorder.handle(), clock).unwrap();
    for region in app.regions() {
        region.reset(View::new(region.region().id.clone(), "log-1".into()));
        region.set_progress(Progress::Following);
    }
    app
}

pub(crate) fn app() -> Arc<App> {
    app_with(Options::default())
}

pub(crate) fn region(app: &App) -> &LiveRegion {
    app.region(REGION).unwrap()
}

/// Ends at shutdown, or with what stopped it.
pub(crate) type Following = tokio::task::JoinHandle<Result<(), FollowError>>;

/// Follows a log with the first region.
pub(crate) fn follow(
    app: &App,
    log: &Arc<dyn Log>,
    setup: Setup,
    shutdown: &CancellationToken,
) -> Following {
    let live = Arc::clone(app.region(REGION).unwrap());
    live.set_progress(Progress::CatchingUp);
    tokio::spawn(gateway::follow(Arc::clone(log), live, setup, shutdown.clone()))
}

/// Waits until the first region has what was in the log.
pub(crate) async fn caught_up(app: &App) {
    loop {
        match region(app).progress() {
            Progress::CatchingUp => tokio::time::sleep(Duration::from_millis(1)).await,
            Progress::Following => return,
            Progress::Stopped(why) => panic!("{why}"),
        }
    }
}

/// Appends frames of the first region's deltas as a processor does.
pub(crate) async fn append_frames(log: &dyn Log, frames: &[Vec<Delta>]) {
    let sink = log.sink(topic::PICTURE, REGION).await.unwrap();
    if log.is_compacted(topic::PICTURE) {
        let keyed = frames.iter().flatten();
        let keyed = keyed.map(|delta| (delta.key().into(), delta.encode().into()));
        sink.append_keyed(keyed.collect()).await.unwrap();
    } else {
        let records = frames.iter().map(|deltas| frame::encode(deltas).into()).collect();
        sink.append(Append { records, cursor: None }).await.unwrap();
    }
}

pub(crate) fn vehicle(id: &str, place: Option<Position>) -> Object {
    Object::Vehicle(Vehicle {
        id: id.into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS - 2_000,
        received_time_ms: NOW_MS - 1_000,
        report: VehiclePosition {
            mode: Mode::Bus,
            position: place,
            headsign: Some("<b>Asema & \"tori\"</b>".into()),
            ..Default::default()
        },
        position_time_ms: place.map(|_| NOW_MS - 2_000),
        verdicts: [events::Verdict::Stale].into_iter().collect(),
        matched: None,
        emission: None,
    })
}

pub(crate) fn detector(id: &str, place: Position) -> Object {
    Object::Detector(Detector {
        id: id.into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS - 60_000,
        received_time_ms: NOW_MS - 1_000,
        station: DetectorStation {
            name: Some("Silta".into()),
            position: Some(place),
            ..Default::default()
        },
        directions: vec![DetectorDirection {
            direction: 1,
            speed_km_h: Some(TimedValue { value: 80.0, time_ms: NOW_MS - 60_000 }),
            level_of_service: LevelOfService::Fluent,
            ..Default::default()
        }],
        verdicts: events::Verdicts::default(),
    })
}

pub(crate) fn situation(id: &str, geometry: Option<Geometry>) -> Object {
    Object::Situation(Situation {
        id: id.into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS - 3_600_000,
        received_time_ms: NOW_MS - 1_000,
        record: SituationRecord { title: "Road works".into(), geometry, ..Default::default() },
        verdicts: events::Verdicts::default(),
        effect: None,
    })
}

/// One step towards a speed.
pub(crate) fn evidence(kind: EvidenceKind, speed_km_h: f64, weight: f64, count: u32) -> Evidence {
    let deviation_km_h = 3.5;
    Evidence { kind, speed_km_h, deviation_km_h, weight, count, note: events::Text::default() }
}

/// A window with a speed that three sources tell, one of which counts for nothing.
pub(crate) fn window(duration_s: u32) -> LinkWindow {
    let mut stuck = evidence(EvidenceKind::Detector, 60.0, 0.0, 1);
    stuck.note = "stuck".into();
    LinkWindow {
        duration_s,
        end_time_ms: NOW_MS - 30_000,
        speed_km_h: Estimate { value: 21.5, low: 17.0, high: 26.0 },
        method: EstimateMethod::Fused,
        vehicles: 7,
        newest_sample_ms: Some(NOW_MS - 32_000),
        flow_veh_h: Some(Estimate { value: 610.0, low: 480.0, high: 740.0 }),
        flow_method: EstimateMethod::Inferred,
        density_veh_km: Some(28.4),
        occupancy_percent: Some(17.0),
        travel_time_s: 20.9,
        delay_s: 11.1,
        level_of_service: LevelOfService::Slow,
        hcm_level: HcmLevel::D,
        queue_m: Some(40.0),
        stopped_s: Some(6.5),
        evidence: vec![
            evidence(EvidenceKind::Profile, 30.0, 0.2, 0),
            evidence(EvidenceKind::Buses, 20.0, 0.3, 2),
            evidence(EvidenceKind::Cars, 19.0, 0.5, 5),
            stuck,
        ],
    }
}

/// A link with both windows, and everything that a link can have.
pub(crate) fn link(id: &str, line: &[Position]) -> Object {
    Object::Link(Link {
        id: id.into(),
        event_time_ms: NOW_MS - 30_000,
        name: "Mannerheimintie".into(),
        class: RoadClass::Primary,
        length_m: 125.0,
        lanes: 2,
        speed_limit_km_h: 50,
        line: line.into(),
        free_flow_speed_km_h: 46.0,
        typical_speed_km_h: Some(30.0),
        minute: window(60),
        five_minutes: window(300),
        detectors: vec!["feed:d".into()],
        situations: vec!["feed:s".into()],
        closed: false,
    })
}

/// A queue of these links, with its head at a place.
pub(crate) fn queue(id: &str, links: &[&str], place: Position) -> Object {
    Object::Queue(Queue {
        id: id.into(),
        event_time_ms: NOW_MS - 30_000,
        start_time_ms: NOW_MS - 600_000,
        trend: QueueTrend::Growing,
        links: links.iter().map(|&link| link.into()).collect(),
        length_m: 310.0,
        length_m_max: 480.0,
        speed_km_h: 6.5,
        delay_s: 140.0,
        irregular: true,
        situations: vec!["feed:s".into()],
        merged: vec!["other".into()],
        excess_co2_g_h: Some(5_400.0),
        excess_co2_low_g_h: Some(3_100.0),
        excess_co2_high_g_h: Some(7_700.0),
        position: place,
    })
}

/// An area with a square boundary whose south-west corner this is.
pub(crate) fn area(id: &str, kind: AreaKind, corner: Position) -> Object {
    let Position { longitude_deg: west, latitude_deg: south } = corner;
    let corners = [(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1), (0.0, 0.0)];
    let millionths = |degrees: f64| (degrees * 1e6).round() / 1e6;
    let boundary =
        corners.map(|(east, north)| position(millionths(west + east), millionths(south + north)));
    Object::Area(Area {
        id: id.into(),
        event_time_ms: NOW_MS - 30_000,
        kind,
        name: "Kallio".into(),
        street_km: 12.5,
        coverage: Coverage {
            measured: 0.125,
            fused: 0.125,
            inferred: 0.25,
            typical: 0.25,
            unknown: 0.25,
        },
        speed_km_h: Some(27.5),
        free_flow_speed_km_h: Some(38.0),
        traffic_veh_km_h: 9_100.0,
        delay_veh_h_h: 61.0,
        queue_km: 0.9,
        boundary: boundary.into(),
    })
}

pub(crate) fn feed(received: u64) -> Object {
    Object::Feed(Feed {
        id: "feed".into(),
        watermark_ms: NOW_MS - 5_000,
        status_time_ms: NOW_MS,
        connection: Connection::Live,
        received,
        applied: received,
        last_received_ms: Some(NOW_MS - 700),
        ..Default::default()
    })
}

pub(crate) fn updated(sequence: u64, object: Object) -> Delta {
    Delta { sequence, index: 0, change: Change::Updated(Arc::new(object)) }
}

pub(crate) fn removed(sequence: u64, layer: Layer, id: &str, reason: RemovalReason) -> Delta {
    let id = id.into();
    Delta { sequence, index: 0, change: Change::Removed { layer, id, reason } }
}

/// An answer as read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// That it is a problem of this status, with a detail that says this.
    pub(crate) fn assert_problem(&self, status: u16, says: &str) {
        assert_eq!(self.status.as_u16(), status);
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string());
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail:?} does not say {says:?}");
    }
}

pub(crate) async fn send(app: &Arc<App>, request: Request<Body>) -> Answer {
    let response = gateway::router(Arc::clone(app)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub(crate) async fn get_with(app: &Arc<App>, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, request(Method::GET, path, headers)).await
}

pub(crate) async fn get(app: &Arc<App>, path: &str) -> Answer {
    get_with(app, path, &[]).await
}

pub(crate) async fn get_json(app: &Arc<App>, path: &str) -> Value {
    let answer = get_with(app, path, &[("accept", "application/json")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.json()
}

/// A gateway on a port of its own; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: tokio::task::JoinHandle<()>,
}

pub(crate) async fn server(app: &Arc<App>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(gateway::serve(listener, Arc::clone(app), shutdown.clone()));
    Server { address, shutdown, task }
}

/// Ids of objects or removals in JSON, sorted.
pub(crate) fn ids(objects: &Value) -> Vec<&str> {
    let objects = objects.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}
