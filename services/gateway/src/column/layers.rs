//! Which columns each layer has.

use std::borrow::Cow;

use events::wire::Pollutant;
use picture::Layer;

use super::Kind::{Boolean, Integer, Json, Number, Text, Texts, Time};
use super::{Column, Columns, Form, Kind};

/// Highest number that a pollutant may have; there are 19.
const POLLUTANT_NUMBER_MAX: i32 = 127;

/// A column of tables only.
fn of(name: impl Into<Cow<'static, str>>, kind: Kind) -> Column {
    Column { name: name.into(), kind, drawn: false }
}

/// A column that tiles have too.
fn drawn(name: impl Into<Cow<'static, str>>, kind: Kind) -> Column {
    Column { name: name.into(), kind, drawn: true }
}

pub(super) fn columns(layer: Layer) -> Columns {
    match layer {
        Layer::Vehicles => Columns::new(vehicles(), Form::Point, Some("report.position")),
        Layer::Detectors => Columns::new(detectors(), Form::Point, Some("station.position")),
        Layer::Situations => Columns::new(situations(), Form::Mixed, Some("record.geometry")),
        Layer::Trips => Columns::new(trips(), Form::None, None),
        Layer::Feeds => Columns::new(feeds(), Form::None, None),
        Layer::Links => Columns::new(links(), Form::Line, Some("line")),
        Layer::Queues => Columns::new(queues(), Form::Point, Some("position")),
        Layer::Areas => Columns::new(areas(), Form::Polygon, Some("boundary")),
        Layer::LinkEmissions => Columns::new(link_emissions(), Form::Line, Some("line")),
        Layer::AreaEmissions => Columns::new(area_emissions(), Form::Polygon, Some("line")),
        Layer::Weather => Columns::new(weather(), Form::Point, Some("station.position")),
    }
}

/// What all that comes from one feed has.
fn of_feed() -> Vec<Column> {
    vec![
        drawn("id", Text),
        drawn("feed", Text),
        drawn("event_time_ms", Time),
        of("received_time_ms", Time),
    ]
}

fn trip(path: &'static str) -> [Column; 6] {
    [
        of(format!("{path}.trip_id"), Text),
        drawn(format!("{path}.route_id"), Text),
        drawn(format!("{path}.direction_id"), Integer),
        of(format!("{path}.start_date"), Text),
        of(format!("{path}.start_time_s"), Integer),
        of(format!("{path}.relationship"), Text),
    ]
}

fn vehicles() -> Vec<Column> {
    let mut columns = of_feed();
    columns.extend([
        of("position_time_ms", Time),
        of("report.kind", Text),
        drawn("report.phase", Text),
        drawn("report.mode", Text),
        drawn("report.bearing_deg", Number),
        drawn("report.speed_km_h", Number),
        of("report.acceleration_m_s2", Number),
        of("report.odometer_m", Number),
        drawn("report.delay_s", Integer),
        of("report.doors_open", Boolean),
        of("report.occupancy_percent", Integer),
        of("report.occupancy_status", Text),
    ]);
    columns.extend(trip("report.trip"));
    columns.extend([
        drawn("report.route_short_name", Text),
        drawn("report.headsign", Text),
        of("report.stop_id", Text),
        of("report.next_stop_id", Text),
        of("report.stop_sequence", Integer),
        of("report.stop_status", Text),
        of("report.location_source", Text),
        of("report.operator_id", Text),
        drawn("report.label", Text),
        of("report.signal_priority.junction_id", Integer),
        of("report.signal_priority.request_id", Integer),
        of("report.signal_priority.signal_group", Integer),
        of("report.signal_priority.granted", Boolean),
        of("verdicts", Texts),
        of("match.event_time_ms", Time),
        drawn("match.link", Text),
        of("match.along_m", Number),
        of("match.confidence", Number),
        of("match.unknown", Text),
        of("emission.event_time_ms", Time),
        of("emission.vehicle_class", Text),
        of("emission.method", Text),
        of("emission.power_kw", Number),
        of("emission.power_low_kw", Number),
        of("emission.power_high_kw", Number),
        drawn("emission.co2_g_s", Number),
        of("emission.co2_low_g_s", Number),
        of("emission.co2_high_g_s", Number),
        of("emission.distance_km", Number),
        of("emission.energy_mj", Number),
        of("emission.energy_low_mj", Number),
        of("emission.energy_high_mj", Number),
        of("emission.co2_g", Number),
        of("emission.co2_low_g", Number),
        of("emission.co2_high_g", Number),
        of("emission.nox_g", Number),
        of("emission.nox_low_g", Number),
        of("emission.nox_high_g", Number),
        of("emission.pm_g", Number),
        of("emission.pm_low_g", Number),
        of("emission.pm_high_g", Number),
        of("emission.co2_g_passenger_km", Number),
        of("emission.co2_low_g_passenger_km", Number),
        of("emission.co2_high_g_passenger_km", Number),
    ]);
    columns
}

/// The values of a direction of a detector that have a time of their own.
const DETECTOR_VALUES: [&str; 5] =
    ["speed_km_h", "flow_veh_h", "speed_share_percent", "flow_share_percent", "occupancy_percent"];

