//! Exhaust of warm engines by average speed: the functions of the EMEP/EEA annex.

use std::collections::BTreeMap;
use std::fmt;

use super::Pollutant;
use super::table::{Row, Table, TableError};

/// Half the width of the stretch around a pole that is bridged, km/h.
const POLE_KM_H: f64 = 2.0;

/// One function of the annex:
/// `(α V² + β V + γ + δ/V) / (ε V² + ζ V + η) (1 - RF)`, V within its range of speeds.
///
/// Source: EMEP/EEA air pollutant emission inventory guidebook 2019, 1.A.3.b.i-iv, annex of hot
/// emission factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HotFunction {
    numerator: [f64; 4],
    denominator: [f64; 3],
    kept: f64,
    speed_km_h: [f64; 2],
    bridge: Option<[f64; 2]>,
}

impl HotFunction {
    /// A function from α, β, γ, δ; ε, ζ, η; RF, which is what a better technology takes off (below
    /// 0 where it adds); and its range of speeds, km/h.
    pub fn new(
        numerator: [f64; 4],
        denominator: [f64; 3],
        reduction: f64,
        speed_km_h: [f64; 2],
    ) -> Self {
        let bridge = bridge(denominator, speed_km_h);
        Self { numerator, denominator, kept: 1.0 - reduction, speed_km_h, bridge }
    }

    /// Its range of speeds, km/h.
    pub fn speed_km_h(&self) -> [f64; 2] {
        self.speed_km_h
    }

    /// The stretch of speeds over which [`Self::steady`] bridges a pole, km/h.
    pub fn bridge_km_h(&self) -> Option<[f64; 2]> {
        self.bridge
    }

    /// g/km (energy MJ/km) at a speed, as the annex has it: outside of its range of speeds the
    /// value of the nearest bound. It can be negative, and endless beside a pole of the formula;
    /// see [`Self::steady`].
    ///
    /// NOx of a medium petrol car of Euro 6d at 15 km/h, from coefficients of six decimals:
    ///
    /// ```
    /// use traffic::emission::HotFunction;
    /// let nox = HotFunction::new(
    ///     [-0.000315, 0.103057, 0.239057, -0.339279],
    ///     [0.034536, 1.986013, 1.263763],
    ///     0.0,
    ///     [5.0, 130.0],
    /// );
    /// assert!((nox.at(15.0) - 0.043568).abs() < 5e-6);
    /// assert_eq!(nox.at(3.0), nox.at(5.0));
    /// ```
    pub fn at(&self, speed_km_h: f64) -> f64 {
        // What is no number counts as the lowest speed.
        let v = speed_km_h.max(self.speed_km_h[0]).min(self.speed_km_h[1]);
        let [alpha, beta, gamma, delta] = self.numerator;
        let [epsilon, zeta, eta] = self.denominator;
        // Functions that begin at 0 km/h have no term in 1/V.
        let inverse = if delta == 0.0 { 0.0 } else { delta / v };
        (alpha * v * v + beta * v + gamma + inverse) / (epsilon * v * v + zeta * v + eta)
            * self.kept
    }

    /// g/km at a speed, fit to add up: never negative and never endless. Some functions of the
    /// annex have a pole within their range, most at its slow end; 2 km/h to each side of it the
    /// value goes linearly between those at the two ends. Values below 0 are 0.
    ///
    /// ```
    /// use traffic::emission::HotFunction;
    /// let function = HotFunction::new([0.0, 1.0, 0.0, 0.0], [0.0, 1.0, -10.0], 0.0, [5.0, 85.0]);
    /// assert_eq!(function.bridge_km_h(), Some([8.0, 12.0]));
    /// assert!(function.at(10.0).is_infinite());
    /// assert!((function.steady(10.0) - 3.0).abs() < 1e-9);
    /// assert_eq!(function.steady(6.0), 0.0);
    /// ```
    pub fn steady(&self, speed_km_h: f64) -> f64 {
        let v = speed_km_h.max(self.speed_km_h[0]).min(self.speed_km_h[1]);
        let value = match self.bridge {
            Some([low, high]) if low < v && v < high => {
                let at_high = self.at(high).max(0.0);
                // A bridge that begins before the function does is level.
                let at_low = if low < self.speed_km_h[0] { at_high } else { self.at(low).max(0.0) };
                at_low + (at_high - at_low) * (v - low) / (high - low)
            }
            _ => self.at(v),
        };
        if value.is_finite() { value.max(0.0) } else { 0.0 }
    }
}

