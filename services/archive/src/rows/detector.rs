//! Road traffic detectors.

use events::wire::LogRecord;

use super::position::position;
use super::{body, event_spec};
use crate::column::{Column, optional, required, word};
use crate::table::Spec;

body!(measurement, measurement_new, DetectorMeasurement);
body!(station, station_new, DetectorStation);
position!(PLACE, station, station_new);

pub(super) static MEASUREMENT: Spec<LogRecord> =
    event_spec!(DetectorMeasurement, DetectorMeasurement, measurement_new, MEASURED);

static MEASURED: &[Column<LogRecord>] = &[
    required!("sensor_id", UInt32, Dictionary, measurement, measurement_new, sensor_id),
    word!("quantity", measurement, measurement_new, quantity, Quantity, "QUANTITY_"),
    required!("direction", UInt32, Dictionary, measurement, measurement_new, direction),
    word!("window", measurement, measurement_new, window, MeasurementWindow, "MEASUREMENT_WINDOW_"),
    required!("value", Float64, Dictionary, measurement, measurement_new, value),
    optional!("window_start", Time, Delta, measurement, measurement_new, window_start_ms),
    optional!("window_end", Time, Delta, measurement, measurement_new, window_end_ms),
];

/// Constants, a list, stay in the rest.
pub(super) static STATION: Spec<LogRecord> = {
    let mut spec: Spec<LogRecord> =
        event_spec!(DetectorStation, DetectorStation, station_new, DESCRIBED);
    spec.columns = &[super::ENVELOPE, PLACE, DESCRIBED];
    spec
};

static DESCRIBED: &[Column<LogRecord>] = &[
    optional!("name", Text, Dictionary, station, station_new, name),
    optional!("bearing_deg", Float32, Dictionary, station, station_new, bearing_deg),
    word!(
        "collection_status",
        station,
        station_new,
        collection_status,
        CollectionStatus,
        "COLLECTION_STATUS_"
    ),
    optional!("state", Text, Dictionary, station, station_new, state),
    optional!("tms_number", UInt32, Dictionary, station, station_new, tms_number),
];
