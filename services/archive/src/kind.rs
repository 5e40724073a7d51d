//! Kinds of rows: each has files and columns of its own.

use std::fmt;
use std::str::FromStr;

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What the traffic of an area emitted in a window.
    AreaEmission,
    /// State of an area of the streets in a window.
    AreaState,
    /// A detector measured.
    DetectorMeasurement,
    /// Reference data of a detector station.
    DetectorStation,
    /// How a feed was.
    FeedStatus,
    /// What the traffic of a link emitted in a window.
    LinkEmission,
    /// State of a link of the streets in a window.
    LinkState,
    /// A record as it was received.
    Raw,
    /// The publisher no longer has an entity.
    Retraction,
    /// A version of a traffic message or alert.
    SituationRecord,
    /// Records that ended at the door.
    Tally,
    /// Progress of a trip.
    TripUpdate,
    /// A vehicle reported.
    VehiclePosition,
    /// A road weather station measured.
    WeatherMeasurement,
    /// Reference data of a road weather station.
    WeatherStation,
}

impl Kind {
    /// All kinds, by name.
    pub const ALL: [Self; 15] = [
        Self::AreaEmission,
        Self::AreaState,
        Self::DetectorMeasurement,
        Self::DetectorStation,
        Self::FeedStatus,
        Self::LinkEmission,
        Self::LinkState,
        Self::Raw,
        Self::Retraction,
        Self::SituationRecord,
        Self::Tally,
        Self::TripUpdate,
        Self::VehiclePosition,
        Self::WeatherMeasurement,
        Self::WeatherStation,
    ];

    /// Its name in paths.
    ///
    /// ```
    /// use archive::Kind;
    /// assert!(Kind::ALL.iter().all(|kind| kind.as_str().parse() == Ok(*kind)));
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AreaEmission => "area_emission",
            Self::AreaState => "area_state",
            Self::DetectorMeasurement => "detector_measurement",
            Self::DetectorStation => "detector_station",
            Self::FeedStatus => "feed_status",
            Self::LinkEmission => "link_emission",
            Self::LinkState => "link_state",
            Self::Raw => "raw",
            Self::Retraction => "retraction",
            Self::SituationRecord => "situation_record",
            Self::Tally => "tally",
            Self::TripUpdate => "trip_update",
            Self::VehiclePosition => "vehicle_position",
            Self::WeatherMeasurement => "weather_measurement",
            Self::WeatherStation => "weather_station",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no kind has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind {0:?}; there is {known}", known = Kind::ALL.map(Kind::as_str).join(", "))]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| UnknownKind(name.to_owned()))
    }
}
