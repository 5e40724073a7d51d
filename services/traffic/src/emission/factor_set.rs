//! A set of factors: the annex's functions, the classes and the fuels, as one version.

use super::class_model::{ClassModel, Part, Weighted};
use super::curves::{Amounts, LINES, SPEED_STEP_KM_H, taken};
use super::hot::IN_ANNEX;
use super::table::TableError;
use super::uncertainty::{factor_relative_sd, share_relative_sd};
use super::{
    AnnexClass, ClassTable, Conditions, FleetMix, FuelTable, HotTable, MixCurves, Pollutant,
    RateTable, RoadKind, VehicleClass, diesel_nox_factor,
};

/// Fuel that electricity is called in the table of fuels.
pub(super) const ELECTRICITY: &str = "electricity";

/// Those that every class which burns fuel must have.
const REQUIRED: [Pollutant; 5] =
    [Pollutant::Energy, Pollutant::Nox, Pollutant::PmExhaust, Pollutant::Co, Pollutant::Nmhc];

/// The texts that a set is read from, each with the name of its file for errors.
#[derive(Clone, Copy, Debug)]
pub struct FactorFiles<'a> {
    /// Hot functions, see [`HotTable::parse`].
    pub hot: (&'a str, &'a str),
    /// Classes, see [`ClassTable::parse`].
    pub classes: (&'a str, &'a str),
    /// Fuels, see [`FuelTable::parse`].
    pub fuels: (&'a str, &'a str),
}

/// What a set adds to the annex; everything by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorOptions {
    /// Vehicles that are cold.
    pub cold_start: bool,
    /// NOx of diesels in cold weather.
    pub low_temperature_nox: bool,
    /// Standing vehicles; without, figures per km stay constant below the annex's lowest speeds
    /// and a standing vehicle emits nothing, as in the annex.
    pub idle: bool,
    /// Below 25 km/h, where streets are, traffic either stands or drives as at 25 km/h: the rate
    /// goes linearly from that of standing to that of the curve there. Without, the curve is
    /// followed down to the annex's lowest speeds. See `low_speed.rs`.
    pub stop_and_go: bool,
}

impl FactorOptions {
    /// What a live picture shows: all of it.
    pub const LIVE: Self =
        Self { cold_start: true, low_temperature_nox: true, idle: true, stop_and_go: true };
}

impl Default for FactorOptions {
    /// The annex's own curves, with what it says of cold engines, cold weather and idling.
    fn default() -> Self {
        Self { stop_and_go: false, ..Self::LIVE }
    }
}

/// A group's part of an emission, to explain it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupShare {
    /// Name of the group, such as `car_diesel`.
    pub group: String,
    /// Share of the vehicle-km.
    pub share: f64,
    /// Its part of the rates of a mean vehicle, g/s; all groups together are the whole.
    pub rates: [f64; Pollutant::COUNT],
}

/// A set of factors.
#[derive(Clone, Debug)]
pub struct FactorSet {
    name: String,
    version: String,
    hash: u64,
    options: FactorOptions,
    hot: HotTable,
    classes: ClassTable,
    fuels: FuelTable,
    measured: RateTable,
}

impl FactorSet {
    /// Reads a set. Its classes must all have their functions and fuels; errors name file, line
    /// and cell. The version is the note `# version:` of the file of hot functions.
    pub fn parse(
        name: &str,
        files: &FactorFiles<'_>,
        options: FactorOptions,
    ) -> Result<Self, TableError> {
        let hot = HotTable::parse(files.hot.0, files.hot.1)?;
        let classes = ClassTable::parse(files.classes.0, files.classes.1)?;
        let fuels = FuelTable::parse(files.fuels.0, files.fuels.1)?;
        let wrong = |class: &VehicleClass, column: &str, message: String| TableError {
            file: files.classes.0.to_owned(),
            line: line_of(files.classes.1, &class.id),
            column: Some(column.to_owned()),
            message,
        };
        for class in classes.all() {
            for fuel in [class.fuel.as_str(), ELECTRICITY] {
                let used = fuel != ELECTRICITY || class.electric_share > 0.0;
                if used && fuels.factors(fuel, 0).is_none() {
                    let message = format!("{fuel:?} is not in {}; add it there", files.fuels.0);
                    return Err(wrong(class, "fuel", message));
                }
            }
            for (key, required) in class
                .annex
                .iter()
                .map(|(key, _)| (key, &REQUIRED[..]))
                .chain(class.electric_annex.iter().map(|(key, _)| (key, &REQUIRED[..1])))
            {
                let mode = RoadKind::Street.mode();
                let lacks = required
                    .iter()
                    .find(|pollutant| hot.functions(key, **pollutant, mode, 0.0, 0.5).is_empty());
                if let Some(pollutant) = lacks {
                    let message = format!(
                        "{} has no {} of {key}; import the annex with these classes",
                        files.hot.0,
                        pollutant.name()
                    );
                    return Err(wrong(class, "annex_segments", message));
                }
            }
        }
        let texts = [files.hot.1, files.classes.1, files.fuels.1];
        let hash = fnv1a(texts.into_iter().map(str::as_bytes), options);
        let version = files.hot.1.lines().find_map(|line| line.strip_prefix("# version:"));
        let version = version.unwrap_or("none").trim().to_owned();
        Ok(Self {
            name: name.to_owned(),
            version,
            hash,
            options,
            hot,
            classes,
            fuels,
            measured: RateTable::default(),
        })
    }

