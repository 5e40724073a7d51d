//! Whatever happens to the picture, the selection, the connection and the server: a client that
//! applies its frames has exactly what the view has of its selection, byte for byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Position;
use gateway::{App, Options, Progress, PushOptions};
use network::BoundingBox;
use picture::{Delta, Layer, Object, RemovalReason, View};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::Client;
use super::support::{
    REGION, Server, app_with, bbox, feed, position, region, removed, server, updated, vehicle,
};

/// Few objects on a small grid, so that they meet the edges of boxes.
const OBJECTS: u8 = 8;
const GRID: u8 = 6;

#[derive(Clone, Debug)]
enum Step {
    Move {
        object: u8,
        x: u8,
        y: u8,
    },
    Hide {
        object: u8,
    },
    Expire {
        object: u8,
    },
    Box {
        west: u8,
        south: u8,
        width: u8,
        height: u8,
    },
    /// The connection breaks, and the client comes back with the cursor that it has.
    Cut,
    /// The server stops and another one comes, whose checkpoint is so many changes old and whose
    /// history goes back so many before that. It has lost the newest changes: a crash took them.
    Restart {
        lost: u8,
        checkpoint_age: u8,
        history: u8,
    },
    Check,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..OBJECTS, 0..GRID, 0..GRID)
            .prop_map(|(object, x, y)| Step::Move { object, x, y }),
        2 => (0..OBJECTS).prop_map(|object| Step::Hide { object }),
        4 => (0..OBJECTS).prop_map(|object| Step::Expire { object }),
        4 => (0..GRID, 0..GRID, 0..GRID, 0..GRID)
            .prop_map(|(west, south, width, height)| Step::Box { west, south, width, height }),
        3 => Just(Step::Cut),
        1 => (prop_oneof![Just(0_u8), 0_u8..4], 0_u8..8, 0_u8..20).prop_map(
            |(lost, checkpoint_age, history)| Step::Restart { lost, checkpoint_age, history }
        ),
        2 => Just(Step::Check),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What a client has: applies frames as a dashboard does.
#[derive(Default)]
struct Mirror {
    sequence: Value,
    cursor: Option<String>,
    /// The last frame was not all.
    more: bool,
    /// The next frame is the first since it came back.
    resumed: bool,
    /// Until it has all that it missed, frames may say that something has gone which never was
    /// there: the server does not know what it had.
    is_catching_up: bool,
    vehicles: BTreeMap<String, Value>,
}

impl Mirror {
    fn take(&mut self, frame: &Value) {
        let objects = if frame["type"] == "snapshot" {
            self.vehicles.clear();
            &frame["objects"]
        } else {
            assert_eq!(frame["type"], "delta", "{frame}");
            // What a client has after the cursor it resumes from, it is told again.
            assert!(self.resumed || frame["previous"] == self.sequence, "a frame was missed");
            &frame["updated"]
        };
        for object in objects["vehicles"].as_array().into_iter().flatten() {
            self.vehicles.insert(object["id"].as_str().unwrap().into(), object.clone());
        }
        for gone in frame["removed"]["vehicles"].as_array().into_iter().flatten() {
            let id = gone["id"].as_str().unwrap();
            let was_there = self.vehicles.remove(id).is_some();
            assert!(was_there || self.is_catching_up, "{id} was removed but not there");
        }
        self.resumed = false;
        self.sequence = frame["sequence"].clone();
        self.more = frame["more"] == true;
        self.is_catching_up &= self.more;
        assert_eq!(self.more, frame["cursor"].is_null(), "a cursor says that all is there");
        if let Some(cursor) = frame["cursor"].as_str() {
            self.cursor = Some(cursor.into());
        }
    }
}

struct World {
    options: Options,
    app: Arc<App>,
    server: Server,
    /// All of the log.
    deltas: Vec<Delta>,
    /// How many of them a checkpoint has.
    durable: usize,
    view: View,
    sequence: u64,
    /// Counts reports, also those that are lost: each has its time, so no two are the same.
    reports: u32,
    client: Client,
    mirror: Mirror,
    bbox: BoundingBox,
}

fn empty_view() -> View {
    View::new(REGION.into(), "log-1".into())
}

impl World {
    async fn new(options: Options) -> Self {
        let app = app_with(options.clone());
        let server = server(&app).await;
        Self {
            client: Client::connect(&server).await,
            options,
            app,
            server,
            deltas: Vec::new(),
            durable: 0,
            view: empty_view(),
            sequence: 0,
            reports: 0,
            mirror: Mirror::default(),
            bbox: bbox(24.0, 60.0, 24.3, 60.3),
        }
    }

    fn apply(&mut self, make: impl FnOnce(u64) -> Delta) {
        self.sequence += 1;
        let delta = make(self.sequence);
        self.view.apply(delta.clone());
        self.deltas.push(delta.clone());
        region(&self.app).apply([vec![delta]]);
    }

    fn report(&mut self, object: u8, place: Option<Position>) {
        self.reports += 1;
        let mut object = vehicle(&format!("feed:{object}"), place);
        if let Object::Vehicle(vehicle) = &mut object {
            vehicle.report.stop_sequence = Some(self.reports);
        }
        self.apply(|n| updated(n, object));
    }

    async fn subscribe(&mut self) {
        let bbox: [f64; 4] = self.bbox.into();
        self.client.subscribe(&["vehicles", "feeds"], json!(bbox)).await;
    }

    async fn come_back(&mut self) {
        self.client = Client::connect(&self.server).await;
        let bbox: [f64; 4] = self.bbox.into();
        let message = json!({
            "type": "subscribe", "id": "map", "region": REGION, "layers": ["vehicles", "feeds"],
            "bbox": bbox, "resume": self.mirror.cursor,
        });
        self.mirror.resumed = true;
        self.mirror.is_catching_up = true;
        self.client.say(&message).await;
    }