fn detectors() -> Vec<Column> {
    let mut columns = of_feed();
    columns.extend([
        drawn("station.name", Text),
        drawn("station.bearing_deg", Number),
        drawn("station.collection_status", Text),
        of("station.state", Text),
        of("station.tms_number", Integer),
        of("station.constants", Json),
    ]);
    // A road has two directions; a list of JSON begins with 0.
    for direction in ["directions.0", "directions.1"] {
        columns.push(drawn(format!("{direction}.direction"), Integer));
        for value in DETECTOR_VALUES {
            columns.push(drawn(format!("{direction}.{value}.value"), Number));
            columns.push(of(format!("{direction}.{value}.time_ms"), Time));
        }
        columns.push(drawn(format!("{direction}.level_of_service"), Text));
        columns.push(of(format!("{direction}.free_flow_speed_km_h"), Number));
    }
    columns.push(of("verdicts", Texts));
    columns
}

/// The values of a weather station, each with a time of its own.
const WEATHER_VALUES: [&str; 6] = [
    "air_temperature_c",
    "road_temperature_c",
    "precipitation_mm_h",
    "water_mm",
    "snow_mm",
    "ice_mm",
];

fn weather() -> Vec<Column> {
    let mut columns = of_feed();
    columns.extend([
        drawn("station.name", Text),
        drawn("station.collection_status", Text),
        of("station.state", Text),
    ]);
    for value in WEATHER_VALUES {
        columns.push(drawn(format!("{value}.value"), Number));
        columns.push(of(format!("{value}.time_ms"), Time));
    }
    columns.extend([
        drawn("road_surface.surface", Text),
        of("road_surface.time_ms", Time),
        of("verdicts", Texts),
    ]);
    columns
}

fn situations() -> Vec<Column> {
    let mut columns = of_feed();
    columns.extend([
        drawn("record.type", Text),
        drawn("record.announcement_type", Text),
        drawn("record.phase", Text),
        of("record.version", Integer),
        of("record.release_time_ms", Time),
        of("record.version_time_ms", Time),
        drawn("record.start_time_ms", Time),
        drawn("record.end_time_ms", Time),
        of("record.language", Text),
        drawn("record.title", Text),
        of("record.description", Text),
        of("record.comment", Text),
        of("record.features", Texts),
        of("record.municipality", Text),
        of("record.road_number", Integer),
        of("record.road_direction", Text),
        of("record.informed_entities", Json),
        drawn("record.cause", Text),
        drawn("record.effect", Text),
        of("verdicts", Texts),
        of("effect.event_time_ms", Time),
        of("effect.links", Texts),
        of("effect.links_measured", Integer),
        drawn("effect.speed_share_percent", Number),
        drawn("effect.delay_s", Number),
        drawn("effect.contradicted", Boolean),
        of("effect.excess_co2_g_h", Number),
        of("effect.excess_co2_low_g_h", Number),
        of("effect.excess_co2_high_g_h", Number),
    ]);
    columns
}

fn trips() -> Vec<Column> {
    let mut columns = of_feed();
    columns.extend(trip("update.trip"));
    columns.extend([
        of("update.vehicle_id", Text),
        of("update.delay_s", Integer),
        of("update.stop_time_updates", Json),
        of("verdicts", Texts),
    ]);
    columns
}

fn feeds() -> Vec<Column> {
    vec![
        of("id", Text),
        of("watermark_ms", Time),
        of("status_time_ms", Time),
        of("connection", Text),
        of("error", Text),
        of("received", Integer),
        of("applied", Integer),
        of("superseded", Integer),
        of("duplicate", Integer),
        of("rejected", Integer),
        of("quarantined", Integer),
        of("dropped", Integer),
        of("reasons", Json),
        of("last_received_ms", Time),
        of("last_event_ms", Time),
        of("imbalances", Integer),
    ]
}

/// The ends of an interval, and what is most likely.
const ESTIMATE: [&str; 3] = ["value", "low", "high"];

fn link_window(path: &'static str, shown: bool) -> Vec<Column> {
    let at = |name: &str| format!("{path}.{name}");
    let shown = |name: &str, kind| Column { drawn: shown, ..of(at(name), kind) };
    let mut columns = vec![of(at("duration_s"), Integer), of(at("end_time_ms"), Time)];
    columns.extend(ESTIMATE.map(|part| shown(&format!("speed_km_h.{part}"), Number)));
    columns.extend([
        shown("method", Text),
        of(at("vehicles"), Integer),
        of(at("newest_sample_ms"), Time),
    ]);
    columns.extend(ESTIMATE.map(|part| match part {
        "value" => shown("flow_veh_h.value", Number),
        part => of(at(&format!("flow_veh_h.{part}")), Number),
    }));
    columns.extend([
        of(at("flow_method"), Text),
        of(at("density_veh_km"), Number),
        of(at("occupancy_percent"), Number),
        of(at("travel_time_s"), Number),
        shown("delay_s", Number),
        shown("level_of_service", Text),
        of(at("hcm_level"), Text),
        of(at("queue_m"), Number),
        of(at("stopped_s"), Number),
    ]);
    columns
}

