//! Road wear by studded tyres, and what of it goes into the air at once.
//!
//! Source: Denby et al., A coupled road dust and surface moisture model to predict non-exhaust road
//! traffic induced particle emissions (NORTRIP), parts 1 and 2, Atmospheric Environment 77 and 81,
//! 2013; figures of parameter table 12, verified against metno's implementation. That is where the
//! driving-cycle factor (urban 1.5, congested 2) is seen to act on brakes only: wear of the road has
//! none, so none is applied here.
//!
//! *Wear potential* is the mass that tyres take off the surface. On a dry road three quarters of it
//! are *emitted now*; the rest, and all of it on a wet road, stays and is raised later, in spring.
//! That later dust is not modelled here: a street can emit more than its wear of the day.

use std::collections::BTreeMap;
use std::fmt;

/// Speed at which the wear rates hold, km/h.
const SPEED_REFERENCE_KM_H: f64 = 70.0;

/// Wear does not fall below that of this speed, km/h.
const SPEED_LEAST_KM_H: f64 = 30.0;

/// Fastest speed that is believed, km/h.
const SPEED_MOST_KM_H: f64 = 130.0;

/// Snow and ice from which on tyres no longer reach the road, mm of water.
const SNOW_COVERS_MM: f64 = 5.0;

/// Water on the road between which retention goes from none to all, mm.
const RETENTION_MM: (f64, f64) = (0.01, 0.03);

/// Share of wear that is emitted from a dry road at once.
const DIRECT_SHARE: f64 = 0.75;

/// Share of road wear up to 10 and up to 2.5 micrometres.
const PM_SHARE: (f64, f64) = (0.28, 0.0224);

/// Pavement factor of Finnish streets and of Hornsgatan in Stockholm. Stone of other countries wears
/// 1 to 4 times the reference.
pub const FINNISH_PAVEMENT: f64 = 0.98;

/// Which vehicle wears the road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WearVehicle {
    /// Cars and vans.
    Light,
    /// Lorries and buses.
    Heavy,
}

/// What lies on the road. Depths in mm of water; where a road-weather station gives none, the state
/// alone decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RoadState {
    /// Dry.
    Dry,
    /// Damp, no film of water: half is retained where no depth is known, the middle of NORTRIP's
    /// ramp from 0.01 to 0.03 mm.
    Moist {
        /// Depth of water.
        water_mm: Option<f64>,
    },
    /// A film of water: all wear is retained.
    Wet,
    /// Snow: all wear is retained, and above 5 mm there is none.
    Snow {
        /// Depth as water.
        water_mm: Option<f64>,
    },
    /// Ice or frost: as snow.
    Ice {
        /// Depth as water.
        water_mm: Option<f64>,
    },
}

impl RoadState {
    /// Share of the emission that is not retained, 0 to 1.
    fn emits(self) -> f64 {
        match self {
            Self::Dry => 1.0,
            Self::Moist { water_mm: Some(depth) } => emitted_share(depth),
            Self::Moist { water_mm: None } => 0.5,
            Self::Wet | Self::Snow { .. } | Self::Ice { .. } => 0.0,
        }
    }

    /// Whether tyres reach the road.
    fn is_bare(self) -> bool {
        match self {
            Self::Snow { water_mm } | Self::Ice { water_mm } => {
                !water_mm.is_some_and(|depth| depth > SNOW_COVERS_MM)
            }
            _ => true,
        }
    }
}

/// Share of dust that a road does not retain, from the water on it, mm: all below 0.01 mm, none above
/// 0.03 mm, linear between (NORTRIP's first retention function). No number is taken for dry.
///
/// ```
/// use traffic::emission::studded::emitted_share;
/// assert_eq!(emitted_share(0.0), 1.0);
/// assert!((emitted_share(0.02) - 0.5).abs() < 1e-12);
/// assert_eq!(emitted_share(1.0), 0.0);
/// ```
pub fn emitted_share(water_mm: f64) -> f64 {
    let (none, all) = RETENTION_MM;
    if water_mm.is_nan() { 1.0 } else { (1.0 - (water_mm - none) / (all - none)).clamp(0.0, 1.0) }
}

/// Mass by size class, g/km.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DustMass {
    /// All sizes.
    pub total_g_km: f64,
    /// Up to 10 micrometres.
    pub pm10_g_km: f64,
    /// Up to 2.5 micrometres.
    pub pm2_5_g_km: f64,
}

