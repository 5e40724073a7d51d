//! What all events of one decoder have in common, and checks that collect verdicts.

use std::ops::RangeInclusive;

use events::{
    Body, Event, Position, PositionError, Provenance, RawRecord, Text, Verdict, Verdicts,
};

use super::DecoderContext;

/// Feed, region and format, which every event of a decoder carries.
pub(super) struct Envelope {
    feed: Text,
    region: Text,
    format: Text,
}

impl Envelope {
    pub(super) fn new(context: &DecoderContext, format: &'static str) -> Self {
        Self {
            feed: context.feed.clone(),
            region: context.region.clone(),
            format: Text::const_new(format),
        }
    }

    /// An event of a record.
    pub(super) fn event(
        &self,
        raw: &RawRecord,
        entity: Text,
        event_time_ms: i64,
        verdicts: Verdicts,
        body: Body,
    ) -> Event {
        Event {
            feed: self.feed.clone(),
            region: self.region.clone(),
            entity,
            event_time_ms,
            received_time_ms: raw.received_time_ms,
            verdicts,
            provenance: Provenance {
                source: Text::from(raw.source.as_str()),
                format: self.format.clone(),
            },
            body,
        }
    }
}

/// Fastest speed that is believed of anything that carries passengers, m/s: 360 km/h.
const SPEED_M_S_MAX: f64 = 100.0;

/// Largest delay that is believed, seconds: a day.
const DELAY_S_MAX: f64 = 86_400.0;

/// Collects what is doubtful while a record's values are taken.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) verdicts: Verdicts,
}

impl Checks {
    /// Notes that a value was taken out of the record.
    pub(super) fn took_out(&mut self) {
        self.verdicts.insert(Verdict::OutOfRange);
    }

    /// A value when it is in range; taken out, with a verdict, when not.
    pub(super) fn within(&mut self, value: f64, range: RangeInclusive<f64>) -> Option<f64> {
        if range.contains(&value) {
            return Some(value);
        }
        self.took_out();
        None
    }

    /// A position; missing or null island gives the verdicts for it.
    pub(super) fn position(
        &mut self,
        latitude_deg: Option<f64>,
        longitude_deg: Option<f64>,
    ) -> Option<Position> {
        let (Some(latitude_deg), Some(longitude_deg)) = (latitude_deg, longitude_deg) else {
            self.verdicts.insert(Verdict::PositionMissing);
            return None;
        };
        match Position::new(latitude_deg, longitude_deg) {
            Ok(position) => Some(position),
            Err(PositionError::NullIsland | PositionError::OutOfRange { .. }) => {
                self.verdicts.insert(Verdict::PositionMissing);
                self.took_out();
                None
            }
        }
    }

    /// A bearing, 0 inclusive to 360 exclusive: 360 is a legal way to write 0.
    pub(super) fn bearing_deg(&mut self, value: f64) -> Option<f32> {
        let bearing = self.within(value, 0.0..=360.0)?;
        Some((bearing % 360.0) as f32)
    }

    /// A speed in m/s as km/h.
    pub(super) fn speed_km_h(&mut self, speed_m_s: f64) -> Option<f32> {
        let speed_m_s = self.within(speed_m_s, 0.0..=SPEED_M_S_MAX)?;
        Some((speed_m_s * 3.6) as f32)
    }

    /// A delay, positive = late.
    pub(super) fn delay_s(&mut self, delay_s: f64) -> Option<i32> {
        let delay_s = self.within(delay_s, -DELAY_S_MAX..=DELAY_S_MAX)?;
        Some(delay_s as i32)
    }
}
