//! Tables of positions or measurements (CSV, Parquet), with a mapping that says what the columns mean.
//!
//! ```toml
//! delimiter = ";"             # "," when not given
//! time = "timestamp"          # column of the time
//! time_format = "%d.%m.%Y %H:%M:%S"   # or rfc3339 (when not given), unix_s, unix_ms
//! time_zone = "Europe/Helsinki"       # of a time_format without one; the region's when not given
//!
//! [columns]                   # fields of `tilanne_json`, and the columns they are in
//! vehicle = "veh_id"
//! latitude_deg = "lat"
//! longitude_deg = "lon"
//! speed_km_h = "speed"
//!
//! [constants]                 # fields that are the same in all rows
//! mode = "bus"
//!
//! [factors]                   # what numbers are multiplied by
//! speed_km_h = 3.6
//! ```
//!
//! Rows stand in the order of time. Of the hour that there is twice in October a local time is of the
//! first, and once local time has gone back by more than ten minutes of the second; a row of the hour
//! that there is not in March is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::rows::Rows;
use super::{ImportError, Part, Reader, Records, Setup, local_time};
use crate::format::instant::{rfc3339_ms, unix_ms};

/// Fields that are text; all others are numbers.
const TEXTS: [&str; 4] = ["vehicle", "station", "mode", "name"];
const NUMBERS: [&str; 8] = [
    "latitude_deg",
    "longitude_deg",
    "bearing_deg",
    "speed_km_h",
    "direction",
    "window_s",
    "flow_veh_h",
    "occupancy_percent",
];

/// What the columns of a table mean; see the module's file format.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    #[serde(default = "comma")]
    delimiter: char,
    time: String,
    #[serde(default = "rfc3339")]
    time_format: String,
    time_zone: Option<String>,
    columns: BTreeMap<String, String>,
    #[serde(default)]
    constants: BTreeMap<String, toml::Value>,
    #[serde(default)]
    factors: BTreeMap<String, f64>,
}

fn comma() -> char {
    ','
}

fn rfc3339() -> String {
    "rfc3339".to_owned()
}

impl Mapping {
    pub(super) fn parse(text: &str) -> Result<Self, ImportError> {
        let mapping: Self = toml::from_str(text)
            .map_err(|error| ImportError::option("mapping", error.to_string()))?;
        let fields = mapping.columns.keys().chain(mapping.constants.keys());
        for field in fields.chain(mapping.factors.keys()) {
            if !TEXTS.contains(&field.as_str()) && !NUMBERS.contains(&field.as_str()) {
                let known = [TEXTS.as_slice(), NUMBERS.as_slice()].concat().join(", ");
                let message = format!("no field {field:?}; there are {known}");
                return Err(ImportError::option("mapping", message));
            }
        }
        let has = |field| mapping.columns.contains_key(field);
        if has("vehicle") == has("station") {
            let message = "columns: say in which the id of the vehicle is, or of the station";
            return Err(ImportError::option("mapping", message));
        }
        if !mapping.delimiter.is_ascii() {
            return Err(ImportError::option("mapping", "delimiter: one character of ASCII"));
        }
        Ok(mapping)
    }

    /// Columns that are read: that of the time, then those of the fields.
    fn wanted(&self) -> Vec<&str> {
        std::iter::once(&self.time).chain(self.columns.values()).map(String::as_str).collect()
    }

    fn time(&self, text: &str) -> Option<Time> {
        let moment = match self.time_format.as_str() {
            "rfc3339" => rfc3339_ms(text)?,
            "unix_s" | "unix_ms" => unix_ms(text.split('.').next()?.parse().ok()?)?,
            pattern => {
                let parsed = jiff::fmt::strtime::parse(pattern, text).ok()?;
                match parsed.to_timestamp() {
                    Ok(timestamp) => timestamp.as_millisecond(),
                    Err(_) => return parsed.to_datetime().ok().map(Time::Local),
                }
            }
        };
        Some(Time::Moment(moment))
    }
}

/// What a row says of its time.
enum Time {
    /// Milliseconds since 1970-01-01 UTC.
    Moment(i64),
    /// By the clocks of a zone.
    Local(DateTime),
}

/// `table`: see the module.
pub(super) struct Table;

