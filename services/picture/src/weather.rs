//! The weather layer: reference data and measurements of each road weather station in one object,
//! and what the stations say of the region's weather together.

pub(crate) mod state;

use events::{Event, WeatherMeasurement, WeatherQuantity, WeatherStation};
use traffic::emission::StationWeather;

use crate::deadline::FeedNumber;
use crate::fate::{Changes, EXPIRED, Fate, FeedContext};
use crate::station::Stations;
use state::WeatherState;

/// Weather that was measured so long before or after a minute is not that minute's, milliseconds.
/// Stations measure every minute to every twelve; roads dry within an hour.
const WEATHER_AGE_MS_MAX: i64 = 1_800_000;

/// All road weather stations of a region.
pub(crate) type WeatherStations = Stations<WeatherState>;

impl WeatherStations {
    pub(crate) fn measurement(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        measurement: &WeatherMeasurement,
        changes: &mut Changes<'_>,
    ) -> Fate {
        if measurement.quantity == WeatherQuantity::Unspecified {
            return Fate::Dropped("unknown_quantity");
        }
        if feed.is_due(feed.expires_ms(event.event_time_ms)) {
            return EXPIRED;
        }
        self.take(feed, event, changes, |state| {
            state.measure(event, measurement, feed.watermark_ms)
        })
    }

    pub(crate) fn station(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        station: &WeatherStation,
        changes: &mut Changes<'_>,
    ) -> Fate {
        self.take(feed, event, changes, |state| state.describe(event, station))
    }

    /// What each station whose place is known said about a time, from values that its feed's
    /// watermark has passed: any order of arrival within the lateness bound gives the same.
    pub(crate) fn settled(
        &self,
        at_ms: i64,
        watermark_ms: impl Fn(FeedNumber) -> i64,
    ) -> Vec<StationWeather> {
        let slots = self.index.sorted().into_iter().map(|number| self.index.slot(number));
        let placed =
            slots.filter(|slot| slot.object().is_some() && slot.state.station.position.is_some());
        let station = |state: &WeatherState| {
            let until_ms = watermark_ms(state.feed);
            state.settled(until_ms, |time_ms| (at_ms - time_ms).abs() <= WEATHER_AGE_MS_MAX)
        };
        placed.map(|slot| station(&slot.state)).collect()
    }
}
