//! Queries of a view against brute force, over random moves and removals.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Geometry, Position, SituationRecord, Text, VehiclePosition, Verdicts};
use network::BoundingBox;
use picture::{Change, Delta, Layer, Object, RemovalReason, Situation, Vehicle, View};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Vehicle { number: u8, at: Option<(f64, f64)> },
    Area { number: u8, at: (f64, f64), size_deg: (f64, f64) },
    Remove { layer: Layer, number: u8 },
    Query { layer: Layer, at: (f64, f64), size_deg: (f64, f64) },
}

/// Latitude and longitude around a region; coarse, so that points lie on edges of boxes.
fn place() -> impl Strategy<Value = (f64, f64)> {
    (0..60_u32, 0..80_u32)
        .prop_map(|(north, east)| (60.0 + f64::from(north) / 100.0, 24.2 + f64::from(east) / 100.0))
}

fn size() -> impl Strategy<Value = (f64, f64)> {
    (0..30_u32, 0..30_u32)
        .prop_map(|(north, east)| (f64::from(north) / 100.0, f64::from(east) / 100.0))
}

fn layer() -> impl Strategy<Value = Layer> {
    prop_oneof![Just(Layer::Vehicles), Just(Layer::Situations)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40_u8, proptest::option::weighted(0.9, place()))
            .prop_map(|(number, at)| Step::Vehicle { number, at }),
        2 => (0..10_u8, place(), size())
            .prop_map(|(number, at, size_deg)| Step::Area { number, at, size_deg }),
        1 => (layer(), 0..40_u8).prop_map(|(layer, number)| Step::Remove { layer, number }),
        3 => (layer(), place(), size())
            .prop_map(|(layer, at, size_deg)| Step::Query { layer, at, size_deg }),
    ]
}

fn vehicle(number: u8, at: Option<(f64, f64)>) -> Object {
    Object::Vehicle(Vehicle {
        id: format!("bus:{number}").into(),
        feed: "bus".into(),
        event_time_ms: 0,
        received_time_ms: 0,
        report: VehiclePosition {
            position: at.map(|(north, east)| Position::new(north, east).unwrap()),
            ..VehiclePosition::default()
        },
        position_time_ms: None,
        verdicts: Verdicts::default(),
        matched: None,
        emission: None,
    })
}

fn area(number: u8, at: (f64, f64), size_deg: (f64, f64)) -> Object {
    let corner = |north, east| Position::new(at.0 + north, at.1 + east).unwrap();
    let line = vec![corner(0.0, 0.0), corner(size_deg.0, size_deg.1)];
    let geometry = Geometry { lines: vec![line], ..Geometry::default() };
    Object::Situation(Situation {
        id: format!("bus:{number}").into(),
        feed: "bus".into(),
        event_time_ms: 0,
        received_time_ms: 0,
        record: SituationRecord { geometry: Some(geometry), ..SituationRecord::default() },
        verdicts: Verdicts::default(),
        effect: None,
    })
}

fn box_of(at: (f64, f64), size_deg: (f64, f64)) -> BoundingBox {
    BoundingBox::try_from([at.1, at.0, at.1 + size_deg.1, at.0 + size_deg.0]).unwrap()
}

fn meets(object: &Object, bbox: &BoundingBox) -> bool {
    object.envelope().is_some_and(|own| {
        own.west_deg <= bbox.east_deg
            && own.east_deg >= bbox.west_deg
            && own.south_deg <= bbox.north_deg
            && own.north_deg >= bbox.south_deg
    })
}

fn ids<'a>(objects: impl Iterator<Item = &'a Arc<Object>>) -> Vec<Text> {
    let mut ids: Vec<_> = objects.map(|object| object.id().clone()).collect();
    ids.sort();
    ids
}

type Model = BTreeMap<(Layer, Text), Object>;

fn change(step: &Step, model: &mut Model) -> Option<Change> {
    let object = match step {
        Step::Vehicle { number, at } => vehicle(*number, *at),
        Step::Area { number, at, size_deg } => area(*number, *at, *size_deg),
        Step::Remove { layer, number } => {
            let id = Text::from(format!("bus:{number}"));
            model.remove(&(*layer, id.clone()));
            let reason = RemovalReason::Expired;
            return Some(Change::Removed { layer: *layer, id, reason });
        }
        Step::Query { .. } => return None,
    };
    model.insert((object.layer(), object.id().clone()), object.clone());
    Some(Change::Updated(Arc::new(object)))
}

proptest! {
    #[test]
    fn queries_find_what_brute_force_finds(steps in proptest::collection::vec(step(), 1..200)) {
        let mut view = View::new("region".into(), "log".into());
        let mut model = Model::new();
        for (sequence, step) in steps.iter().enumerate() {
            if let Some(change) = change(step, &mut model) {
                let delta = Delta { sequence: sequence as u64, index: 0, change };
                prop_assert!(view.apply(delta));
            }
            if let Step::Query { layer, at, size_deg } = step {
                let bbox = box_of(*at, *size_deg);
                let expected = model.iter().filter(|(key, object)| {
                    key.0 == *layer && meets(object, &bbox)
                });
                let expected: Vec<_> = expected.map(|(key, _)| key.1.clone()).collect();
                prop_assert_eq!(&ids(view.query(*layer, &bbox)), &expected);
                // One that starts here finds the same, though its tree was built at once.
                let copy = View::from_snapshot(view.snapshot());
                prop_assert_eq!(ids(copy.query(*layer, &bbox)), expected);
            }
        }
        for layer in [Layer::Vehicles, Layer::Situations] {
            let expected: Vec<_> = model.keys().filter(|key| key.0 == layer).collect();
            prop_assert_eq!(view.len(layer), expected.len());
            let all: Vec<_> = view.all(layer).map(|object| object.id().clone()).collect();
            prop_assert!(all.iter().eq(expected.into_iter().map(|key| &key.1)));
        }
    }
}

#[test]
fn pages_go_on_after_an_id() {
    let mut view = View::new("region".into(), "log".into());
    for number in 0..5 {
        let change = Change::Updated(Arc::new(vehicle(number, None)));
        view.apply(Delta { sequence: number.into(), index: 0, change });
    }
    assert_eq!(ids(view.after(Layer::Vehicles, "bus:2")), ["bus:3", "bus:4"]);
    assert_eq!(view.get(Layer::Vehicles, "bus:4").unwrap().id(), "bus:4");
    assert!(view.get(Layer::Vehicles, "bus:5").is_none());
}

#[test]
fn a_view_drops_what_it_has() {
    let mut view = View::new("region".into(), "log".into());
    let delta = |sequence, index| Delta {
        sequence,
        index,
        change: Change::Updated(Arc::new(vehicle(0, None))),
    };
    assert!(view.apply(delta(3, 0)));
    assert!(view.apply(delta(3, 1)));
    assert!(!view.apply(delta(3, 1)));
    assert!(!view.apply(delta(2, 5)));
    let mut copy = View::from_snapshot(view.snapshot());
    assert!(!copy.apply(delta(3, 7)), "a snapshot has all of its sequence");
    assert!(copy.apply(delta(4, 0)));
}
