//! The detectors layer: reference data and measurements of each station in one object.

mod season;
pub(crate) mod state;

use events::{DetectorMeasurement, DetectorStation, Event};

use crate::fate::{Changes, EXPIRED, Fate, FeedContext};
use crate::station::Stations;
pub(crate) use season::{free_flow_speed_km_h, mmdd};
use state::DetectorState;

/// All detector stations of a region.
pub(crate) type Detectors = Stations<DetectorState>;

impl Detectors {
    pub(crate) fn measurement(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        measurement: &DetectorMeasurement,
        changes: &mut Changes<'_>,
    ) -> Fate {
        if let Some(unwanted) = state::unwanted(measurement) {
            return unwanted;
        }
        if feed.is_due(feed.expires_ms(event.event_time_ms)) {
            return EXPIRED;
        }
        self.take(feed, event, changes, |state| state.measure(event, measurement))
    }

    pub(crate) fn station(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        station: &DetectorStation,
        changes: &mut Changes<'_>,
    ) -> Fate {
        self.take(feed, event, changes, |state| state.describe(event, station))
    }
}
