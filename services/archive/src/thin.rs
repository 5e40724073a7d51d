//! Rows of old days that stay where a kind is thinned: of each vehicle, link and the like one a period.
//!
//! What is thinned is for tools and lies where it lay, with the period in its name. A past moment is
//! made of all rows or of none: of events that are thinned nothing can be asked for as of then.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMillisecondType, UInt32Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use arrow_select::filter::filter_record_batch;
use serde::Deserialize;

use crate::Kind;
use crate::file::Layout;

/// What is left of a kind of older days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thinning {
    /// Days after which it is thinned, today not counted, 1 to 36,500.
    pub after_days: u32,
    /// Length of the periods of which the first row stays, seconds, 2 to 86,400.
    pub every_s: u32,
}

/// Columns that tell whose rows they are; none where rows of a kind do not come again and again.
const fn identity(kind: Kind) -> Option<&'static [&'static str]> {
    match kind {
        Kind::AreaEmission | Kind::AreaState => Some(&["area"]),
        Kind::LinkEmission | Kind::LinkState => Some(&["link"]),
        Kind::DetectorMeasurement | Kind::WeatherMeasurement => {
            Some(&["feed", "entity", "sensor_id"])
        }
        Kind::VehiclePosition | Kind::TripUpdate => Some(&["feed", "entity"]),
        _ => None,
    }
}

/// Kinds that can be thinned, by name.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|&kind| identity(kind).is_some())
}

/// Takes the rows of a kind, batch by batch, and leaves one a period.
pub(crate) struct Thinner {
    identity: &'static [&'static str],
    time: &'static str,
    period_ms: i64,
    /// Newest period of each that a row was left of.
    left: HashMap<Box<[u8]>, i64>,
    key: Vec<u8>,
}

impl Thinner {
    /// None of a kind that cannot be thinned.
    pub(crate) fn new(kind: Kind, every_s: u32) -> Option<Self> {
        let (_, time) = Layout::of(kind).order?;
        let (left, key) = (HashMap::new(), Vec::new());
        let period_ms = i64::from(every_s.max(1)) * 1_000;
        Some(Self { identity: identity(kind)?, time, period_ms, left, key })
    }

    /// The rows that stay: the first of each period, in the order in which they come. One that is of an
    /// older period than what has come goes.
    pub(crate) fn thin(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let column = |name: &str| {
            let missing = || ArrowError::SchemaError(format!("there is no column {name}"));
            batch.column_by_name(name).ok_or_else(missing)
        };
        let times = column(self.time)?.as_primitive::<TimestampMillisecondType>();
        let names: Vec<_> =
            self.identity.iter().map(|name| column(name)).collect::<Result<_, _>>()?;
        let mut stays = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            self.key.clear();
            for name in &names {
                if name.is_valid(row) {
                    match name.data_type() {
                        DataType::UInt32 => {
                            let number = name.as_primitive::<UInt32Type>().value(row);
                            self.key.extend(number.to_le_bytes());
                        }
                        _ => self.key.extend(name.as_string::<i32>().value(row).as_bytes()),
                    }
                }
                // No text has it, so two names never run into one.
                self.key.push(0xff);
            }
            let period = times.value(row).div_euclid(self.period_ms);
            stays.push(match self.left.get_mut(&self.key[..]) {
                Some(left) if *left >= period => false,
                Some(left) => {
                    *left = period;
                    true
                }
                None => {
                    self.left.insert(self.key.as_slice().into(), period);
                    true
                }
            });
        }
        filter_record_batch(batch, &BooleanArray::from(stays))
    }
}
