//! Measuring stations of roads: documents of stations, constants and values, and values over MQTT.
//!
//! Values move slowly around what the data says of a station, so that every level of service is to
//! be seen. Flows are hourly rates of five minutes: multiples of twelve.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use super::{Feed, MQTT, REST, Sent, Setting};
use crate::simulator::chance::Purpose;
use crate::simulator::clock;
use crate::simulator::world::{FlowData, StationData};

const STATIONS_PATH: &str = "/api/tms/v1/stations";
const CONSTANTS_PATH: &str = "/api/tms/v1/stations/sensor-constants";
const DATA_PATH: &str = "/api/tms/v1/stations/data";

/// Seconds between measurements of a station, and between documents of values.
const EVERY_S: i64 = 60;
/// Milliseconds of the windows that the fixed sensors measure.
const HOUR_MS: i64 = 3_600_000;
/// Milliseconds since the metadata were changed.
const METADATA_AGE_MS: i64 = 40_000_000;
/// Most vehicles an hour of the stations' roads.
const FLOW_MAX_VEH_H: f64 = 3_600.0;
/// Passes of five minutes times this are passes an hour.
const WINDOWS_PER_HOUR: f64 = 12.0;
/// What a stuck detector says of any traffic.
const STUCK_KM_H: f64 = 60.0;
const STUCK_VEH_H: f64 = 600.0;
/// By how much speeds and flows move around their means, as shares.
const SWING: f64 = 0.03;

/// One published value: sensor id, name, short name, unit, value, and whether of a fixed hour.
struct Measured {
    id: u32,
    name: String,
    short_name: String,
    unit: String,
    value: f64,
    fixed: bool,
}

/// The stations of one region.
pub(super) struct Tms {
    setting: Setting,
    stations: Vec<Station>,
}

struct Station {
    id: u32,
    tms_number: u32,
    name: String,
    longitude_deg: f64,
    latitude_deg: f64,
    bearing_deg: u32,
    free_flow_km_h: f64,
    directions: [Option<FlowData>; 2],
    percent_unit: String,
    collection_status: String,
    state: Option<String>,
    /// Second of the minute at which it measures.
    at_s: i64,
}

impl Station {
    fn new(data: &StationData) -> Self {
        Self {
            id: data.id,
            tms_number: data.tms_number,
            name: data.name.clone(),
            longitude_deg: data.position[1],
            latitude_deg: data.position[0],
            bearing_deg: data.bearing_deg,
            free_flow_km_h: data.free_flow_km_h,
            directions: [data.direction_1, data.direction_2],
            percent_unit: data.percent_unit.clone().unwrap_or("%".into()),
            collection_status: data.collection_status.clone().unwrap_or("GATHERING".into()),
            state: data.state.clone(),
            at_s: 3 + i64::from(data.id) * 7 % (EVERY_S - 6),
        }
    }
}

