//! The detectors layer: reference data and measurements of each station in one object.

mod season;
pub(crate) mod state;

use events::{DetectorMeasurement, DetectorStation, Event};

use crate::fate::{Changes, EXPIRED, Fate, FeedContext};
use crate::station::{StationState, Stations};
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

    /// What is published of a station that is in the picture.
    pub(crate) fn station_of(&self, id: &str) -> Option<&DetectorStation> {
        let state = &self.index.slot(self.index.find_id(id)?).state;
        state.is_shown().then_some(&state.station)
    }
}