impl DustMass {
    fn of(total_g_km: f64) -> Self {
        let (pm10, pm2_5) = PM_SHARE;
        Self { total_g_km, pm10_g_km: total_g_km * pm10, pm2_5_g_km: total_g_km * pm2_5 }
    }
}

/// Road wear of one vehicle, the mean over those with and without studs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoadWear {
    /// Taken off the road.
    pub potential: DustMass,
    /// Of that, into the air now. The rest stays on the road.
    pub emitted: DustMass,
    /// How many inputs were out of range and moved to its end.
    pub clamped: u32,
}

/// Road wear per vehicle-km: `W0 * max(V, 30) / 70 * pavement`, W0 = 2.88 g/km with and 0.072 g/km
/// without studs for light vehicles, 14.4 and 0.36 for heavy ones. Speeds above 130 km/h and shares
/// outside 0 to 1 are moved there and counted; nothing for what is no number, a negative speed or a
/// negative pavement factor.
///
/// ```
/// use traffic::emission::studded::{FINNISH_PAVEMENT, RoadState, WearVehicle, road_wear};
/// let all_studded =
///     |state| road_wear(WearVehicle::Light, 50.0, 1.0, FINNISH_PAVEMENT, state).unwrap();
/// let dry = all_studded(RoadState::Dry);
/// assert!((dry.potential.pm10_g_km - 0.564_48).abs() < 1e-9);
/// assert!((dry.emitted.pm10_g_km - 0.423_36).abs() < 1e-9);
/// assert_eq!(all_studded(RoadState::Wet).emitted.pm10_g_km, 0.0);
/// assert_eq!(all_studded(RoadState::Wet).potential, dry.potential);
/// let deep = RoadState::Snow { water_mm: Some(6.0) };
/// assert_eq!(all_studded(deep).potential.total_g_km, 0.0);
/// ```
pub fn road_wear(
    vehicle: WearVehicle,
    speed_km_h: f64,
    studded_share: f64,
    pavement: f64,
    state: RoadState,
) -> Option<RoadWear> {
    let sound = speed_km_h.is_finite() && pavement.is_finite() && !studded_share.is_nan();
    if !sound || speed_km_h < 0.0 || pavement < 0.0 {
        return None;
    }
    let clamped =
        u32::from(speed_km_h > SPEED_MOST_KM_H) + u32::from(!(0.0..=1.0).contains(&studded_share));
    let speed_km_h = speed_km_h.clamp(SPEED_LEAST_KM_H, SPEED_MOST_KM_H);
    let share = studded_share.clamp(0.0, 1.0);
    let (studded, plain) = match vehicle {
        WearVehicle::Light => (2.88, 0.072),
        WearVehicle::Heavy => (14.4, 0.36),
    };
    let rate_g_km = share * studded + (1.0 - share) * plain;
    let bare = if state.is_bare() { 1.0 } else { 0.0 };
    let total_g_km = rate_g_km * speed_km_h / SPEED_REFERENCE_KM_H * pavement * bare;
    Some(RoadWear {
        potential: DustMass::of(total_g_km),
        emitted: DustMass::of(total_g_km * DIRECT_SHARE * state.emits()),
        clamped,
    })
}

/// Shares of studded tyres, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StuddedShare {
    /// Of cars and vans.
    pub light: f64,
    /// Of lorries and buses.
    pub heavy: f64,
}

/// Shares of studded tyres by place and day, see `config/emission/studded.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StuddedShares {
    /// By place, days of a year of 366 days in order.
    places: BTreeMap<String, Vec<(u16, StuddedShare)>>,
}

/// Days before each month in a year with 29 February, and in all.
const MONTH_BEGINS: [u16; 13] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366];

/// Place whose shares hold where no others are given.
const ELSEWHERE: &str = "*";

/// Names of the columns, in order.
const COLUMNS: [&str; 4] = ["place", "day", "light", "heavy"];

/// A cell of a table of shares that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuddedError {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Name of the column; none for the line as a whole.
    pub column: Option<&'static str>,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for StuddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, "`{column}`: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for StuddedError {}

