//! Kinds of roads that differ in their fleet and in how many of their vehicles are cold.

use network::RoadClass;

use super::hot::DrivingMode;

/// Kind of a road as far as emissions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RoadKind {
    /// Residential street, yard: trips begin here.
    Residential,
    /// Street.
    Street,
    /// Main road.
    Main,
    /// Motorway.
    Motorway,
}

impl RoadKind {
    /// Every kind, in the order of [`Self::index`].
    pub const ALL: [Self; 4] = [Self::Residential, Self::Street, Self::Main, Self::Motorway];

    /// Its place in arrays.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Residential => "residential",
            Self::Street => "street",
            Self::Main => "main",
            Self::Motorway => "motorway",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of a class of the map.
    ///
    /// ```
    /// use network::RoadClass;
    /// use traffic::emission::RoadKind;
    /// assert_eq!(RoadKind::of(RoadClass::Primary), RoadKind::Main);
    /// ```
    pub const fn of(class: RoadClass) -> Self {
        match class {
            RoadClass::Motorway => Self::Motorway,
            RoadClass::Trunk | RoadClass::Primary => Self::Main,
            RoadClass::Residential | RoadClass::LivingStreet | RoadClass::Service => {
                Self::Residential
            }
            RoadClass::Secondary
            | RoadClass::Tertiary
            | RoadClass::Unclassified
            | RoadClass::Busway
            | RoadClass::Ferry => Self::Street,
        }
    }

    /// The annex's mode of driving there.
    pub const fn mode(self) -> DrivingMode {
        match self {
            Self::Residential | Self::Street => DrivingMode::UrbanOffPeak,
            Self::Main => DrivingMode::Rural,
            Self::Motorway => DrivingMode::Highway,
        }
    }

    /// How much of a trip's cold distance falls on such a road, relative to an even spread: the
    /// first kilometres of trips are on residential streets, and who is on a motorway is warm.
    /// Own judgement; the mean over the vehicle-km of a city is near 1.
    pub const fn cold_weight(self) -> f64 {
        match self {
            Self::Residential => 2.0,
            Self::Street => 1.2,
            Self::Main => 0.6,
            Self::Motorway => 0.0,
        }
    }
}