impl Tms {
    pub(super) fn new<'a>(
        setting: Setting,
        stations: impl Iterator<Item = &'a StationData>,
    ) -> Self {
        Self { setting, stations: stations.map(Station::new).collect() }
    }

    /// The second of a station's last measurement.
    fn measured_second(station: &Station, second: i64) -> i64 {
        second - (second - station.at_s).rem_euclid(EVERY_S)
    }

    /// What a station measured at a second.
    fn measured(&self, station: &Station, second: i64) -> Vec<Measured> {
        let phase_s = self.setting.timeline.phase_s(second);
        let share = phase_s as f64 / self.setting.timeline.duration_s as f64;
        let directions = station.directions.iter().enumerate();
        directions
            .filter_map(|(way, flow)| flow.map(|flow| (way, flow)))
            .flat_map(|(way, flow)| {
                let owner = u64::from(station.id) << 1 | way as u64;
                let mut device = self.setting.chance.draws(Purpose::DeviceFault, owner, 1);
                if device.happens(self.setting.stuck_share) {
                    return values(station, way, STUCK_KM_H, STUCK_VEH_H);
                }
                let turn = self.setting.chance.draws(Purpose::Detector, owner, 0).share();
                let wave = 1.0 + SWING * (TAU * (share + turn)).sin();
                let speed_km_h = (station.free_flow_km_h * flow.share * wave).round();
                let passes = (flow.flow_veh_h / WINDOWS_PER_HOUR * (2.0 - wave)).round();
                values(station, way, speed_km_h, passes * WINDOWS_PER_HOUR)
            })
            .collect()
    }

    fn document(&self, second: i64, path: &str, document: &Value) -> Sent {
        Sent {
            received_time_ms: self.setting.answered_ms(second),
            source: REST.into(),
            topic: path.into(),
            payload: document.to_string().into_bytes(),
        }
    }

    fn stations_document(&self, second: i64) -> Value {
        let updated = clock::utc_s(self.setting.timeline.start_ms - METADATA_AGE_MS);
        let feature = |station: &Station| {
            json!({
                "type": "Feature",
                "id": station.id,
                "geometry": {
                    "type": "Point",
                    "coordinates": [station.longitude_deg, station.latitude_deg, 0.0],
                },
                "properties": {
                    "id": station.id,
                    "tmsNumber": station.tms_number,
                    "name": station.name,
                    "bearing": station.bearing_deg,
                    "collectionStatus": station.collection_status,
                    "dataUpdatedTime": updated,
                    "state": station.state,
                },
            })
        };
        json!({
            "type": "FeatureCollection",
            "dataUpdatedTime": clock::utc_s(self.setting.timeline.time_ms(second)),
            "features": self.stations.iter().map(feature).collect::<Vec<_>>(),
        })
    }

    fn constants_document(&self, second: i64) -> Value {
        let updated = clock::utc_s(self.setting.timeline.start_ms - METADATA_AGE_MS);
        let constant = |name: &str, value: f64, from: &str, to: &str| {
            json!({
                "name": name, "value": value, "validFrom": from, "validTo": to,
            })
        };
        let station = |station: &Station| {
            let mut values = Vec::new();
            for way in ["1", "2"] {
                // Faster roads are slower in winter, over New Year.
                let free_flow = format!("VVAPAAS{way}");
                let winter_km_h = station.free_flow_km_h.min(100.0);
                if winter_km_h < station.free_flow_km_h {
                    values.push(constant(&free_flow, station.free_flow_km_h, "04-01", "10-31"));
                    values.push(constant(&free_flow, winter_km_h, "11-01", "03-31"));
                } else {
                    values.push(constant(&free_flow, winter_km_h, "01-01", "12-31"));
                }
                let flow_max = format!("MS{way}");
                values.push(constant(&flow_max, FLOW_MAX_VEH_H, "01-01", "12-31"));
            }
            let bearing_deg = f64::from(station.bearing_deg);
            values.push(constant("Tien_suunta", bearing_deg, "01-01", "12-31"));
            json!({
                "id": station.id,
                "dataUpdatedTime": updated,
                "sensorConstantValues": values,
            })
        };
        json!({
            "dataUpdatedTime": clock::utc_s(self.setting.timeline.time_ms(second)),
            "stations": self.stations.iter().map(station).collect::<Vec<_>>(),
        })
    }

    fn data_document(&self, second: i64) -> Value {
        let timeline = self.setting.timeline;
        let station = |station: &Station| {
            let measured_second = Self::measured_second(station, second);
            let measured_ms = timeline.time_ms(measured_second);
            let values = self.measured(station, measured_second);
            json!({
                "id": station.id,
                "tmsNumber": station.tms_number,
                "dataUpdatedTime": clock::utc_s(measured_ms),
                "sensorValues": values
                    .iter()
                    .map(|value| sensor_value(station, value, measured_ms))
                    .collect::<Vec<_>>(),
            })
        };
        json!({
            "dataUpdatedTime": clock::utc_s(timeline.time_ms(second)),
            "stations": self.stations.iter().map(station).collect::<Vec<_>>(),
        })
    }

    /// The values of a station's new measurement, one message each.
    fn messages(&self, station: &Station, second: i64, out: &mut Vec<Sent>) {
        let time_ms = self.setting.timeline.time_ms(second);
        let measured = self.measured(station, second);
        for (nth, value) in measured.iter().enumerate() {
            let mut payload = json!({
                "value": value.value,
                "time": time_ms.div_euclid(1_000),
            });
            if value.fixed {
                let end_ms = last_hour_ms(time_ms);
                payload["start"] = ((end_ms - HOUR_MS) / 1_000).into();
                payload["end"] = (end_ms / 1_000).into();
            }
            out.push(Sent {
                received_time_ms: time_ms + 150 + nth as i64 * 4,
                source: MQTT.into(),
                topic: format!("tms-v2/{}/{}", station.id, value.id),
                payload: payload.to_string().into_bytes(),
            });
        }
    }
}

