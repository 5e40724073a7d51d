//! GTFS-Realtime vehicle positions: whole feeds over HTTP, and single vehicles over MQTT.

use events::wire::gtfs_realtime as rt;
use prost::Message;
use rt::feed_header::Incrementality;
use rt::vehicle_position::VehicleStopStatus;

use super::transit::{self, Document};
use super::{Feed, MQTT, Sent, Setting, geohash};
use crate::simulator::chance::{Draws, Purpose};
use crate::simulator::fleet::{Fix, Vehicle};
use crate::simulator::world::{DocumentData, PositionsShape};

/// Seconds from a fix to the message about it: these back ends collect before they send.
const MESSAGE_LATENCY_S: &[(f64, f64)] = &[(0.0, 0.2), (0.5, 0.7), (0.95, 1.4), (1.0, 2.4)];
/// Share of single messages without a bearing, and of those without a speed.
const MISSING_SHARE: f64 = 0.15;
/// Oldest fix in a whole feed, seconds.
const AGE_MAX_S: u64 = 2;

/// A document with every vehicle.
pub(super) struct Positions {
    setting: Setting,
    vehicles: Vec<Vehicle>,
    document: Document,
    shape: PositionsShape,
}

impl Positions {
    pub(super) fn new(
        setting: Setting,
        vehicles: Vec<Vehicle>,
        document: DocumentData,
        shape: PositionsShape,
    ) -> Self {
        let incrementality = match shape {
            PositionsShape::NoTripId => Some(Incrementality::FullDataset),
            PositionsShape::HeaderTimeOnly => None,
        };
        let document = Document::new(document, incrementality);
        Self { setting, vehicles, document, shape }
    }

    fn entity(&self, vehicle: &Vehicle, second: i64) -> rt::FeedEntity {
        let timeline = self.setting.timeline;
        let moment = timeline.moment(second);
        let age_s = match self.shape {
            // Devices tick every other second, each on its own.
            PositionsShape::NoTripId => (moment + vehicle.index) % AGE_MAX_S,
            PositionsShape::HeaderTimeOnly => 0,
        };
        let fix_second = second - age_s.cast_signed();
        let mut draws = self.setting.chance.draws(Purpose::Message, vehicle.index, moment);
        let teleported = draws.happens(self.setting.teleport_share);
        let fix = vehicle.fix(fix_second as f64, teleported);
        let timestamp = transit::unix_s(timeline.time_ms(fix_second) + vehicle.skew_ms);
        let (id, position) = match self.shape {
            PositionsShape::NoTripId => {
                let start = transit::utc_start(&self.setting, vehicle, &fix);
                let trip = transit::trip(&self.setting, vehicle, &fix, start, false);
                let id = format!("6990_{}", vehicle.number);
                (id.clone(), Self::full(vehicle, &fix, id, trip, timestamp))
            }
            PositionsShape::HeaderTimeOnly => {
                let start = transit::local_start(&self.setting, vehicle, &fix);
                let trip = transit::trip(&self.setting, vehicle, &fix, start, true);
                let id = vehicle.number.to_string();
                let position = rt::VehiclePosition {
                    trip: Some(trip),
                    vehicle: Some(descriptor(id.clone(), None)),
                    position: Some(place(&fix)),
                    ..rt::VehiclePosition::default()
                };
                (id, position)
            }
        };
        rt::FeedEntity { vehicle: Some(position), ..transit::entity(id) }
    }

    fn full(
        vehicle: &Vehicle,
        fix: &Fix,
        id: String,
        trip: rt::TripDescriptor,
        timestamp: u64,
    ) -> rt::VehiclePosition {
        let state = &fix.state;
        let status = match (state.at_stop, state.speed_m_s > 0.0) {
            (Some(_), false) => VehicleStopStatus::StoppedAt,
            (Some(_), true) => VehicleStopStatus::IncomingAt,
            (None, _) => VehicleStopStatus::InTransitTo,
        };
        let sequence = state.next_stop.map(|stop| vehicle.stop_sequence(stop, state) as u32);
        let stop = state.next_stop.map(|stop| vehicle.stop_number(stop, state));
        rt::VehiclePosition {
            trip: Some(trip),
            vehicle: Some(descriptor(id, None)),
            position: Some(rt::Position {
                bearing: Some(fix.bearing_deg.round() as f32),
                speed: Some((state.speed_m_s * 10.0).round() as f32 / 10.0),
                ..place(fix)
            }),
            current_stop_sequence: sequence,
            stop_id: stop.map(|stop| stop.to_string()),
            current_status: stop.map(|_| status.into()),
            timestamp: Some(timestamp),
            ..rt::VehiclePosition::default()
        }
    }
}