/// The stretch around the zeros of a denominator within a range of speeds.
fn bridge([epsilon, zeta, eta]: [f64; 3], [min, max]: [f64; 2]) -> Option<[f64; 2]> {
    let roots = if epsilon == 0.0 {
        [-eta / zeta, f64::NAN]
    } else {
        // The two roots without the loss of digits of the school formula.
        let half = -0.5 * (zeta + (zeta * zeta - 4.0 * epsilon * eta).sqrt().copysign(zeta));
        [half / epsilon, eta / half]
    };
    let poles = roots.into_iter().filter(|root| (min..=max).contains(root));
    poles.fold(None, |bridge: Option<[f64; 2]>, pole| {
        let [low, high] = bridge.unwrap_or([pole - POLE_KM_H, pole + POLE_KM_H]);
        Some([low.min(pole - POLE_KM_H), high.max(pole + POLE_KM_H)])
    })
}

/// A kind of vehicle as the annex calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnnexClass {
    /// `PC`, `LCV`, `TRUCKS`, `BUS` or `MC`.
    pub category: String,
    /// Such as `G`, `D` or `G PHEV ELEC`.
    pub fuel: String,
    /// Size, such as `Medium` or `Rigid 14 - 20 t`.
    pub segment: String,
    /// Such as `VI D`.
    pub euro: String,
    /// Of the exhaust after-treatment or of the injection; may be empty.
    pub technology: String,
}

impl fmt::Display for AnnexClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, fuel, segment, euro, technology } = self;
        write!(f, "{category} | {fuel} | {segment} | {euro} | {technology}")
    }
}

/// The annex's modes of driving, for figures that do not go by speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DrivingMode {
    /// Town in the rush hour.
    UrbanPeak,
    /// Town otherwise.
    UrbanOffPeak,
    /// Country road.
    Rural,
    /// Motorway.
    Highway,
}

impl DrivingMode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::UrbanPeak, Self::UrbanOffPeak, Self::Rural, Self::Highway];

    /// Its name in the annex.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UrbanPeak => "Urban Peak",
            Self::UrbanOffPeak => "Urban Off Peak",
            Self::Rural => "Rural",
            Self::Highway => "Highway",
        }
    }
}

/// One row of a table of hot functions.
#[derive(Clone, Debug, PartialEq)]
pub struct HotRow {
    /// Whose.
    pub class: AnnexClass,
    /// Of what.
    pub pollutant: Pollutant,
    /// In which mode, where it matters.
    pub mode: Option<DrivingMode>,
    /// On which slope, percent, where it matters.
    pub slope_percent: Option<f64>,
    /// With which load, where it matters.
    pub load_share: Option<f64>,
    /// The function.
    pub function: HotFunction,
    /// A speed, km/h, and what the publisher's own print says at it.
    pub check: [f64; 2],
}

impl HotRow {
    /// Relative difference of the function to the publisher's check value; absolute where that is
    /// nearly 0.
    pub fn check_error(&self) -> f64 {
        let [speed_km_h, value] = self.check;
        (self.function.at(speed_km_h) - value).abs() / value.abs().max(1e-12)
    }
}

/// Columns of a table of hot functions.
pub(super) const COLUMNS: [&str; 21] = [
    "category",
    "fuel",
    "segment",
    "euro",
    "technology",
    "pollutant",
    "mode",
    "slope_percent",
    "load_share",
    "min_speed_km_h",
    "max_speed_km_h",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "reduction",
    "check_speed_km_h",
    "check_value",
];

/// What no coefficient reaches.
const ANY: [f64; 2] = [-1e30, 1e30];

/// Pollutants that the annex has functions for, the energy first.
pub(super) const IN_ANNEX: [Pollutant; 8] = [
    Pollutant::Energy,
    Pollutant::Nox,
    Pollutant::PmExhaust,
    Pollutant::Co,
    Pollutant::Nmhc,
    Pollutant::Ch4,
    Pollutant::N2o,
    Pollutant::Nh3,
];

