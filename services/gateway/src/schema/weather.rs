//! Road weather, as it is in JSON.

#![allow(dead_code, reason = "described, never made")]

use events::wire;
use utoipa::ToSchema;

use super::names;
use super::object::{Position, TimedValue, verdicts};

/// A road weather station as best known. What it does not measure, or has not for long, is missing.
#[derive(ToSchema)]
pub(crate) struct Weather {
    /// `<feed>:<station>`.
    id: String,
    /// Feed that it is known from.
    feed: String,
    /// Of the newest measurement, else of the newest reference data.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// Reference data.
    station: WeatherStation,
    /// Of the air.
    #[schema(required = false)]
    air_temperature_c: Option<TimedValue>,
    /// Of the road, the coldest of its sensors.
    #[schema(required = false)]
    road_temperature_c: Option<TimedValue>,
    /// What lies on the road, the worst of its sensors.
    #[schema(required = false)]
    road_surface: Option<TimedSurface>,
    /// As water.
    #[schema(required = false)]
    precipitation_mm_h: Option<TimedValue>,
    /// Water on the road.
    #[schema(required = false)]
    water_mm: Option<TimedValue>,
    /// Snow on the road, as water.
    #[schema(required = false)]
    snow_mm: Option<TimedValue>,
    /// Ice on the road, as water.
    #[schema(required = false)]
    ice_mm: Option<TimedValue>,
    /// What is doubtful.
    #[schema(schema_with = verdicts)]
    verdicts: String,
}

/// Reference data of a road weather station.
#[derive(ToSchema)]
pub(crate) struct WeatherStation {
    /// Its name.
    #[schema(required = false, nullable = false)]
    name: Option<String>,
    /// Where it stands.
    #[schema(required = false)]
    position: Option<Position>,
    /// Whether it gathers data.
    #[schema(schema_with = names::<wire::CollectionStatus>)]
    collection_status: String,
    /// The publisher's word for the state of the equipment.
    #[schema(required = false, nullable = false)]
    state: Option<String>,
}

/// What lies on a road, with the time it was measured.
#[derive(ToSchema)]
pub(crate) struct TimedSurface {
    /// What.
    #[schema(schema_with = names::<wire::RoadSurface>)]
    surface: String,
    /// When.
    time_ms: i64,
}

/// The weather that emissions of an area were computed with.
#[derive(ToSchema)]
pub(crate) struct EmissionWeather {
    /// Of the air: the median of the stations, in steps of one degree.
    temperature_c: f64,
    /// Where that is from: `measured` by stations that were heard of lately, else what is `usual`.
    #[schema(schema_with = names::<wire::WeatherSource>)]
    temperature_source: String,
    /// Of the roads, such as `dry` or `snow`.
    road_state: String,
    /// Where that is from; the usual road is dry.
    #[schema(schema_with = names::<wire::WeatherSource>)]
    road_source: String,
    /// Stations behind the temperature.
    temperature_stations: u32,
    /// Stations behind the state of the roads.
    road_stations: u32,
}
