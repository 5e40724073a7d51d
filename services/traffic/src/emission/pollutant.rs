//! What is emitted, by name and unit.

/// What a vehicle takes and gives off. Rates are g/km (energy MJ/km, particles #/km) and, by
/// time, g/s (MJ/s, #/s).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Pollutant {
    /// Energy of the fuel and of the battery.
    Energy,
    /// CO2 at the tailpipe of fossil fuel.
    Co2Fossil,
    /// CO2 at the tailpipe of biofuel; counts as none in inventories.
    Co2Biogenic,
    /// CO2 equivalents of making the fuel and the electricity.
    Co2Upstream,
    /// Nitrogen oxides, as NO2.
    Nox,
    /// Nitrogen dioxide at the tailpipe; a part of [`Self::Nox`].
    No2,
    /// Exhaust particles: PM2.5, which is all of exhaust PM.
    PmExhaust,
    /// Number of exhaust particles above 23 nm.
    Pn,
    /// Carbon monoxide.
    Co,
    /// Hydrocarbons but methane.
    Nmhc,
    /// Methane.
    Ch4,
    /// Nitrous oxide.
    N2o,
    /// Ammonia.
    Nh3,
    /// PM10 of tyre wear.
    Pm10Tyre,
    /// PM10 of brake wear.
    Pm10Brake,
    /// PM10 of road wear.
    Pm10Road,
    /// PM2.5 of tyre wear.
    Pm25Tyre,
    /// PM2.5 of brake wear.
    Pm25Brake,
    /// PM2.5 of road wear.
    Pm25Road,
}

impl Pollutant {
    /// Every pollutant, in the order of [`Self::index`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Energy,
        Self::Co2Fossil,
        Self::Co2Biogenic,
        Self::Co2Upstream,
        Self::Nox,
        Self::No2,
        Self::PmExhaust,
        Self::Pn,
        Self::Co,
        Self::Nmhc,
        Self::Ch4,
        Self::N2o,
        Self::Nh3,
        Self::Pm10Tyre,
        Self::Pm10Brake,
        Self::Pm10Road,
        Self::Pm25Tyre,
        Self::Pm25Brake,
        Self::Pm25Road,
    ];

    /// How many there are.
    pub const COUNT: usize = 19;

    /// Its place in arrays, 0 to [`Self::COUNT`] - 1.
    ///
    /// ```
    /// use traffic::emission::Pollutant;
    /// assert!(Pollutant::ALL.iter().enumerate().all(|(place, it)| it.index() == place));
    /// ```
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in files and answers.
    ///
    /// ```
    /// use traffic::emission::Pollutant;
    /// assert_eq!(Pollutant::Co2Fossil.name(), "co2_fossil");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Energy => "energy_mj",
            Self::Co2Fossil => "co2_fossil",
            Self::Co2Biogenic => "co2_biogenic",
            Self::Co2Upstream => "co2_upstream",
            Self::Nox => "nox",
            Self::No2 => "no2",
            Self::PmExhaust => "pm_exhaust",
            Self::Pn => "pn",
            Self::Co => "co",
            Self::Nmhc => "nmhc",
            Self::Ch4 => "ch4",
            Self::N2o => "n2o",
            Self::Nh3 => "nh3",
            Self::Pm10Tyre => "pm10_tyre",
            Self::Pm10Brake => "pm10_brake",
            Self::Pm10Road => "pm10_road",
            Self::Pm25Tyre => "pm25_tyre",
            Self::Pm25Brake => "pm25_brake",
            Self::Pm25Road => "pm25_road",
        }
    }

    /// The pollutant of a [`name`](Self::name).
    ///
    /// ```
    /// use traffic::emission::Pollutant;
    /// assert_eq!(Pollutant::from_name("nox"), Some(Pollutant::Nox));
    /// assert_eq!(Pollutant::from_name("NOx"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pollutant| pollutant.name() == name)
    }

    /// Unit of its amount: `MJ`, `g` or `#`; a rate is that per km or per s.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Energy => "MJ",
            Self::Pn => "#",
            _ => "g",
        }
    }
}