impl Reader for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn format(&self) -> Option<&'static str> {
        Some("tilanne_json")
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        let Some(mapping) = setup.mapping.clone() else {
            let message = "a table needs one: a file that says what its columns mean";
            return Err(ImportError::option("mapping", message));
        };
        let time_zone = match &mapping.time_zone {
            Some(name) => TimeZone::get(name)
                .map_err(|error| ImportError::option("mapping", format!("time_zone: {error}")))?,
            None => setup.time_zone.clone(),
        };
        let is_parquet = file.extension().is_some_and(|extension| extension == "parquet");
        let (rows, places) =
            if is_parquet { parquet(file, setup, &mapping)? } else { text(file, setup, &mapping)? };
        let fields = mapping.columns.keys().cloned();
        let columns = fields.zip(places.iter().skip(1).copied()).collect();
        let time_column = places.first().copied().unwrap_or_default();
        Ok(Box::new(Reports {
            rows,
            columns,
            time_column,
            mapping,
            time_zone,
            newest_ms: i64::MIN,
            file: file.to_owned(),
            setup: Arc::clone(setup),
        }))
    }
}

/// Rows of CSV, and where the time and the columns of the mapping are in them.
fn text(file: &Path, setup: &Setup, mapping: &Mapping) -> Result<(Rows, Vec<usize>), ImportError> {
    let (rows, header) = Rows::csv(file, setup, mapping.delimiter as u8)?;
    let wanted = mapping.wanted().into_iter();
    let places = wanted.map(|name| header.place(name)).collect::<Result<_, _>>()?;
    Ok((rows, places))
}

/// The same of Parquet.
fn parquet(
    file: &Path,
    setup: &Setup,
    mapping: &Mapping,
) -> Result<(Rows, Vec<usize>), ImportError> {
    let Some(open) = setup.parquet else {
        return Err(ImportError::file(file, "Parquet cannot be read here"));
    };
    let wanted = mapping.wanted();
    let rows = open(file, &wanted).map_err(|message| ImportError::file(file, message))?;
    let rows = rows.zip(0..).map(|(row, number)| {
        let mut row = StringRecord::from(row.map_err(std::io::Error::other)?);
        let mut position = csv::Position::new();
        position.set_record(number);
        row.set_position(Some(position));
        Ok(row)
    });
    Ok((Rows::new(file, Box::new(rows)), (0..wanted.len()).collect()))
}

struct Reports {
    rows: Rows,
    columns: Vec<(String, usize)>,
    time_column: usize,
    mapping: Mapping,
    time_zone: TimeZone,
    /// Latest time of the rows so far.
    newest_ms: i64,
    file: PathBuf,
    setup: Arc<Setup>,
}

impl Iterator for Reports {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map(|row| row.part(|cells| self.report(cells))))
    }
}

impl Reports {
    /// A row as a report of `tilanne_json`.
    fn report(&mut self, row: &StringRecord) -> Result<Part, String> {
        let cell = |at: usize| row.get(at).filter(|cell| !cell.is_empty());
        let text = cell(self.time_column).ok_or("no time")?;
        let time = self.mapping.time(text).ok_or_else(|| {
            format!("time {text:?} is not of the time_format {}", self.mapping.time_format)
        })?;
        let time_ms = match time {
            Time::Moment(time_ms) => time_ms,
            Time::Local(time) => local_time::unix_ms(time, &self.time_zone, self.newest_ms)?,
        };
        self.newest_ms = self.newest_ms.max(time_ms);
        let mut report = Map::new();
        let time = Timestamp::from_millisecond(time_ms).map_err(|error| error.to_string())?;
        report.insert("time".into(), time.to_string().into());
        for (field, value) in &self.mapping.constants {
            let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
            report.insert(field.clone(), value);
        }
        for (field, at) in &self.columns {
            let Some(text) = cell(*at) else { continue };
            let value = if TEXTS.contains(&field.as_str()) {
                Value::from(text)
            } else {
                let factor = self.mapping.factors.get(field).copied().unwrap_or(1.0);
                let number: f64 = text
                    .replace(',', ".")
                    .parse()
                    .map_err(|_| format!("{field}: {text:?} is no number"))?;
                let number = Number::from_f64(number * factor);
                number.map(Value::from).ok_or_else(|| format!("{field}: {text:?} is no number"))?
            };
            report.insert(field.clone(), value);
        }
        let payload = Value::from(report).to_string().into_bytes();
        Ok(self.setup.record(&self.file, "", time_ms, payload))
    }
}
