//! Our vehicle classes: what a fleet is made of.

use std::collections::BTreeSet;

use super::AnnexClass;
use super::table::{Row, Table, TableError};

/// What a vehicle looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Body {
    /// Passenger car.
    Car,
    /// Van to 3.5 t.
    Van,
    /// Lorry without a trailer.
    Rigid,
    /// Lorry with a trailer, or a tractor with a semi-trailer.
    Articulated,
    /// City bus.
    Bus,
    /// Coach.
    Coach,
    /// Motorcycle or moped.
    Motorcycle,
    /// Tram.
    Tram,
}

impl Body {
    /// Every body.
    pub const ALL: [Self; 8] = [
        Self::Car,
        Self::Van,
        Self::Rigid,
        Self::Articulated,
        Self::Bus,
        Self::Coach,
        Self::Motorcycle,
        Self::Tram,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Car => "car",
            Self::Van => "van",
            Self::Rigid => "rigid",
            Self::Articulated => "articulated",
            Self::Bus => "bus",
            Self::Coach => "coach",
            Self::Motorcycle => "motorcycle",
            Self::Tram => "tram",
        }
    }
}

/// Which cold-start quotients are a class's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColdGroup {
    /// None: heavy vehicles, motorcycles, electric ones.
    None,
    /// Petrol before catalysts.
    Petrol0,
    /// Petrol of Euro 1.
    Petrol1,
    /// Petrol of Euro 2.
    Petrol2,
    /// Petrol of Euro 3.
    Petrol3,
    /// Petrol of Euro 4 and later.
    Petrol4,
    /// Diesel to Euro 4.
    Diesel4,
    /// Diesel of Euro 5.
    Diesel5,
    /// Diesel of Euro 6.
    Diesel6,
}

impl ColdGroup {
    const NAMES: [(&'static str, Self); 9] = [
        ("none", Self::None),
        ("petrol_0", Self::Petrol0),
        ("petrol_1", Self::Petrol1),
        ("petrol_2", Self::Petrol2),
        ("petrol_3", Self::Petrol3),
        ("petrol_4", Self::Petrol4),
        ("diesel_4", Self::Diesel4),
        ("diesel_5", Self::Diesel5),
        ("diesel_6", Self::Diesel6),
    ];
}

/// Kinds of vehicles of the annex that a class is made of, with shares that sum to 1.
pub type AnnexKeys = Vec<(AnnexClass, f64)>;

/// One class of vehicles.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleClass {
    /// Its name, such as `car_petrol_euro_6d`.
    pub id: String,
    /// What it looks like.
    pub body: Body,
    /// The group that it is summed up in when an emission is explained, such as `car_petrol`.
    pub group: String,
    /// Its fuel in the table of fuels; of the part that is not electric.
    pub fuel: String,
    /// The annex's kinds of vehicles for the part that burns fuel.
    pub annex: AnnexKeys,
    /// And for the part that is driven on electricity.
    pub electric_annex: AnnexKeys,
    /// Share of its km driven on electricity from the grid, 0 to 1.
    pub electric_share: f64,
    /// Factor on the figures of the annex for the part on fuel, where the annex has nothing as
    /// large.
    pub scale: f64,
    /// The same for the part on electricity.
    pub electric_scale: f64,
    /// Mass with an average load, kg.
    pub mass_kg: f64,
    /// Axles.
    pub axles: u8,
    /// Category of noise of CNOSSOS-EU, 1 to 4; 0 for none.
    pub noise_category: u8,
    /// Energy of fuel that a standing vehicle uses, MJ/h.
    pub idle_mj_h: f64,
    /// What it uses from the grid while standing or driving, beside driving, W.
    pub auxiliary_w: f64,
    /// What it uses for heating from the grid for each kelvin below 17.5 °C, W/K.
    pub heating_w_per_k: f64,
    /// Share of NO2 in NOx at the tailpipe, 0 to 1.
    pub no2_share: f64,
    /// Which cold-start quotients it has.
    pub cold: ColdGroup,
    /// More NOx for each kelvin below 20 °C, of the warm engine, 1/K.
    pub cold_nox_per_k: f64,
    /// N2O, g/km, where the annex has no function.
    pub n2o_g_km: Option<f64>,
    /// NH3, g/km, where the annex has no function.
    pub nh3_g_km: Option<f64>,
    /// Particles above 23 nm for each MJ of fuel, 1/MJ.
    pub pn_mj: Option<f64>,
}

impl VehicleClass {
    /// Whether it never burns fuel.
    pub fn is_electric(&self) -> bool {
        self.electric_share >= 1.0
    }
}

/// The classes of a set of factors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassTable {
    classes: Vec<VehicleClass>,
}

const COLUMNS: [&str; 26] = [
    "id",
    "body",
    "group",
    "fuel",
    "annex_category",
    "annex_fuel",
    "annex_segments",
    "annex_euro",
    "annex_technologies",
    "scale",
    "electric_share",
    "electric_fuel",
    "electric_segments",
    "electric_scale",
    "mass_kg",
    "axles",
    "noise_category",
    "idle_mj_h",
    "auxiliary_w",
    "heating_w_per_k",
    "no2_share",
    "cold_start",
    "cold_nox_per_k",
    "n2o_g_km",
    "nh3_g_km",
    "pn_mj",
];

/// Shares must sum to 1 within this.
pub(super) const SHARE_TOLERANCE: f64 = 1e-6;

