//! Reads the EEA's annex of hot emission factors as it is passed round, and writes our own table.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::hot::COLUMNS;
use super::table::{Row, Table, TableError};
use super::{AnnexClass, HotTable, Pollutant};

/// Columns of the annex as one CSV.
const ANNEX: [&str; 21] = [
    "Category",
    "Fuel",
    "Segment",
    "EuroStandard",
    "Technology",
    "Pollutant",
    "Mode",
    "RoadSlope",
    "Load",
    "MinSpeed_kmh",
    "MaxSpeed_kmh",
    "Alpha",
    "Beta",
    "Gamma",
    "Delta",
    "Epsilon",
    "Zeta",
    "Eta",
    "RF",
    "CheckSpeed_kmh",
    "CheckValue",
];

/// What was made of an annex.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The table, to write to a file.
    pub text: String,
    /// Rows taken.
    pub rows: usize,
    /// Rows of kinds of vehicles that were not wanted.
    pub left_out: usize,
    /// Kinds of vehicles that were wanted and are not in the annex.
    pub missing: Vec<AnnexClass>,
    /// Functions with a pole, which is bridged.
    pub bridged: usize,
    /// Largest relative difference to the annex's own check values.
    pub check_error_max: f64,
}

/// Largest relative difference to a check value that is rounding.
const CHECK_ERROR_MAX: f64 = 1e-9;

fn of_annex(name: &str) -> Option<Pollutant> {
    Some(match name {
        "EC" => Pollutant::Energy,
        "NOx" => Pollutant::Nox,
        "PM" => Pollutant::PmExhaust,
        "CO" => Pollutant::Co,
        "NMHC" => Pollutant::Nmhc,
        "CH4" => Pollutant::Ch4,
        "N2O" => Pollutant::N2o,
        "NH3" => Pollutant::Nh3,
        _ => return None,
    })
}

/// Makes our table of the annex, of the kinds of vehicles that are wanted or of all. Errors name
/// the line of the annex; a function that does not give the annex's own check value is one.
pub fn import_annex(
    name: &str,
    text: &str,
    wanted: Option<&BTreeSet<AnnexClass>>,
) -> Result<Import, TableError> {
    let table = Table::parse(name, text, &ANNEX, &[])?;
    let mut out = String::from(HEADER);
    let _ = writeln!(out, "{}", COLUMNS.join(","));
    let (mut rows, mut left_out) = (0, 0);
    let mut found = BTreeSet::new();
    for row in table.rows() {
        let class = AnnexClass {
            category: row.text("Category")?.to_owned(),
            fuel: row.text("Fuel")?.to_owned(),
            segment: row.text("Segment")?.to_owned(),
            euro: row.text("EuroStandard")?.to_owned(),
            technology: row.cell("Technology").to_owned(),
        };
        if wanted.is_some_and(|wanted| !wanted.contains(&class)) {
            left_out += 1;
            continue;
        }
        write_row(&mut out, row, &class)?;
        found.insert(class);
        rows += 1;
    }
    let made = HotTable::rows(name, &out)?;
    let error_max = made.iter().map(super::HotRow::check_error).fold(0.0, f64::max);
    if let Some(wrong) = made.iter().find(|row| row.check_error() > CHECK_ERROR_MAX) {
        let message = format!(
            "{}, {}: the function gives {}, the annex says {} at {} km/h; the file is damaged",
            wrong.class,
            wrong.pollutant.name(),
            wrong.function.at(wrong.check[0]),
            wrong.check[1],
            wrong.check[0],
        );
        return Err(table.error(message));
    }
    let bridged = HotTable::parse(name, &out)?.bridged();
    let missing = wanted.into_iter().flatten().filter(|class| !found.contains(class));
    Ok(Import {
        rows,
        left_out,
        missing: missing.cloned().collect(),
        bridged,
        check_error_max: error_max,
        text: out,
    })
}

fn write_row(out: &mut String, row: Row<'_>, class: &AnnexClass) -> Result<(), TableError> {
    let name = row.text("Pollutant")?;
    let Some(pollutant) = of_annex(name) else {
        return Err(row.error("Pollutant", format!("{name:?} is not a pollutant of the annex")));
    };
    // Names have no quotes or commas; that they do not is checked here, once.
    let names = [&class.category, &class.fuel, &class.segment, &class.euro, &class.technology];
    for (column, name) in ANNEX.iter().zip(names) {
        if name.contains([',', '"', '\n', '#']) {
            return Err(row.error(column, format!("{name:?} has a comma, quote or #")));
        }
        let _ = write!(out, "{name},");
    }
    let _ = write!(out, "{},{},", pollutant.name(), row.cell("Mode"));
    match row.optional("RoadSlope", [-0.2, 0.2])? {
        Some(slope) => _ = write!(out, "{},", (slope * 1e4).round() / 100.0),
        None => out.push(','),
    }
    match row.optional("Load", [0.0, 1.0])? {
        Some(load) => _ = write!(out, "{load},"),
        None => out.push(','),
    }
    let numbers = ANNEX.iter().skip(9);
    for (place, column) in numbers.enumerate() {
        let number = row.number(column, [-1e30, 1e30])?;
        // The shortest text that reads back as the same number.
        let _ = write!(out, "{}{number:?}", if place == 0 { "" } else { "," });
    }
    out.push('\n');
    Ok(())
}

const HEADER: &str = "\
# title: Hot emission factors of road vehicles
# version: 2019
# source: EMEP/EEA air pollutant emission inventory guidebook 2019, 1.A.3.b.i-iv, annex (EMISIA)
# publisher: European Environment Agency
# licence: re-use permitted provided the source is acknowledged (EEA's re-use policy, CC BY 4.0)
# made with: tilanne emission import; coefficients are the publisher's, unchanged
# Functions: (alpha V^2 + beta V + gamma + delta/V) / (epsilon V^2 + zeta V + eta) (1 - reduction),
# g/km, energy MJ/km, V within the range of speeds; check_value is the publisher's own figure at
# check_speed_km_h.
";
