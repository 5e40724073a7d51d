//! Rates that were measured, in place of the annex's functions.

use std::collections::BTreeMap;

use super::hot::IN_ANNEX;
use super::table::{Table, TableError};
use super::{ClassTable, Pollutant};

const COLUMNS: [&str; 4] = ["class", "pollutant", "speed_km_h", "rate_g_s"];

/// Speed in km/h and rate in g/s (energy MJ/s).
pub(super) type Point = [f64; 2];

/// Rates of classes by mean speed, with all that they do at it, stops included. What a city has
/// measured takes the place of the annex's function of the same class and pollutant; CO2 is that
/// of the class's fuel, so its energy is given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateTable {
    points: BTreeMap<(String, Pollutant), Vec<Point>>,
}

impl RateTable {
    /// Reads a table: rows of class, pollutant, speed and rate, the speeds of one class and
    /// pollutant ascending. Rates are linear between them and constant outside. Errors name file,
    /// line and cell; a pollutant that follows from others (CO2 from energy, NO2 from NOx) is one.
    ///
    /// ```
    /// use traffic::emission::{ClassTable, RateTable};
    /// let classes = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/emission/classes.csv");
    /// let classes = std::fs::read_to_string(classes).unwrap();
    /// let classes = ClassTable::parse("classes.csv", &classes).unwrap();
    /// let text = "class,pollutant,speed_km_h,rate_g_s\ncar_electric,nox,0,-1\n";
    /// let error = RateTable::parse("rates.csv", text, &classes).unwrap_err();
    /// assert_eq!(error.to_string(), "rates.csv:2: rate_g_s: -1 is not within 0 to 1000000");
    /// ```
    pub fn parse(name: &str, text: &str, classes: &ClassTable) -> Result<Self, TableError> {
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let mut points: BTreeMap<(String, Pollutant), Vec<Point>> = BTreeMap::new();
        for row in table.rows() {
            let class = row.text("class")?;
            if classes.get(class).is_none() {
                let message = format!("{class:?} is not in the table of classes; add it there");
                return Err(row.error("class", message));
            }
            let pollutant = row.text("pollutant")?;
            let known = Pollutant::from_name(pollutant).filter(|known| IN_ANNEX.contains(known));
            let Some(pollutant) = known else {
                let names = IN_ANNEX.map(Pollutant::name).join(", ");
                return Err(row.error("pollutant", format!("{pollutant:?} is none of {names}")));
            };
            let speed_km_h = row.number("speed_km_h", [0.0, super::MAX_SPEED_KM_H])?;
            let rate = row.number("rate_g_s", [0.0, 1e6])?;
            let points = points.entry((class.to_owned(), pollutant)).or_default();
            if points.last().is_some_and(|[before, _]| *before >= speed_km_h) {
                let message = "the speeds of one class and pollutant must ascend".to_owned();
                return Err(row.error("speed_km_h", message));
            }
            points.push([speed_km_h, rate]);
        }
        Ok(Self { points })
    }

    /// The points of a class and pollutant, if they are there.
    pub(super) fn points(&self, class: &str, pollutant: Pollutant) -> Option<&[Point]> {
        self.points.get(&(class.to_owned(), pollutant)).map(Vec::as_slice)
    }

    /// Everything in it as bytes, for a hash.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for ((class, pollutant), points) in &self.points {
            bytes.extend(class.as_bytes());
            bytes.extend(pollutant.name().as_bytes());
            bytes.extend(points.iter().flatten().flat_map(|number| number.to_le_bytes()));
        }
        bytes
    }
}

/// The rate at a speed.
pub(super) fn rate_at(points: &[Point], speed_km_h: f64) -> f64 {
    let after = points.partition_point(|[speed, _]| *speed <= speed_km_h);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some([from, below]), Some(&[to, above])) => {
            below + (above - below) * (speed_km_h - from) / (to - from)
        }
        (Some([_, rate]), None) | (None, Some(&[_, rate])) => rate,
        (None, None) => 0.0,
    }
}