    async fn restart(&mut self, lost: u8, checkpoint_age: u8, history: u8) {
        self.server.shutdown.cancel();
        // What a checkpoint was made of is durable: no crash takes it.
        let kept = self.deltas.len().saturating_sub(lost.into()).max(self.durable);
        self.deltas.truncate(kept);
        let checkpoint = kept.saturating_sub(checkpoint_age.into()).max(self.durable);
        self.durable = checkpoint;
        let first = checkpoint.saturating_sub(history.into());
        let deltas = self.deltas.clone();
        let (restored, rest) = deltas.split_at(checkpoint);
        let mut view = empty_view();
        restored.iter().cloned().for_each(|delta| assert!(view.apply(delta)));
        self.app = app_with(self.options.clone());
        region(&self.app).set_progress(Progress::CatchingUp);
        self.server = server(&self.app).await;
        // The client is back before the server is.
        self.come_back().await;
        let view = View::from_snapshot(view.snapshot());
        let mut history = region(&self.app).history();
        restored[first..].chunks(3).for_each(|frame| history.add(frame.to_vec()));
        region(&self.app).reset_with_history(view, history);
        tokio::task::yield_now().await;
        region(&self.app).apply(rest.chunks(2).map(<[_]>::to_vec));
        region(&self.app).set_progress(Progress::Following);
        self.view = empty_view();
        self.deltas.iter().cloned().for_each(|delta| assert!(self.view.apply(delta)));
        self.sequence = self.view.sequence().unwrap_or_default();
    }

    async fn step(&mut self, step: &Step) {
        let degree = |from: f64, n: u8| from + f64::from(n) / 10.0;
        match *step {
            Step::Move { object, x, y } => {
                let place = position(degree(24.0, x), degree(60.0, y));
                self.report(object, Some(place));
            }
            Step::Hide { object } => self.report(object, None),
            Step::Expire { object } => {
                let id = format!("feed:{object}");
                if self.view.get(Layer::Vehicles, &id).is_some() {
                    let reason = RemovalReason::Expired;
                    self.apply(|n| removed(n, Layer::Vehicles, &id, reason));
                }
            }
            Step::Box { west, south, width, height } => {
                let (west, south) = (degree(24.0, west), degree(60.0, south));
                self.bbox = bbox(west, south, degree(west, width), degree(south, height));
                self.subscribe().await;
            }
            Step::Cut => self.come_back().await,
            Step::Restart { lost, checkpoint_age, history } => {
                self.restart(lost, checkpoint_age, history).await;
            }
            Step::Check => self.check().await,
        }
    }

    /// Lets the client get all that was said and done, and compares.
    async fn check(&mut self) {
        // Answered after everything that the client said before.
        self.client.say(&json!({"type": "unsubscribe", "id": "no such"})).await;
        loop {
            let frame = self.client.frame().await;
            if frame["type"] == "error" {
                break;
            }
            self.mirror.take(&frame);
        }
        // Changes of feeds are in every box.
        self.reports += 1;
        let received = self.reports.into();
        self.apply(|n| updated(n, feed(received)));
        while self.mirror.resumed || self.mirror.sequence != self.sequence || self.mirror.more {
            let frame = self.client.frame().await;
            self.mirror.take(&frame);
        }
        let inside = self.view.query(Layer::Vehicles, &self.bbox);
        let expected: BTreeMap<String, Value> = inside
            .map(|object| (object.id().to_string(), serde_json::to_value(object).unwrap()))
            .collect();
        let bytes = |vehicles: &BTreeMap<String, Value>| serde_json::to_string(vehicles).unwrap();
        assert_eq!(bytes(&self.mirror.vehicles), bytes(&expected));
    }
}

async fn run(steps: Vec<Step>, backlog_changes_max: usize, frame_objects_max: usize) {
    let push = PushOptions {
        backlog_changes_max,
        frame_objects_max,
        flush_interval_ms: 1,
        errors_max: 10_000,
        ..Default::default()
    };
    let mut world = World::new(Options { push, ..Default::default() }).await;
    world.subscribe().await;
    for step in &steps {
        world.step(step).await;
    }
    world.check().await;
    world.server.shutdown.cancel();
}

/// A client that takes less than changes while more changes than are remembered: it is always behind, and
/// must still get everything in turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stays_behind_gets_every_object_in_turn() {
    const OBJECTS: u8 = 40;
    let push = PushOptions {
        backlog_changes_max: 4,
        frame_objects_max: 5,
        flush_interval_ms: 1,
        ..Default::default()
    };
    let mut world = World::new(Options { push, ..Default::default() }).await;
    let place = position(24.1, 60.1);
    (0..OBJECTS).for_each(|object| world.report(object, Some(place)));
    world.subscribe().await;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..80 {
        (0..OBJECTS).for_each(|object| world.report(object, Some(place)));
        let frame = world.client.frame().await;
        let list = if frame["type"] == "snapshot" { "objects" } else { "updated" };
        for object in frame[list]["vehicles"].as_array().into_iter().flatten() {
            *told.entry(object["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(told.len(), usize::from(OBJECTS), "{told:?}");
    let (least, most) = (told.values().min().unwrap(), told.values().max().unwrap());
    assert!(*least >= 4 && most - least <= 4, "{told:?}");
    world.server.shutdown.cancel();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_client_has_what_the_view_has_of_its_selection(
        steps in steps(),
        backlog_changes_max in prop_oneof![Just(1_usize), Just(3), Just(1_000)],
        frame_objects_max in prop_oneof![Just(1_usize), Just(3), Just(1_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run(steps, backlog_changes_max, frame_objects_max));
    }
}