fn hot_row(row: Row<'_>) -> Result<HotRow, TableError> {
    let name = row.text("pollutant")?;
    let known = Pollutant::from_name(name).filter(|pollutant| IN_ANNEX.contains(pollutant));
    let Some(pollutant) = known else {
        let names = IN_ANNEX.map(Pollutant::name).join(", ");
        return Err(row.error("pollutant", format!("{name:?} is none of {names}")));
    };
    let mode = match row.cell("mode") {
        "" => None,
        name => match DrivingMode::ALL.into_iter().find(|mode| mode.name() == name) {
            None => return Err(row.error("mode", format!("{name:?} is no mode of driving"))),
            mode => mode,
        },
    };
    let number = |column| row.number(column, ANY);
    let min = row.number("min_speed_km_h", [0.0, 200.0])?;
    let max = row.number("max_speed_km_h", [min.max(1.0), 300.0])?;
    let numerator = [number("alpha")?, number("beta")?, number("gamma")?, number("delta")?];
    if min == 0.0 && numerator[3] != 0.0 {
        return Err(row.error("min_speed_km_h", "0 with a term in 1/V; take 1".to_owned()));
    }
    let denominator = [number("epsilon")?, number("zeta")?, number("eta")?];
    if denominator.iter().all(|term| *term == 0.0) {
        return Err(row.error("eta", "the whole denominator is 0; write 1 for none".to_owned()));
    }
    let class = AnnexClass {
        category: row.text("category")?.to_owned(),
        fuel: row.text("fuel")?.to_owned(),
        segment: row.text("segment")?.to_owned(),
        euro: row.text("euro")?.to_owned(),
        technology: row.cell("technology").to_owned(),
    };
    Ok(HotRow {
        class,
        pollutant,
        mode,
        slope_percent: row.optional("slope_percent", [-20.0, 20.0])?,
        load_share: row.optional("load_share", [0.0, 1.0])?,
        function: HotFunction::new(
            numerator,
            denominator,
            row.number("reduction", [-100.0, 1.0])?,
            [min, max],
        ),
        check: [row.number("check_speed_km_h", [0.0, 300.0])?, number("check_value")?],
    })
}

/// Functions by slope and load: every slope with every load.
#[derive(Clone, Debug, PartialEq)]
struct Grid {
    slopes: Vec<f64>,
    loads: Vec<f64>,
    /// By slope, then by load.
    functions: Vec<HotFunction>,
}

/// Where a value lies between grid lines: two places and the share of the second.
fn between(lines: &[f64], value: f64) -> [(usize, f64); 2] {
    let last = lines.len() - 1;
    let high = lines.partition_point(|line| *line < value).min(last);
    let low = high.saturating_sub(usize::from(high > 0 && value < lines[high]));
    if low == high || value <= lines[low] {
        return [(low, 1.0), (high, 0.0)];
    }
    let share = ((value - lines[low]) / (lines[high] - lines[low])).min(1.0);
    [(low, 1.0 - share), (high, share)]
}

/// The hot functions of many kinds of vehicles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HotTable {
    grids: BTreeMap<AnnexClass, BTreeMap<(Pollutant, Option<DrivingMode>), Grid>>,
    rows: usize,
}

impl HotTable {
    /// Reads a table. Errors name the line and the cell: what is no number, an unknown pollutant,
    /// a row that is there twice, a slope without one of the loads.
    pub fn parse(name: &str, text: &str) -> Result<Self, TableError> {
        let (table, rows) = Self::table(name, text)?;
        let mut cells: BTreeMap<_, BTreeMap<_, Vec<(u64, HotRow)>>> = BTreeMap::new();
        let count = rows.len();
        for (line, row) in rows {
            let of_class = cells.entry(row.class.clone()).or_default();
            of_class.entry((row.pollutant, row.mode)).or_default().push((line, row));
        }
        let mut grids: BTreeMap<AnnexClass, BTreeMap<_, Grid>> = BTreeMap::new();
        for (class, tables) in cells {
            for (key, rows) in tables {
                let grid = grid(&rows).map_err(|(line, message)| TableError {
                    line,
                    message: format!("{class}, {}: {message}", key.0.name()),
                    ..table.error(String::new())
                })?;
                grids.entry(class.clone()).or_default().insert(key, grid);
            }
        }
        Ok(Self { grids, rows: count })
    }

