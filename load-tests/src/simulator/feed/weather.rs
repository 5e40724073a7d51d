//! Road weather stations: documents of stations and values.
//!
//! Temperatures move slowly around what the data says of a station; what lies on the road stays.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use super::{Feed, REST, Sent, Setting};
use crate::simulator::chance::Purpose;
use crate::simulator::clock;
use crate::simulator::world::WeatherData;

const STATIONS_PATH: &str = "/api/weather/v1/stations";
const DATA_PATH: &str = "/api/weather/v1/stations/data";

/// Seconds between measurements of a station, and between documents of values.
const EVERY_S: i64 = 60;
/// Milliseconds since the metadata were changed.
const METADATA_AGE_MS: i64 = 40_000_000;
/// By how much temperatures move around their means, °C.
const SWING_C: f64 = 0.4;
/// Wind, which nobody here asks for, m/s.
const WIND_M_S: f64 = 2.4;

/// The stations of one region.
pub(super) struct Weather {
    setting: Setting,
    stations: Vec<WeatherData>,
}

impl Weather {
    pub(super) fn new<'a>(
        setting: Setting,
        stations: impl Iterator<Item = &'a WeatherData>,
    ) -> Self {
        Self { setting, stations: stations.cloned().collect() }
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
        let feature = |station: &WeatherData| {
            let [latitude_deg, longitude_deg] = station.position;
            json!({
                "type": "Feature",
                "id": station.id,
                "geometry": { "type": "Point", "coordinates": [longitude_deg, latitude_deg, 0.0] },
                "properties": {
                    "id": station.id,
                    "name": station.name,
                    "collectionStatus": "GATHERING",
                    "state": null,
                    "dataUpdatedTime": updated,
                },
            })
        };
        json!({
            "type": "FeatureCollection",
            "dataUpdatedTime": clock::utc_s(self.setting.timeline.time_ms(second)),
            "features": self.stations.iter().map(feature).collect::<Vec<_>>(),
        })
    }

    fn data_document(&self, second: i64) -> Value {
        let timeline = self.setting.timeline;
        let station = |station: &WeatherData| {
            let at_s = i64::from(station.id) * 7 % EVERY_S;
            let measured_second = second - (second - at_s).rem_euclid(EVERY_S);
            let measured_ms = timeline.time_ms(measured_second);
            json!({
                "id": station.id,
                "dataUpdatedTime": clock::utc_s(measured_ms),
                "sensorValues": self.values(station, measured_second),
            })
        };
        json!({
            "dataUpdatedTime": clock::utc_s(timeline.time_ms(second)),
            "stations": self.stations.iter().map(station).collect::<Vec<_>>(),
        })
    }

    /// What a station measured at a second.
    fn values(&self, station: &WeatherData, second: i64) -> Vec<Value> {
        let timeline = self.setting.timeline;
        let share = timeline.phase_s(second) as f64 / timeline.duration_s as f64;
        let owner = u64::from(station.id);
        let turn = self.setting.chance.draws(Purpose::Weather, owner, 0).share();
        let swing_c = SWING_C * (TAU * (share + turn)).sin();
        let tenths = |value: f64| (value * 10.0).round() / 10.0;
        let measured = clock::utc_s(timeline.time_ms(second));
        let value = |id: Option<u32>, name: &str, unit: &str, value: f64| {
            json!({
                "id": id,
                "stationId": station.id,
                "name": name,
                "shortName": name,
                "measuredTime": measured,
                "unit": unit,
                "value": value,
            })
        };
        let celsius = station.temperature_unit.as_deref().unwrap_or("°C");
        let mut values = vec![
            value(Some(1), "ILMA", celsius, tenths(station.air_c + swing_c)),
            value(Some(3), "TIE_1", celsius, tenths(station.road_c + swing_c)),
            value(Some(16), "KESKITUULI", "m/s", WIND_M_S),
            value(Some(23), "SADE_INTENSITEETTI", "mm/h", station.rain_mm_h),
        ];
        let sensors = [(27, "KELI_1"), (28, "KELI_2")];
        for ((id, name), code) in sensors.into_iter().zip(&station.surface) {
            values.push(value(Some(id), name, "***", f64::from(*code)));
        }
        if let Some(depths_mm) = station.depth_mm {
            let names = ["VEDEN_MÄÄRÄ1", "LUMEN_MÄÄRÄ1", "JÄÄN_MÄÄRÄ1"];
            for (name, depth_mm) in names.into_iter().zip(depths_mm) {
                values.push(value(None, name, "mm", depth_mm));
            }
        }
        values
    }
}

impl Feed for Weather {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.setting.timeline.phase_s(second);
        if phase_s == 0 {
            let stations = self.stations_document(second);
            out.push(self.document(second, STATIONS_PATH, &stations));
        }
        if phase_s % EVERY_S == 0 {
            let data = self.data_document(second);
            out.push(self.document(second, DATA_PATH, &data));
        }
    }
}