impl StuddedShares {
    /// Reads a table; lines that begin with `#` and empty ones are skipped. The first other line
    /// names the columns. An error names file, line and cell.
    ///
    /// ```
    /// use traffic::emission::studded::StuddedShares;
    /// let text = "place,day,light,heavy\n*,11-01,0,0\n*,12-01,0.8,0\n*,04-01,0.8,0\n*,05-01,0,0\n";
    /// let shares = StuddedShares::parse("studded.csv", text).unwrap();
    /// assert_eq!(shares.at("anywhere", 1, 10).unwrap().light, 0.8);
    /// assert!((shares.at("anywhere", 11, 16).unwrap().light - 0.4).abs() < 1e-9);
    /// assert_eq!(shares.at("anywhere", 7, 1).unwrap().light, 0.0);
    /// let error = StuddedShares::parse("studded.csv", "place,day,light,heavy\n*,11-01,1.2,0\n");
    /// let said = error.unwrap_err().to_string();
    /// assert!(said.starts_with("studded.csv:2: `light`: "), "{said}");
    /// ```
    pub fn parse(file: &str, text: &str) -> Result<Self, StuddedError> {
        let mut shares = Self::default();
        let mut lines = text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        let wrong = |line: usize, column, problem: String| StuddedError {
            file: file.to_owned(),
            line,
            column,
            problem,
        };
        let Some((index, header)) = lines.next() else {
            return Err(wrong(0, None, format!("empty; begin with `{}`", COLUMNS.join(","))));
        };
        if !header.trim().split(',').map(str::trim).eq(COLUMNS) {
            let problem = format!("not the columns; write `{}`", COLUMNS.join(","));
            return Err(wrong(index + 1, None, problem));
        }
        for (index, line) in lines {
            let number = index + 1;
            let cells: Vec<&str> = line.trim().split(',').map(str::trim).collect();
            let [place, day, light, heavy] = cells[..] else {
                let problem = format!("{} cells; write {}", cells.len(), COLUMNS.len());
                return Err(wrong(number, None, problem));
            };
            if place.is_empty() {
                let problem = "missing; write a city's id or `*`".to_owned();
                return Err(wrong(number, Some("place"), problem));
            }
            let day_number = parse_day(day).ok_or_else(|| {
                wrong(number, Some("day"), format!("`{day}` is no day; write MM-DD"))
            })?;
            let share = |column, cell: &str| {
                let share = cell.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                let problem = || format!("`{cell}` is no share; write 0 to 1");
                share.ok_or_else(|| wrong(number, Some(column), problem()))
            };
            let share =
                StuddedShare { light: share("light", light)?, heavy: share("heavy", heavy)? };
            let days = shares.places.entry(place.to_owned()).or_default();
            match days.binary_search_by_key(&day_number, |(day, _)| *day) {
                Ok(_) => {
                    let problem = format!("`{day}` is given twice for `{place}`");
                    return Err(wrong(number, Some("day"), problem));
                }
                Err(at) => days.insert(at, (day_number, share)),
            }
        }
        if !shares.places.contains_key(ELSEWHERE) {
            let problem = format!("no place `{ELSEWHERE}`; add the shares of everywhere else");
            return Err(wrong(0, Some("place"), problem));
        }
        Ok(shares)
    }

    /// Shares at a place on a day; those of everywhere else where the place is not in the table.
    /// Nothing for a date that does not exist.
    pub fn at(&self, place: &str, month: u8, day: u8) -> Option<StuddedShare> {
        let today = day_of_year(month, day)?;
        let days = self.places.get(place).or_else(|| self.places.get(ELSEWHERE))?;
        let next = days.partition_point(|(day, _)| *day <= today) % days.len();
        let before = (next + days.len() - 1) % days.len();
        let ((from, share_from), (to, share_to)) = (*days.get(before)?, *days.get(next)?);
        let year = MONTH_BEGINS[12];
        let since = f64::from((today + year - from) % year);
        let span = f64::from((to + year - from) % year);
        let part = if span > 0.0 { since / span } else { 0.0 };
        let between = |from: f64, to: f64| from + (to - from) * part;
        Some(StuddedShare {
            light: between(share_from.light, share_to.light),
            heavy: between(share_from.heavy, share_to.heavy),
        })
    }
}

fn parse_day(text: &str) -> Option<u16> {
    let (month, day) = text.split_once('-')?;
    day_of_year(month.parse().ok()?, day.parse().ok()?)
}

/// Day of a year of 366 days, from 0.
fn day_of_year(month: u8, day: u8) -> Option<u16> {
    let month = usize::from(month);
    let begins = *MONTH_BEGINS.get(month.checked_sub(1)?)?;
    let ends = *MONTH_BEGINS.get(month)?;
    (day >= 1 && begins + u16::from(day) <= ends).then(|| begins + u16::from(day) - 1)
}