impl Feed for Positions {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        if self.document.is_due(&self.setting, second) {
            let entities = self.vehicles.iter().filter(|vehicle| !vehicle.no_fix);
            let entities = entities.map(|vehicle| self.entity(vehicle, second));
            out.push(self.document.sent(&self.setting, second, entities.collect()));
        }
    }
}

/// Single vehicles over MQTT; the topic tells more of the journey than the payload.
pub(super) struct Messages {
    setting: Setting,
    vehicles: Vec<Vehicle>,
    agency: String,
    every_s: i64,
}

impl Messages {
    pub(super) fn new(
        setting: Setting,
        vehicles: Vec<Vehicle>,
        agency: &str,
        every_s: i64,
    ) -> Self {
        Self { setting, vehicles, agency: agency.into(), every_s }
    }

    fn sent(&self, vehicle: &Vehicle, second: i64) -> Sent {
        let timeline = self.setting.timeline;
        let moment = timeline.moment(second);
        let chance = &self.setting.chance;
        let mut draws = chance.draws(Purpose::Message, vehicle.index, moment);
        let mut latency = chance.draws(Purpose::Latency, vehicle.index, moment);
        let teleported = draws.happens(self.setting.teleport_share);
        let fix = vehicle.fix(second as f64, teleported);
        let fix_ms = timeline.time_ms(second) + vehicle.skew_ms;
        let message = rt::FeedMessage {
            header: transit::header(fix_ms, Some(Incrementality::Differential)),
            entity: vec![self.entity(vehicle, &fix, fix_ms, &mut draws)],
        };
        let latency_ms = (latency.quantile(MESSAGE_LATENCY_S) * 1_000.0) as i64;
        Sent {
            received_time_ms: timeline.time_ms(second) + latency_ms,
            source: MQTT.into(),
            topic: self.topic(vehicle, &fix),
            payload: message.encode_to_vec(),
        }
    }

    fn entity(
        &self,
        vehicle: &Vehicle,
        fix: &Fix,
        fix_ms: i64,
        draws: &mut Draws,
    ) -> rt::FeedEntity {
        let id = vehicle_ref(vehicle);
        let start = transit::local_start(&self.setting, vehicle, fix);
        let bearing = (!draws.happens(MISSING_SHARE)).then_some(fix.bearing_deg as f32);
        let speed = (!draws.happens(MISSING_SHARE)).then_some(fix.state.speed_m_s as f32);
        rt::FeedEntity {
            vehicle: Some(rt::VehiclePosition {
                trip: Some(transit::trip(&self.setting, vehicle, fix, start, true)),
                vehicle: Some(descriptor(id.clone(), Some(vehicle.headsign(&fix.state)))),
                position: Some(rt::Position { bearing, speed, ..place(fix) }),
                timestamp: Some(transit::unix_s(fix_ms)),
                ..rt::VehiclePosition::default()
            }),
            ..transit::entity(id)
        }
    }

    fn topic(&self, vehicle: &Vehicle, fix: &Fix) -> String {
        let (route, state) = (&vehicle.route, &fix.state);
        let start_ms = transit::journey_start_ms(&self.setting, vehicle, fix);
        let next_stop = state
            .next_stop
            .map_or(String::new(), |stop| vehicle.stop_number(stop, state).to_string());
        format!(
            "/gtfsrt/vp/{}///{}/{}/{}/{}/{}/{next_stop}/{}/{}/{}/{}//",
            self.agency,
            route.mode.as_str().to_uppercase(),
            route.id,
            state.journey,
            vehicle.headsign(state),
            transit::trip_id(vehicle, fix),
            self.setting.local.minute(start_ms),
            vehicle_ref(vehicle),
            geohash::levels(fix.position),
            route.name,
        )
    }
}

impl Feed for Messages {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.setting.timeline.phase_s(second);
        let turn = |vehicle: &&Vehicle| (phase_s + vehicle.tick_ms) % self.every_s == 0;
        let vehicles = self.vehicles.iter().filter(|vehicle| !vehicle.no_fix);
        out.extend(vehicles.filter(turn).map(|vehicle| self.sent(vehicle, second)));
    }
}

fn vehicle_ref(vehicle: &Vehicle) -> String {
    (550_000 + vehicle.number).to_string()
}

fn descriptor(id: String, label: Option<&str>) -> rt::VehicleDescriptor {
    rt::VehicleDescriptor { id: Some(id), label: label.map(str::to_owned), license_plate: None }
}

fn place(fix: &Fix) -> rt::Position {
    rt::Position {
        latitude: fix.position.latitude_deg as f32,
        longitude: fix.position.longitude_deg as f32,
        ..rt::Position::default()
    }
}
