//! What CO2 a megajoule of a fuel makes, of which origin.

use std::collections::BTreeMap;

use super::table::{Table, TableError};

/// CO2 of a fuel as it is sold in a year, g for each MJ that a vehicle uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FuelFactors {
    /// From the tailpipe, of fossil origin.
    pub fossil_g_mj: f64,
    /// From the tailpipe, of biogenic origin.
    pub biogenic_g_mj: f64,
    /// CO2 equivalents of making and bringing it.
    pub upstream_g_mj: f64,
}

/// Fuels by year.
#[derive(Clone, Debug, PartialEq)]
pub struct FuelTable {
    fuels: BTreeMap<String, BTreeMap<i32, FuelFactors>>,
}

const COLUMNS: [&str; 7] = [
    "fuel",
    "year",
    "fossil_carbon_g_mj",
    "bio_share",
    "bio_carbon_g_mj",
    "fossil_upstream_g_mj",
    "bio_upstream_g_mj",
];

impl FuelTable {
    /// Reads a table of fuels: CO2 per MJ of the fossil and of the biogenic part, the share of
    /// energy that is biogenic, and what making them costs.
    pub fn parse(name: &str, text: &str) -> Result<Self, TableError> {
        const G_MJ: [f64; 2] = [0.0, 500.0];
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let mut fuels: BTreeMap<String, BTreeMap<i32, FuelFactors>> = BTreeMap::new();
        for row in table.rows() {
            let fuel = row.text("fuel")?;
            let year = row.number("year", [1900.0, 2200.0])? as i32;
            let bio = row.number("bio_share", [0.0, 1.0])?;
            let factors = FuelFactors {
                fossil_g_mj: (1.0 - bio) * row.number("fossil_carbon_g_mj", G_MJ)?,
                biogenic_g_mj: bio * row.number("bio_carbon_g_mj", G_MJ)?,
                upstream_g_mj: (1.0 - bio) * row.number("fossil_upstream_g_mj", G_MJ)?
                    + bio * row.number("bio_upstream_g_mj", G_MJ)?,
            };
            if fuels.entry(fuel.to_owned()).or_default().insert(year, factors).is_some() {
                return Err(row.error("year", format!("{fuel} of {year} is there twice")));
            }
        }
        Ok(Self { fuels })
    }

    /// A fuel as it is sold in a year: the newest row that is not later, or the first there is.
    /// Nothing when the table does not have the fuel.
    ///
    /// ```
    /// use traffic::emission::FuelTable;
    /// let text = "fuel,year,fossil_carbon_g_mj,bio_share,bio_carbon_g_mj,fossil_upstream_g_mj,\
    ///             bio_upstream_g_mj\ndiesel,2024,73.4,0.1,70.8,18.9,12.0\n";
    /// let fuels = FuelTable::parse("fuels.csv", text).unwrap();
    /// let diesel = fuels.factors("diesel", 2026).unwrap();
    /// assert!((diesel.fossil_g_mj - 66.06).abs() < 1e-9);
    /// assert!((diesel.biogenic_g_mj - 7.08).abs() < 1e-9);
    /// assert!((diesel.upstream_g_mj - 18.21).abs() < 1e-9);
    /// assert_eq!(fuels.factors("coal", 2026), None);
    /// ```
    pub fn factors(&self, fuel: &str, year: i32) -> Option<FuelFactors> {
        let years = self.fuels.get(fuel)?;
        years.range(..=year).next_back().or_else(|| years.first_key_value()).map(|(_, it)| *it)
    }

    /// Names of the fuels, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fuels.keys().map(String::as_str)
    }
}
