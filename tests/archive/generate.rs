//! Records of every kind with anything in them.

use events::wire::{self, log_record::Record};
use events::{LogRecord, Text};

use super::support::{NOW_MS, REGION};

/// Numbers from a seed (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    fn is(&mut self) -> bool {
        self.below(2) == 0
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| make(self))
    }

    fn several<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 8] =
            ["", "12", "550 Itäkeskus", "HSL:1040601", "a;b", "ä\n\"'", "🚋", "x"];
        match self.below(3) {
            0 => format!("{}", self.below(1_000_000)),
            _ => TEXTS[self.below(8) as usize].to_owned(),
        }
    }

    fn float(&mut self) -> f64 {
        match self.below(5) {
            0 => 0.0,
            1 => self.below(100_000) as f64,
            2 => self.below(100_000) as f64 / 100.0,
            3 => -(self.below(10_000) as f64) / 7.0,
            _ => f64::from_bits(self.number() & 0x7FEF_FFFF_FFFF_FFFF),
        }
    }

    fn float32(&mut self) -> f32 {
        let float = self.float() as f32;
        if float.is_finite() { float } else { 1.5 }
    }

    fn time(&mut self) -> i64 {
        match self.below(8) {
            0 => 0,
            1 => -1,
            _ => NOW_MS + self.below(3_600_000) as i64,
        }
    }

    /// A number that an enumeration may have; of newer ones too, where it survives being checked.
    fn of(&mut self, values: u64) -> i32 {
        self.below(values) as i32
    }

    fn position(&mut self) -> wire::Position {
        let mut degrees = |base: f64| match self.below(6) {
            // As publishers write: decimals, 32-bit floats, and whatever.
            0 => f64::from(base as f32 + self.below(1_000) as f32 / 997.0),
            1 => base + self.below(u64::from(u32::MAX)) as f64 / 1e11,
            2 => base,
            3 => (base * 1e7 + self.below(10_000_000) as f64).round() / 1e7,
            _ => (base * 1e6 + self.below(1_000_000) as f64).round() / 1e6,
        };
        wire::Position { latitude_deg: degrees(60.0), longitude_deg: degrees(24.0) }
    }

    fn trip(&mut self) -> wire::TripDescriptor {
        if self.below(5) == 0 {
            return wire::TripDescriptor::default();
        }
        wire::TripDescriptor {
            trip_id: self.maybe(Self::text),
            route_id: self.maybe(Self::text),
            direction_id: self.maybe(|dice| dice.below(2) as u32),
            start_date: self.maybe(Self::text),
            start_time_s: self.maybe(|dice| dice.below(100_000) as u32),
            relationship: self.of(8),
        }
    }

    fn vehicle(&mut self) -> wire::VehiclePosition {
        wire::VehiclePosition {
            kind: self.of(19),
            phase: self.of(5),
            mode: self.of(10),
            position: self.maybe(Self::position),
            bearing_deg: self.maybe(Self::float32),
            speed_km_h: self.maybe(Self::float32),
            acceleration_m_s2: self.maybe(Self::float32),
            odometer_m: self.maybe(Self::float),
            delay_s: self.maybe(|dice| dice.number() as i32),
            doors_open: self.maybe(Self::is),
            occupancy_percent: self.maybe(|dice| dice.number() as u32),
            occupancy_status: self.of(10),
            trip: self.maybe(Self::trip),
            route_short_name: self.maybe(Self::text),
            headsign: self.maybe(Self::text),
            stop_id: self.maybe(Self::text),
            next_stop_id: self.maybe(Self::text),
            stop_sequence: self.maybe(|dice| dice.number() as u32),
            stop_status: self.of(4),
            location_source: self.of(6),
            operator_id: self.maybe(Self::text),
            label: self.maybe(Self::text),
            signal_priority: self.maybe(|dice| {
                if dice.is() {
                    return wire::SignalPriority::default();
                }
                wire::SignalPriority {
                    junction_id: dice.maybe(|dice| dice.number() as u32),
                    request_id: dice.maybe(|dice| dice.number() as u32),
                    signal_group: dice.maybe(|dice| dice.number() as i32),
                    granted: dice.maybe(Self::is),
                }
            }),
        }
    }

    fn stop_event(&mut self) -> wire::StopTimeEvent {
        wire::StopTimeEvent {
            time_ms: self.maybe(Self::time),
            delay_s: self.maybe(|dice| dice.number() as i32),
            uncertainty_s: self.maybe(|dice| dice.number() as u32),
        }
    }

    fn update(&mut self) -> wire::TripUpdate {
        wire::TripUpdate {
            trip: Some(self.trip()),
            vehicle_id: self.maybe(Self::text),
            delay_s: self.maybe(|dice| dice.number() as i32),
            stop_time_updates: self.several(|dice| wire::StopTimeUpdate {
                stop_sequence: dice.maybe(|dice| dice.number() as u32),
                stop_id: dice.maybe(Self::text),
                arrival: dice.maybe(Self::stop_event),
                departure: dice.maybe(Self::stop_event),
                relationship: dice.of(5),
            }),
        }
    }

    fn measurement(&mut self) -> wire::DetectorMeasurement {
        wire::DetectorMeasurement {
            sensor_id: self.number() as u32,
            quantity: self.of(6),
            direction: self.below(3) as u32,
            window: self.of(5),
            value: self.float(),
            window_start_ms: self.maybe(Self::time),
            window_end_ms: self.maybe(Self::time),
        }
    }

    fn station(&mut self) -> wire::DetectorStation {
        wire::DetectorStation {
            name: self.maybe(Self::text),
            position: self.maybe(Self::position),
            bearing_deg: self.maybe(Self::float32),
            collection_status: self.of(4),
            state: self.maybe(Self::text),
            tms_number: self.maybe(|dice| dice.number() as u32),
            constants: self.several(|dice| wire::DetectorConstant {
                direction: dice.below(3) as u32,
                free_flow_speed_km_h: dice.maybe(Self::float),
                max_flow_veh_h: dice.maybe(Self::float),
                valid_from_mmdd: 101,
                valid_to_mmdd: 1231,
            }),
        }
    }

    fn path(&mut self) -> wire::Path {
        wire::Path { positions: self.several(Self::position) }
    }

    fn situation(&mut self) -> wire::SituationRecord {
        wire::SituationRecord {
            r#type: self.of(6),
            announcement_type: self.of(5),
            phase: self.of(5),
            version: self.number() as u32,
            release_time_ms: self.maybe(Self::time),
            version_time_ms: self.time(),
            start_time_ms: self.maybe(Self::time),
            end_time_ms: self.maybe(Self::time),
            geometry: self.maybe(|dice| wire::Geometry {
                points: dice.several(Self::position),
                lines: dice.several(Self::path),
                polygons: dice.several(|dice| wire::Polygon {
                    rings: dice.several(|dice| {
                        let mut ring = dice.path();
                        ring.positions.extend(ring.positions.first().copied());
                        ring
                    }),
                }),
            }),
            language: self.text(),
            title: self.text(),
            description: self.maybe(Self::text),
            comment: self.maybe(Self::text),
            features: self.several(Self::text),
            municipality: self.maybe(Self::text),
            road_number: self.maybe(|dice| dice.number() as u32),
            road_direction: self.maybe(Self::text),
            informed_entities: self.several(|dice| wire::InformedEntity {
                agency_id: dice.maybe(Self::text),
                route_id: dice.maybe(Self::text),
                stop_id: dice.maybe(Self::text),
                trip: dice.maybe(Self::trip),
            }),
            cause: self.maybe(Self::text),
            effect: self.maybe(Self::text),
        }
    }

    fn body(&mut self) -> wire::event::Body {
        use wire::event::Body;
        match self.below(10) {
            0 => Body::TripUpdate(self.update()),
            1 => Body::DetectorMeasurement(self.measurement()),
            2 => Body::DetectorStation(self.station()),
            3 => Body::SituationRecord(self.situation()),
            4 => Body::Retraction(wire::Retraction { kind: self.of(6) }),
            5 => Body::WeatherMeasurement(wire::WeatherMeasurement {
                sensor_id: self.number() as u32,
                quantity: self.of(8),
                sensor_number: self.below(4) as u32,
                value: self.float(),
                surface: self.of(8),
            }),
            6 => Body::WeatherStation(wire::WeatherStation {
                name: self.maybe(Self::text),
                position: self.maybe(Self::position),
                collection_status: self.of(4),
                state: self.maybe(Self::text),
            }),
            _ => Body::VehiclePosition(self.vehicle()),
        }
    }

    fn event(&mut self, received_time_ms: i64) -> wire::Event {
        wire::Event {
            feed: Text::from(format!("feed-{}", self.below(3))).into(),
            region: if self.below(20) == 0 { self.text() } else { REGION.into() },
            entity: self.text(),
            event_time_ms: self.time(),
            received_time_ms,
            verdicts: (1..13).filter(|_| self.below(12) == 0).collect(),
            provenance: self
                .maybe(|dice| wire::Provenance { source: dice.text(), format: dice.text() }),
            body: Some(self.body()),
        }
    }

    /// A record of the log that was received at a time.
    pub(super) fn record(&mut self, received_time_ms: i64) -> LogRecord {
        let record = match self.below(12) {
            0 => Record::Tally(wire::Tally {
                feed: self.text(),
                counts: self.several(|dice| wire::TallyCount {
                    outcome: dice.of(7),
                    reason: dice.text(),
                    count: dice.number(),
                }),
            }),
            1 => Record::FeedStatus(wire::FeedStatus {
                feed: self.text(),
                watermark_ms: self.time(),
                received_time_ms,
                connection: self.of(9),
                error: self.maybe(Self::text),
                received_total: self.number(),
                counting_since_ms: self.time(),
            }),
            _ => Record::Event(self.event(received_time_ms)),
        };
        wire::LogRecord { record: Some(record) }.try_into().unwrap()
    }

    /// So many records, received one after another.
    pub(super) fn records(&mut self, count: usize, from_ms: i64) -> Vec<LogRecord> {
        let mut received_ms = from_ms;
        let records = (0..count).map(|_| {
            received_ms += self.below(40) as i64;
            self.record(received_ms)
        });
        records.collect()
    }
}
