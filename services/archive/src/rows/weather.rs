//! Road weather stations.

use events::wire::LogRecord;

use super::position::position;
use super::{body, event_spec};
use crate::column::{Column, optional, required, word};
use crate::table::Spec;

body!(measurement, measurement_new, WeatherMeasurement);
body!(station, station_new, WeatherStation);
position!(PLACE, station, station_new);

pub(super) static MEASUREMENT: Spec<LogRecord> =
    event_spec!(WeatherMeasurement, WeatherMeasurement, measurement_new, MEASURED);

static MEASURED: &[Column<LogRecord>] = &[
    required!("sensor_id", UInt32, Dictionary, measurement, measurement_new, sensor_id),
    word!("quantity", measurement, measurement_new, quantity, WeatherQuantity, "WEATHER_QUANTITY_"),
    required!("sensor_number", UInt32, Dictionary, measurement, measurement_new, sensor_number),
    required!("value", Float64, Dictionary, measurement, measurement_new, value),
    word!("surface", measurement, measurement_new, surface, RoadSurface, "ROAD_SURFACE_"),
];

pub(super) static STATION: Spec<LogRecord> = {
    let mut spec: Spec<LogRecord> =
        event_spec!(WeatherStation, WeatherStation, station_new, DESCRIBED);
    spec.columns = &[super::ENVELOPE, PLACE, DESCRIBED];
    spec
};

static DESCRIBED: &[Column<LogRecord>] = &[
    optional!("name", Text, Dictionary, station, station_new, name),
    word!(
        "collection_status",
        station,
        station_new,
        collection_status,
        CollectionStatus,
        "COLLECTION_STATUS_"
    ),
    optional!("state", Text, Dictionary, station, station_new, state),
];
