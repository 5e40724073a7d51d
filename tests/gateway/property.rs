//! Whatever happens to the picture and to the box: a client that applies its frames has exactly
//! what the view has in the box.

use std::collections::BTreeMap;

use gateway::{Options, PushOptions};
use network::BoundingBox;
use picture::{Delta, Layer, RemovalReason, View};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{
    Client, REGION, app_with, bbox, feed, position, region, removed, server, updated, vehicle,
};

/// Few objects on a small grid, so that they meet the edges of boxes.
const OBJECTS: u8 = 8;
const GRID: u8 = 6;

#[derive(Clone, Debug)]
enum Step {
    Move { object: u8, x: u8, y: u8 },
    Hide { object: u8 },
    Expire { object: u8 },
    Box { west: u8, south: u8, width: u8, height: u8 },
    Check,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..OBJECTS, 0..GRID, 0..GRID).prop_map(|(object, x, y)| Step::Move { object, x, y }),
        1 => (0..OBJECTS).prop_map(|object| Step::Hide { object }),
        2 => (0..OBJECTS).prop_map(|object| Step::Expire { object }),
        2 => (0..GRID, 0..GRID, 0..GRID, 0..GRID)
            .prop_map(|(west, south, width, height)| Step::Box { west, south, width, height }),
        1 => Just(Step::Check),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What a client has: applies frames as a dashboard does.
#[derive(Default)]
struct Mirror {
    sequence: Value,
    /// The last frame was not all.
    more: bool,
    vehicles: BTreeMap<String, Value>,
}

impl Mirror {
    fn take(&mut self, frame: &Value) {
        let objects = if frame["type"] == "snapshot" {
            self.vehicles.clear();
            &frame["objects"]
        } else {
            assert_eq!(frame["previous"], self.sequence, "a frame was missed");
            &frame["updated"]
        };
        for object in objects["vehicles"].as_array().into_iter().flatten() {
            self.vehicles.insert(object["id"].as_str().unwrap().into(), object.clone());
        }
        for gone in frame["removed"]["vehicles"].as_array().into_iter().flatten() {
            let id = gone["id"].as_str().unwrap();
            assert!(self.vehicles.remove(id).is_some(), "{id} was removed but not there");
        }
        self.sequence = frame["sequence"].clone();
        self.more = frame["more"] == true;
    }
}

struct World {
    app: std::sync::Arc<gateway::App>,
    view: View,
    sequence: u64,
    client: Client,
    mirror: Mirror,
    bbox: BoundingBox,
}

impl World {
    fn apply(&mut self, make: impl FnOnce(u64) -> Delta) {
        self.sequence += 1;
        let delta = make(self.sequence);
        self.view.apply(delta.clone());
        region(&self.app).apply([vec![delta]]);
    }

    async fn subscribe(&mut self) {
        let bbox: [f64; 4] = self.bbox.into();
        self.client.subscribe(&["vehicles", "feeds"], json!(bbox)).await;
    }

    async fn step(&mut self, step: &Step) {
        let name = |object: u8| format!("feed:{object}");
        let degree = |from: f64, n: u8| from + f64::from(n) / 10.0;
        match *step {
            Step::Move { object, x, y } => {
                let place = position(degree(24.0, x), degree(60.0, y));
                self.apply(|n| updated(n, vehicle(&name(object), Some(place))));
            }
            Step::Hide { object } => self.apply(|n| updated(n, vehicle(&name(object), None))),
            Step::Expire { object } => {
                let id = name(object);
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
        self.apply(|n| updated(n, feed(n)));
        while self.mirror.sequence != self.sequence || self.mirror.more {
            let frame = self.client.frame().await;
            self.mirror.take(&frame);
        }
        let inside = self.view.query(Layer::Vehicles, &self.bbox);
        let expected: BTreeMap<String, Value> = inside
            .map(|object| (object.id().to_string(), serde_json::to_value(object).unwrap()))
            .collect();
        assert_eq!(self.mirror.vehicles, expected);
    }
}

async fn run(steps: Vec<Step>, backlog_changes_max: usize, frame_objects_max: usize) {
    let app = app_with(Options {
        push: PushOptions {
            backlog_changes_max,
            frame_objects_max,
            flush_interval_ms: 1,
            errors_max: 10_000,
            ..Default::default()
        },
        ..Default::default()
    });
    let server = server(&app).await;
    let mut world = World {
        view: View::new(REGION.into(), "log-1".into()),
        sequence: 0,
        client: Client::connect(&server).await,
        mirror: Mirror::default(),
        bbox: bbox(24.0, 60.0, 24.3, 60.3),
        app,
    };
    world.subscribe().await;
    for step in &steps {
        world.step(step).await;
    }
    world.check().await;
    server.shutdown.cancel();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_client_has_what_the_view_has_in_its_box(
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
