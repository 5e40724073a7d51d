//! A past moment of which more may come in: made once for all who ask for it within a second, and never
//! shown for longer than that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use archive::Archive;
use axum::http::StatusCode;
use events::{Body, Event, LogRecord, Position, Provenance, VehiclePosition, Verdicts};
use futures_util::future::join_all;
use gateway::{App, Origin};
use picture::{FeedLimits, Setup};
use serde_json::Value;
use stream::{EmbeddedLog, Log};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::as_of::{get, options, with_at};
use super::replayed::north;
use super::support::{NOW_MS, REGION, append, open_archive, open_log, record_all};
use crate::logs::Watched;

/// A test that waits this long waits for ever: it fails instead.
const HANG: Duration = Duration::from_mins(1);

/// A vehicle that was there at a time and is told of later.
fn seen(entity: &str, event_time_ms: i64, received_time_ms: i64) -> LogRecord {
    let position = Some(Position::new(60.2, 24.9).unwrap());
    LogRecord::Event(Event {
        feed: "bus".into(),
        region: REGION.into(),
        entity: entity.into(),
        event_time_ms,
        received_time_ms,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body: Body::VehiclePosition(VehiclePosition { position, ..Default::default() }),
    })
}

/// An app with a past, at a time of its own.
struct World {
    app: Arc<App>,
    log: Arc<EmbeddedLog>,
    watched: Arc<Watched>,
    clock_ms: Arc<AtomicI64>,
    stop: CancellationToken,
    _archive: Arc<Archive>,
    _folders: [TempDir; 2],
}

impl World {
    async fn new() -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let log = open_log(folders[0].path());
        append(log.as_ref(), &[seen("first", NOW_MS - 100_000, NOW_MS - 99_000)]).await;
        let archive = open_archive(folders[1].path());
        record_all(&archive, &log).await;
        let clock_ms = Arc::new(AtomicI64::new(NOW_MS));
        let clock = Arc::clone(&clock_ms);
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        let metrics =
            metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let app = App::new(options(), Origin::Live, vec![north()], metrics, clock).unwrap();
        let setup = Setup::from(BTreeMap::from([("bus".into(), FeedLimits::default())]));
        let setups = BTreeMap::from([(REGION.into(), setup.clone())]);
        app.set_archive(Arc::clone(&archive), setups);
        let watched = Watched::new(Arc::<EmbeddedLog>::clone(&log));
        let stop = CancellationToken::new();
        let live = Arc::clone(app.region(REGION).unwrap());
        let followed: Arc<dyn Log> = Arc::<Watched>::clone(&watched);
        tokio::spawn(gateway::follow(followed, live, setup, stop.clone()));
        while app.region(REGION).unwrap().progress() != gateway::Progress::Following {
            sleep(Duration::from_millis(1)).await;
        }
        let world =
            Self { app, log, watched, clock_ms, stop, _archive: archive, _folders: folders };
        // What is on the log alone, to be read for each view that is made.
        world.comes("second", 50_000).await;
        world
    }

    /// A vehicle of before all moments is told of so long ago, ms.
    async fn comes(&self, entity: &str, ago_ms: i64) {
        append(self.log.as_ref(), &[seen(entity, NOW_MS - 90_000, NOW_MS - ago_ms)]).await;
    }

    /// Ids of the vehicles of a moment.
    async fn vehicles(&self, at_ms: i64) -> Vec<String> {
        let path = format!("/v1/regions/{REGION}/vehicles?format=json&known=now");
        let (status, body) = get(&self.app, &with_at(&path, at_ms)).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
        let page: Value = serde_json::from_slice(&body).unwrap();
        let objects = page["objects"].as_array().unwrap().iter();
        objects.map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    }

    fn opened(&self) -> usize {
        self.watched.opened.load(Ordering::SeqCst)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn all_who_ask_at_once_get_one_view() {
    let world = World::new().await;
    let before = world.opened();
    world.vehicles(NOW_MS - 60_000).await;
    let for_one = world.opened() - before;
    assert!(for_one > 0, "it reads the log");
    let at_ms = NOW_MS - 59_000;
    let paths = [
        "/v1/regions/north/vehicles?known=now",
        "/v1/regions/north/feeds?known=now",
        "/v1/regions/north?known=now",
        "/v1/tiles/vehicles/4/9/4?known=now",
        "/v1/tiles/vehicles/5/18/9?known=now",
        "/v1/tiles/links/4/9/4?known=now",
    ];
    let before = world.opened();
    let answers = paths.map(|path| {
        let path = with_at(path, at_ms);
        let app = &world.app;
        async move { get(app, &path).await.0 }
    });
    assert_eq!(join_all(answers).await, [StatusCode::OK; 6]);
    assert_eq!(world.opened() - before, for_one, "as much is read as for one");
}

#[tokio::test]
async fn what_comes_late_is_shown_soon() {
    let world = World::new().await;
    let at_ms = NOW_MS - 60_000;
    assert_eq!(world.vehicles(at_ms).await, ["bus:first", "bus:second"]);
    world.comes("third", 10_000).await;
    let all = ["bus:first", "bus:second", "bus:third"];
    let is_shown = async {
        while world.vehicles(at_ms).await != all {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(HANG, is_shown).await.expect("it is not kept for good");
}

#[tokio::test]
async fn a_view_that_was_not_settled_is_never_taken_for_one_that_is() {
    let world = World::new().await;
    let at_ms = NOW_MS - 60_000;
    assert_eq!(world.vehicles(at_ms).await, ["bus:first", "bus:second"]);
    world.comes("third", -200_000).await;
    // Five minutes after the moment, and what it takes to the log.
    world.clock_ms.store(at_ms + 305_000, Ordering::SeqCst);
    assert_eq!(world.vehicles(at_ms).await, ["bus:first", "bus:second", "bus:third"]);
    let before = world.opened();
    world.vehicles(at_ms).await;
    assert_eq!(world.opened(), before, "now it is kept");
}
