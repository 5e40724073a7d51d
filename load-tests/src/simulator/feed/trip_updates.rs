//! GTFS-Realtime trip updates: when the vehicles of another feed will be at their next stops.

use events::wire::gtfs_realtime as rt;
use rt::feed_header::Incrementality;
use rt::trip_update::{StopTimeEvent, StopTimeUpdate};

use super::transit::{self, Document};
use super::{Feed, Sent, Setting};
use crate::simulator::fleet::Vehicle;
use crate::simulator::motion::Call;
use crate::simulator::world::DocumentData;

/// Stops ahead that are predicted.
const CALLS_MAX: usize = 5;

/// A document with every trip under way.
pub(super) struct TripUpdates {
    setting: Setting,
    vehicles: Vec<Vehicle>,
    document: Document,
}

impl TripUpdates {
    pub(super) fn new(setting: Setting, vehicles: Vec<Vehicle>, document: DocumentData) -> Self {
        let document = Document::new(document, Some(Incrementality::FullDataset));
        Self { setting, vehicles, document }
    }

    fn entity(&self, vehicle: &Vehicle, second: i64) -> Option<rt::FeedEntity> {
        let fix = vehicle.fix(second as f64, false);
        let calls = vehicle.calls(second as f64);
        if calls.is_empty() {
            return None;
        }
        let now_ms = self.setting.timeline.time_ms(second);
        let delay_s = fix.ahead_s.map(|ahead_s| -ahead_s as i32);
        let at = |seconds: f64, stop: usize| StopTimeEvent {
            delay: delay_s,
            time: Some(now_ms.div_euclid(1_000) + seconds.round() as i64),
            // Passed stops are certain.
            uncertainty: Some(if seconds <= 0.0 { 0 } else { 20 + 10 * stop as i32 }),
        };
        let update = |(nth, call): (usize, &Call)| StopTimeUpdate {
            stop_sequence: Some(vehicle.stop_sequence(call.stop, &fix.state) as u32),
            stop_id: Some(vehicle.stop_number(call.stop, &fix.state).to_string()),
            arrival: Some(at(call.arrival_s, nth)),
            departure: Some(at(call.departure_s, nth)),
            schedule_relationship: None,
        };
        let start = transit::local_start(&self.setting, vehicle, &fix);
        let trip = transit::trip(&self.setting, vehicle, &fix, start, true);
        let id = trip.trip_id.clone().unwrap_or_default();
        Some(rt::FeedEntity {
            trip_update: Some(rt::TripUpdate {
                trip,
                vehicle: Some(rt::VehicleDescriptor {
                    id: Some(format!("6990_{}", vehicle.number)),
                    ..rt::VehicleDescriptor::default()
                }),
                stop_time_update: calls.iter().take(CALLS_MAX).enumerate().map(update).collect(),
                timestamp: Some(transit::unix_s(now_ms + vehicle.skew_ms)),
                delay: delay_s,
            }),
            ..transit::entity(id)
        })
    }
}

impl Feed for TripUpdates {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        if self.document.is_due(&self.setting, second) {
            let entities = self.vehicles.iter();
            let entities = entities.filter_map(|vehicle| self.entity(vehicle, second));
            out.push(self.document.sent(&self.setting, second, entities.collect()));
        }
    }
}