    /// Reads the rows of a table as they are, with their check values.
    pub fn rows(name: &str, text: &str) -> Result<Vec<HotRow>, TableError> {
        let (_, rows) = Self::table(name, text)?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn table(name: &str, text: &str) -> Result<(Table, Vec<(u64, HotRow)>), TableError> {
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let rows = table.rows().map(|row| Ok((row.line(), hot_row(row)?)));
        let rows = rows.collect::<Result<Vec<_>, TableError>>()?;
        Ok((table, rows))
    }

    /// How many functions it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The kinds of vehicles that it has functions for.
    pub fn classes(&self) -> impl Iterator<Item = &AnnexClass> {
        self.grids.keys()
    }

    /// Whether it has a kind of vehicle.
    pub fn has(&self, class: &AnnexClass) -> bool {
        self.grids.contains_key(class)
    }

    /// How many functions have a pole that is bridged.
    pub fn bridged(&self) -> usize {
        let grids = self.grids.values().flat_map(BTreeMap::values);
        grids.flat_map(|grid| &grid.functions).filter(|it| it.bridge_km_h().is_some()).count()
    }

    /// The functions, with their weights, whose weighted sum is a pollutant of a kind of vehicle
    /// on a slope (percent) with a load: interpolated linearly in both, the nearest grid line
    /// beyond the ends. Empty where the table has none. Where a pollutant goes by mode of driving,
    /// the mode's own function counts, unless that is 0 throughout and the one without a mode is
    /// not: so the annex leaves N2O of heavy vehicles on country roads blank.
    pub fn functions(
        &self,
        class: &AnnexClass,
        pollutant: Pollutant,
        mode: DrivingMode,
        slope_percent: f64,
        load_share: f64,
    ) -> Vec<(HotFunction, f64)> {
        let Some(grids) = self.grids.get(class) else { return Vec::new() };
        let filled = |grid: &&Grid| {
            grid.functions.iter().any(|it| it.numerator.iter().any(|term| *term != 0.0))
        };
        let own = grids.get(&(pollutant, Some(mode)));
        let any = grids.get(&(pollutant, None));
        let Some(grid) = own.filter(filled).or(any).or(own) else { return Vec::new() };
        let mut weighted = Vec::with_capacity(4);
        for (slope, of_slope) in between(&grid.slopes, slope_percent) {
            for (load, of_load) in between(&grid.loads, load_share) {
                let weight = of_slope * of_load;
                if weight > 0.0 {
                    weighted.push((grid.functions[slope * grid.loads.len() + load], weight));
                }
            }
        }
        weighted
    }
}

/// Puts the rows of one kind of vehicle, pollutant and mode in order.
fn grid(rows: &[(u64, HotRow)]) -> Result<Grid, (u64, String)> {
    let lines = |of: fn(&HotRow) -> Option<f64>| {
        let mut lines: Vec<f64> = rows.iter().map(|(_, row)| of(row).unwrap_or(0.0)).collect();
        lines.sort_by(f64::total_cmp);
        lines.dedup();
        lines
    };
    let slopes = lines(|row| row.slope_percent);
    let loads = lines(|row| row.load_share);
    let first = rows.first().map_or(1, |(line, _)| *line);
    let mut functions = Vec::new();
    for &slope in &slopes {
        for &load in &loads {
            let mut here = rows.iter().filter(|(_, row)| {
                let place = [row.slope_percent, row.load_share].map(|at| at.unwrap_or(0.0));
                place.map(f64::to_bits) == [slope, load].map(f64::to_bits)
            });
            let Some((_, row)) = here.next() else {
                let message = format!("no row for slope {slope} % with load {load}; add it");
                return Err((first, message));
            };
            if let Some((line, _)) = here.next() {
                let message = format!("slope {slope} % with load {load} is there twice");
                return Err((*line, message));
            }
            functions.push(row.function);
        }
    }
    Ok(Grid { slopes, loads, functions })
}