impl Feed for Tms {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.setting.timeline.phase_s(second);
        if phase_s == 0 {
            let stations = self.stations_document(second);
            out.push(self.document(second, STATIONS_PATH, &stations));
            let constants = self.constants_document(second);
            out.push(self.document(second, CONSTANTS_PATH, &constants));
        }
        if phase_s % EVERY_S == 0 {
            let data = self.data_document(second);
            out.push(self.document(second, DATA_PATH, &data));
        }
        for station in &self.stations {
            if second.rem_euclid(EVERY_S) == station.at_s {
                self.messages(station, second, out);
            }
        }
    }
}

/// The end of the last full hour.
fn last_hour_ms(time_ms: i64) -> i64 {
    time_ms - time_ms.rem_euclid(HOUR_MS)
}

/// The values of one direction, 0 or 1.
fn values(station: &Station, way: usize, speed_km_h: f64, flow_veh_h: f64) -> Vec<Measured> {
    let direction = way + 1;
    let measured = |ids: [u32; 2], name: String, short: &str, unit: &str, value, fixed| Measured {
        id: ids[way],
        name,
        short_name: format!("{short}{direction}"),
        unit: unit.into(),
        value,
        fixed,
    };
    let percent = &station.percent_unit;
    let speed_percent = (speed_km_h / station.free_flow_km_h * 100.0).round();
    let flow_percent = (flow_veh_h / FLOW_MAX_VEH_H * 100.0).round();
    let speed = format!("KESKINOPEUS_5MIN_LIUKUVA_SUUNTA{direction}");
    let passes = format!("OHITUKSET_5MIN_LIUKUVA_SUUNTA{direction}");
    let speed_share = format!("{speed}_VVAPAAS{direction}");
    let flow_share = format!("{passes}_MS{direction}");
    let hour = format!("OHITUKSET_60MIN_KIINTEA_SUUNTA{direction}");
    let hour_veh = (flow_veh_h * 0.9).round();
    vec![
        measured([5122, 5125], speed, "km/h", "km/h", speed_km_h, false),
        measured([5116, 5119], passes, "kpl/h", "kpl/h", flow_veh_h, false),
        measured([5158, 5161], speed_share, "vvapaas", percent, speed_percent, false),
        measured([5164, 5168], flow_share, "ms", percent, flow_percent, false),
        measured([5054, 5055], hour, "kpl/h", "kpl/h", hour_veh, true),
    ]
}

fn sensor_value(station: &Station, value: &Measured, measured_ms: i64) -> Value {
    let mut json = json!({
        "id": value.id,
        "stationId": station.id,
        "name": value.name,
        "shortName": value.short_name,
        "measuredTime": clock::utc_s(measured_ms),
        "unit": value.unit,
        "value": value.value,
    });
    if value.fixed {
        let end_ms = last_hour_ms(measured_ms);
        json["timeWindowStart"] = clock::utc_s(end_ms - HOUR_MS).into();
        json["timeWindowEnd"] = clock::utc_s(end_ms).into();
    }
    json
}