    /// With rates that were measured, in place of the annex's.
    #[must_use]
    pub fn with_rates(mut self, measured: RateTable) -> Self {
        self.hash =
            fnv1a([&self.hash.to_le_bytes()[..], &measured.to_bytes()].into_iter(), self.options);
        self.measured = measured;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of its hot functions.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Hash of all that it was read from and of its options: two sets with the same hash give the
    /// same figures.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// What it adds to the annex.
    pub fn options(&self) -> FactorOptions {
        self.options
    }

    /// Its classes.
    pub fn classes(&self) -> &ClassTable {
        &self.classes
    }

    /// Its hot functions.
    pub fn hot(&self) -> &HotTable {
        &self.hot
    }

    /// Its fuels.
    pub fn fuels(&self) -> &FuelTable {
        &self.fuels
    }

    /// Curves of a mean vehicle of a mix on a kind of road. The mix must have been read with this
    /// set's classes; classes that the set does not have add nothing.
    ///
    /// It takes some 10 ms: make them when conditions change, not for each link.
    pub fn mix_curves(&self, mix: &FleetMix, road: RoadKind, conditions: &Conditions) -> MixCurves {
        let (conditions, clamps) = conditions.clamped();
        let mut rates = vec![[0.0; Pollutant::COUNT]; LINES];
        let mut given = [0.0; Pollutant::COUNT];
        let mut groups: Vec<&str> = Vec::new();
        let mut terms: Vec<(usize, f64, f64, Amounts)> = Vec::new();
        let usual_line = (usual_speed_km_h(road) / SPEED_STEP_KM_H) as usize;
        for (row, class) in mix.classes(road, &self.classes) {
            let model = self.model(class, road, &conditions);
            let group = groups.iter().position(|group| *group == class.group);
            let group = group.unwrap_or_else(|| {
                groups.push(&class.group);
                groups.len() - 1
            });
            for (line, sum) in rates.iter_mut().enumerate() {
                let amounts = model.rates(line as f64 * SPEED_STEP_KM_H);
                for (sum, amount) in sum.iter_mut().zip(amounts) {
                    *sum += row.share * amount;
                }
                if line == usual_line {
                    terms.push((group, row.share, row.relative_sd, amounts));
                }
            }
            for (sum, given) in given.iter_mut().zip(model.given) {
                *sum += row.share * f64::from(u8::from(given));
            }
        }
        let mix_sd = std::array::from_fn(|index| {
            let of = |&(group, share, sd, amounts): &(usize, f64, f64, Amounts)| {
                (group, share, sd, amounts[index])
            };
            share_relative_sd(&terms.iter().map(of).collect::<Vec<_>>())
        });
        MixCurves::new(rates, given, Pollutant::ALL.map(factor_relative_sd), mix_sd, clamps)
    }

    /// Curves of one class, known to be it. Nothing when the set does not have the class.
    pub fn class_curves(
        &self,
        class: &str,
        road: RoadKind,
        conditions: &Conditions,
    ) -> Option<MixCurves> {
        let class = self.classes.get(class)?;
        let (conditions, clamps) = conditions.clamped();
        let model = self.model(class, road, &conditions);
        let rates = (0..LINES).map(|line| model.rates(line as f64 * SPEED_STEP_KM_H)).collect();
        let given = model.given.map(|given| f64::from(u8::from(given)));
        let factor_sd = Pollutant::ALL.map(factor_relative_sd);
        Some(MixCurves::new(rates, given, factor_sd, [0.0; Pollutant::COUNT], clamps))
    }

    /// What the groups of a mix contribute at a speed, in the order of their first rows.
    pub fn explain(
        &self,
        mix: &FleetMix,
        road: RoadKind,
        conditions: &Conditions,
        speed_km_h: f64,
    ) -> Vec<GroupShare> {
        let (conditions, _) = conditions.clamped();
        let speed_km_h = taken(speed_km_h, 0.0);
        let mut groups: Vec<GroupShare> = Vec::new();
        for (row, class) in mix.classes(road, &self.classes) {
            let rates = self.model(class, road, &conditions).rates(speed_km_h);
            let place = groups.iter().position(|group| group.group == class.group);
            let place = place.unwrap_or_else(|| {
                let rates = [0.0; Pollutant::COUNT];
                groups.push(GroupShare { group: class.group.clone(), share: 0.0, rates });
                groups.len() - 1
            });
            let group = &mut groups[place];
            group.share += row.share;
            for (sum, rate) in group.rates.iter_mut().zip(rates) {
                *sum += row.share * rate;
            }
        }
        groups
    }

    /// A class under conditions, its functions picked.
    fn model<'a>(
        &'a self,
        class: &'a VehicleClass,
        road: RoadKind,
        conditions: &'a Conditions,
    ) -> ClassModel<'a> {
        let part = |keys: &[(AnnexClass, f64)], share: f64, idle_mj_h: f64| {
            keys.iter()
                .map(|(key, weight)| {
                    let functions = IN_ANNEX.map(|pollutant| {
                        let (slope, load) = (conditions.slope_percent, conditions.load_share);
                        let of =
                            |slope| self.hot.functions(key, pollutant, road.mode(), slope, load);
                        Weighted::new(of(slope), of(0.0))
                    });
                    Part { weight: weight * share, idle_mj_s: idle_mj_h / 3_600.0, functions }
                })
                .collect::<Vec<_>>()
        };
        let fuel = part(&class.annex, (1.0 - class.electric_share) * class.scale, class.idle_mj_h);
        let electric =
            part(&class.electric_annex, class.electric_share * class.electric_scale, 0.0);
        let has = |place: usize| fuel.iter().all(|part| !part.functions[place].terms.is_empty());
        let mut given = [true; Pollutant::COUNT];
        for pollutant in Pollutant::ALL {
            given[pollutant.index()] = match pollutant {
                Pollutant::Ch4 => has(5),
                Pollutant::N2o => has(6) || class.n2o_g_km.is_some(),
                Pollutant::Nh3 => has(7) || class.nh3_g_km.is_some(),
                Pollutant::Pn => class.is_electric() || class.pn_mj.is_some(),
                Pollutant::Pm10Tyre
                | Pollutant::Pm10Brake
                | Pollutant::Pm10Road
                | Pollutant::Pm25Tyre
                | Pollutant::Pm25Brake
                | Pollutant::Pm25Road => false,
                _ => true,
            };
        }
        let measured = IN_ANNEX.into_iter().enumerate().filter_map(|(place, pollutant)| {
            Some((place, self.measured.points(&class.id, pollutant)?))
        });
        let year = conditions.year;
        ClassModel {
            measured: measured.collect(),
            class,
            cold_weight: if self.options.cold_start { road.cold_weight() } else { 0.0 },
            nox_factor: if self.options.low_temperature_nox {
                diesel_nox_factor(class.cold_nox_per_k, conditions.temperature_c)
            } else {
                1.0
            },
            idle: self.options.idle,
            stop_and_go: self.options.stop_and_go,
            conditions,
            fuel_factors: self.fuels.factors(&class.fuel, year).unwrap_or_default(),
            grid_factors: self.fuels.factors(ELECTRICITY, year).unwrap_or_default(),
            fuel,
            electric,
            given,
        }
    }
}

/// Speed at which the uncertainty of a mix is taken, km/h.
const fn usual_speed_km_h(road: RoadKind) -> f64 {
    match road {
        RoadKind::Residential | RoadKind::Street => 30.0,
        RoadKind::Main => 50.0,
        RoadKind::Motorway => 90.0,
    }
}

/// Line of the row of a class.
fn line_of(text: &str, id: &str) -> u64 {
    let is_row = |line: &str| line.split(',').next().is_some_and(|cell| cell.trim() == id);
    text.lines().position(is_row).map_or(1, |place| place as u64 + 1)
}

/// FNV-1a of 64 bits: stable over machines and versions.
fn fnv1a<'a>(texts: impl Iterator<Item = &'a [u8]>, options: FactorOptions) -> u64 {
    let FactorOptions { cold_start, low_temperature_nox, idle, stop_and_go } = options;
    let options = [cold_start, low_temperature_nox, idle, stop_and_go].map(u8::from);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    // A byte that no text has ends each.
    let bytes = texts.flat_map(|text| text.iter().copied().chain([0xff])).chain(options);
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
