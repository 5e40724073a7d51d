//! The events of a vehicle's tour besides its positions: stops, doors, journeys, traffic lights.

use std::ops::Range;

use crate::simulator::fleet::Vehicle;
use crate::simulator::motion::{Doing, Stretch, Tour};
use crate::simulator::world::Mode;

/// Seconds from closed doors until the vehicle counts as ready to leave.
const READY_S: f64 = 0.6;
/// Seconds from a request for green to its answer.
const ANSWER_S: f64 = 0.85;
/// Longest time between ready to leave and gone, seconds.
const BACK_DATED_MAX_S: f64 = 50.0;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Due,
    Arr,
    Ars,
    Doo,
    Doc,
    Pde,
    Dep,
    Vjout,
    Vja,
    Tlr,
    Tla,
}

impl Kind {
    /// The word in topics; in capitals, the key of the payload.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Arr => "arr",
            Self::Ars => "ars",
            Self::Doo => "doo",
            Self::Doc => "doc",
            Self::Pde => "pde",
            Self::Dep => "dep",
            Self::Vjout => "vjout",
            Self::Vja => "vja",
            Self::Tlr => "tlr",
            Self::Tla => "tla",
        }
    }

    /// Whether the payload has the stop's times of the timetable.
    pub(super) fn at_stop(self) -> bool {
        !matches!(self, Self::Vjout | Self::Vja | Self::Tlr | Self::Tla)
    }
}

/// An event of a tour, at its place in the recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct VehicleEvent {
    pub(super) kind: Kind,
    /// Milliseconds into the recording at which it is sent.
    pub(super) sent_ms: i64,
    /// Milliseconds by which it happened earlier.
    pub(super) back_dated_ms: i64,
    /// The stop of the tour that it is about.
    pub(super) stop: Option<usize>,
    /// Counts the vehicle's requests for green.
    pub(super) request: usize,
}

/// All events of a vehicle in the recording, in the order of sending. Metro and ferry have none.
pub(super) fn events(vehicle: &Vehicle) -> Vec<VehicleEvent> {
    events_in(vehicle, 0..i64::MAX)
}

/// Those of a part of the recording, milliseconds; requests for green are counted from its beginning.
pub(super) fn events_in(vehicle: &Vehicle, part_ms: Range<i64>) -> Vec<VehicleEvent> {
    if matches!(vehicle.route.mode, Mode::Metro | Mode::Ferry) {
        return Vec::new();
    }
    let mut tour_events = Vec::new();
    let stretches = vehicle.tour().stretches();
    for (index, stretch) in stretches.iter().enumerate() {
        let after = stretches.get(index + 1);
        add_stretch(vehicle, stretch, after, &mut tour_events);
    }
    let mut events: Vec<VehicleEvent> = tour_events
        .iter()
        .flat_map(|(tour_s, event)| {
            let times_ms = vehicle.recording_times_ms(*tour_s);
            let times_ms = times_ms.filter(|time_ms| part_ms.contains(time_ms));
            times_ms.map(|sent_ms| VehicleEvent { sent_ms, ..*event })
        })
        .collect();
    events.sort_by_key(|event| event.sent_ms);
    for (request, pair) in
        events.iter_mut().filter(|event| matches!(event.kind, Kind::Tlr | Kind::Tla)).enumerate()
    {
        pair.request = request / 2;
    }
    events
}

type TourEvents = Vec<(f64, VehicleEvent)>;

/// The events of one stretch; `after` is the stretch that follows.
fn add_stretch(
    vehicle: &Vehicle,
    stretch: &Stretch,
    after: Option<&Stretch>,
    out: &mut TourEvents,
) {
    let mut add = |tour_s: f64, kind: Kind, stop: Option<usize>, back_dated_s: f64| {
        let event = VehicleEvent {
            kind,
            sent_ms: 0,
            back_dated_ms: (back_dated_s * 1_000.0) as i64,
            stop,
            request: 0,
        };
        out.push((tour_s, event));
    };
    let (start_s, end_s) = (stretch.start_s, stretch.end_s);
    match stretch.doing {
        Doing::Arrived { stop } | Doing::Dwell { stop } => {
            let opened_s = Tour::doors_open_s(stretch).unwrap_or(start_s);
            add(opened_s, Kind::Doo, Some(stop), 0.0);
        }
        Doing::Layover { stop } => {
            add(start_s - 0.3, Kind::Vjout, Some(stop), 0.0);
            add(start_s + 0.3, Kind::Vja, Some(stop), 0.0);
        }
        Doing::Run { from, to, .. } => {
            let clear_s = vehicle.tour().clear_s(stretch);
            add(start_s + clear_s, Kind::Dep, Some(from), 0.0);
            add(end_s - Tour::due_s(stretch), Kind::Due, Some(to), 0.0);
            add(end_s - clear_s, Kind::Arr, Some(to), 0.0);
            add(end_s - 0.2, Kind::Ars, Some(to), 0.0);
            if vehicle.route.signals && end_s - start_s > 20.0 {
                let middle_s = f64::midpoint(start_s, end_s);
                add(middle_s, Kind::Tlr, None, 0.0);
                add(middle_s + ANSWER_S, Kind::Tla, None, 0.0);
            }
        }
    }
    let Some(run) = after.filter(|after| matches!(after.doing, Doing::Run { .. })) else {
        return;
    };
    if let (Doing::Run { from, .. }, Some(closed_s)) = (&run.doing, Tour::doors_close_s(stretch)) {
        let from = *from;
        let gone_s = end_s + vehicle.tour().clear_s(run);
        let back_dated_s = (gone_s - closed_s - READY_S).min(BACK_DATED_MAX_S);
        add(closed_s, Kind::Doc, Some(from), 0.0);
        add(gone_s - 0.05, Kind::Pde, Some(from), back_dated_s - 0.05);
    }
}