impl ClassTable {
    /// Reads a table of classes. Errors name line and cell.
    pub fn parse(name: &str, text: &str) -> Result<Self, TableError> {
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let mut classes: Vec<VehicleClass> = Vec::new();
        for row in table.rows() {
            let class = vehicle_class(row)?;
            if classes.iter().any(|before| before.id == class.id) {
                return Err(row.error("id", format!("{} is there twice", class.id)));
            }
            classes.push(class);
        }
        Ok(Self { classes })
    }

    /// The classes, in the order of the file.
    pub fn all(&self) -> &[VehicleClass] {
        &self.classes
    }

    /// A class by its name.
    pub fn get(&self, id: &str) -> Option<&VehicleClass> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// The kinds of vehicles of the annex that the classes need.
    pub fn annex_classes(&self) -> BTreeSet<AnnexClass> {
        let keys =
            self.classes.iter().flat_map(|class| class.annex.iter().chain(&class.electric_annex));
        keys.map(|(key, _)| key.clone()).collect()
    }
}

fn vehicle_class(row: Row<'_>) -> Result<VehicleClass, TableError> {
    const FACTOR: [f64; 2] = [0.01, 100.0];
    const PER_KM: [f64; 2] = [0.0, 100.0];
    let id = row.text("id")?;
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !id.chars().all(lower) {
        return Err(row.error("id", format!("{id:?} must be of a-z, 0-9 and _")));
    }
    let name = row.text("body")?;
    let Some(body) = Body::ALL.into_iter().find(|body| body.name() == name) else {
        let names = Body::ALL.map(Body::name).join(", ");
        return Err(row.error("body", format!("{name:?} is none of {names}")));
    };
    let name = row.text("cold_start")?;
    let Some((_, cold)) = ColdGroup::NAMES.into_iter().find(|(known, _)| *known == name) else {
        let names = ColdGroup::NAMES.map(|(name, _)| name).join(", ");
        return Err(row.error("cold_start", format!("{name:?} is none of {names}")));
    };
    let electric_share = row.number("electric_share", [0.0, 1.0])?;
    let annex = if electric_share < 1.0 {
        annex_keys(row, row.text("annex_fuel")?, "annex_segments")?
    } else {
        Vec::new()
    };
    let electric_annex = if electric_share > 0.0 {
        annex_keys(row, row.text("electric_fuel")?, "electric_segments")?
    } else {
        Vec::new()
    };
    Ok(VehicleClass {
        id: id.to_owned(),
        body,
        group: row.text("group")?.to_owned(),
        fuel: row.text("fuel")?.to_owned(),
        annex,
        electric_annex,
        electric_share,
        scale: row.number("scale", FACTOR)?,
        electric_scale: row.number("electric_scale", FACTOR)?,
        mass_kg: row.number("mass_kg", [50.0, 200_000.0])?,
        axles: row.number("axles", [1.0, 20.0])? as u8,
        noise_category: row.number("noise_category", [0.0, 4.0])? as u8,
        idle_mj_h: row.number("idle_mj_h", [0.0, 1_000.0])?,
        auxiliary_w: row.number("auxiliary_w", [0.0, 100_000.0])?,
        heating_w_per_k: row.number("heating_w_per_k", [0.0, 10_000.0])?,
        no2_share: row.number("no2_share", [0.0, 1.0])?,
        cold,
        cold_nox_per_k: row.number("cold_nox_per_k", [0.0, 1.0])?,
        n2o_g_km: row.optional("n2o_g_km", PER_KM)?,
        nh3_g_km: row.optional("nh3_g_km", PER_KM)?,
        pn_mj: row.optional("pn_mj", [0.0, 1e18])?,
    })
}

/// Every segment with every technology, the shares multiplied.
fn annex_keys(row: Row<'_>, fuel: &str, segments: &str) -> Result<AnnexKeys, TableError> {
    let technologies = match row.cell("annex_technologies") {
        "" => vec![(String::new(), 1.0)],
        _ => shares(row, "annex_technologies")?,
    };
    let mut keys = Vec::new();
    for (segment, of_segment) in shares(row, segments)? {
        for (technology, of_technology) in &technologies {
            let class = AnnexClass {
                category: row.text("annex_category")?.to_owned(),
                fuel: fuel.to_owned(),
                segment: segment.clone(),
                euro: row.text("annex_euro")?.to_owned(),
                technology: technology.clone(),
            };
            keys.push((class, of_segment * of_technology));
        }
    }
    Ok(keys)
}

/// `name` or `name:share;name:share`, the shares summing to 1.
fn shares(row: Row<'_>, column: &str) -> Result<Vec<(String, f64)>, TableError> {
    let cell = row.text(column)?;
    if !cell.contains(':') {
        return Ok(vec![(cell.to_owned(), 1.0)]);
    }
    let mut shares = Vec::new();
    for part in cell.split(';') {
        let pair = part.rsplit_once(':').and_then(|(name, share)| {
            let share: f64 = share.trim().parse().ok()?;
            (share > 0.0 && share <= 1.0).then(|| (name.trim().to_owned(), share))
        });
        let Some(pair) = pair else {
            return Err(row.error(column, format!("{part:?} is not name:share")));
        };
        shares.push(pair);
    }
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    if (sum - 1.0).abs() > SHARE_TOLERANCE {
        return Err(row.error(column, format!("the shares sum to {sum}; make it 1")));
    }
    Ok(shares)
}