fn links() -> Vec<Column> {
    let mut columns = vec![
        drawn("id", Text),
        drawn("event_time_ms", Time),
        drawn("name", Text),
        drawn("class", Text),
        of("length_m", Number),
        drawn("lanes", Integer),
        drawn("speed_limit_km_h", Integer),
        drawn("free_flow_speed_km_h", Number),
        of("typical_speed_km_h", Number),
    ];
    columns.extend(link_window("minute", false));
    columns.extend(link_window("five_minutes", true));
    columns.extend([of("detectors", Texts), of("situations", Texts), drawn("closed", Boolean)]);
    columns
}

fn queues() -> Vec<Column> {
    vec![
        drawn("id", Text),
        drawn("event_time_ms", Time),
        drawn("start_time_ms", Time),
        drawn("trend", Text),
        of("links", Texts),
        drawn("length_m", Number),
        of("length_m_max", Number),
        drawn("speed_km_h", Number),
        drawn("delay_s", Number),
        drawn("irregular", Boolean),
        of("situations", Texts),
        of("merged", Texts),
        of("excess_co2_g_h", Number),
        of("excess_co2_low_g_h", Number),
        of("excess_co2_high_g_h", Number),
    ]
}

fn areas() -> Vec<Column> {
    vec![
        drawn("id", Text),
        drawn("event_time_ms", Time),
        drawn("kind", Text),
        drawn("name", Text),
        of("street_km", Number),
        drawn("coverage.measured", Number),
        drawn("coverage.fused", Number),
        of("coverage.inferred", Number),
        of("coverage.typical", Number),
        of("coverage.unknown", Number),
        drawn("speed_km_h", Number),
        drawn("free_flow_speed_km_h", Number),
        drawn("traffic_veh_km_h", Number),
        drawn("delay_veh_h_h", Number),
        drawn("queue_km", Number),
    ]
}

fn pollutants() -> impl Iterator<Item = String> {
    let all = (1..=POLLUTANT_NUMBER_MAX).filter_map(|number| Pollutant::try_from(number).ok());
    all.map(|pollutant| {
        let name = pollutant.as_str_name();
        name.strip_prefix("POLLUTANT_").unwrap_or(name).to_lowercase()
    })
}

/// Pollutants that maps are drawn by.
const DRAWN: [&str; 4] = ["co2_fossil", "co2_biogenic", "nox", "pm_exhaust"];

fn emission_window(path: &'static str, shown: bool) -> Vec<Column> {
    let at = |name: &str| format!("{path}.{name}");
    let mut columns = vec![
        of(at("duration_s"), Integer),
        of(at("end_time_ms"), Time),
        of(at("vehicle_km"), Number),
        of(at("transit_vehicle_km"), Number),
        of(at("transit_passenger_km"), Number),
        of(at("transit_co2_g_h"), Number),
        of(at("transit_co2_g_passenger_km"), Number),
        of(at("transit_co2_low_g_h"), Number),
        of(at("transit_co2_high_g_h"), Number),
        of(at("transit_co2_low_g_passenger_km"), Number),
        of(at("transit_co2_high_g_passenger_km"), Number),
    ];
    for pollutant in pollutants() {
        let drawn = shown && DRAWN.contains(&pollutant.as_str());
        let rate = |part| at(&format!("rates.{pollutant}.{part}"));
        columns.push(Column { drawn, ..of(rate("value"), Number) });
        let rest = ["low", "high", "excess", "excess_low", "excess_high"];
        columns.extend(rest.map(|part| of(rate(part), Number)));
    }
    columns
}

fn emissions(kind: Option<Column>) -> Vec<Column> {
    let mut columns = vec![drawn("id", Text), drawn("event_time_ms", Time)];
    columns.extend(kind);
    columns.extend([
        drawn("name", Text),
        of("factor_set", Text),
        of("known_street_km", Number),
        of("street_km", Number),
    ]);
    columns.extend(emission_window("minute", false));
    columns.extend(emission_window("five_minutes", true));
    columns.push(drawn("noise.level_db.value", Number));
    columns.extend(["low", "high"].map(|part| of(format!("noise.level_db.{part}"), Number)));
    columns.extend((0..8).map(|band| of(format!("noise.octave_db.{band}"), Number)));
    for part in ["signal", "queue"] {
        let ends = ["g_h", "low_g_h", "high_g_h"];
        columns.extend(ends.map(|end| of(format!("{part}_excess_co2_{end}"), Number)));
    }
    columns.push(of("alternatives", Json));
    columns
}

fn link_emissions() -> Vec<Column> {
    emissions(None)
}

fn area_emissions() -> Vec<Column> {
    let mut columns = emissions(Some(drawn("kind", Text)));
    columns.extend([
        of("weather.temperature_c", Number),
        of("weather.temperature_source", Text),
        of("weather.temperature_stations", Integer),
        of("weather.road_state", Text),
        of("weather.road_source", Text),
        of("weather.road_stations", Integer),
    ]);
    columns.push(of("totals", Json));
    columns
}
