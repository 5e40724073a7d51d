//! Topics of the log that are archived.

use crate::Kind;

/// A topic of the log and the kinds of rows that its records become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Events, tallies and feed statuses: what the picture is made of.
    Events,
    /// States and emissions of links and areas, window by window: derived, for analysts.
    Picture,
    /// Records as they were received.
    Raw,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Events, Self::Picture, Self::Raw];

    /// Its name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => stream::topic::EVENTS,
            Self::Picture => stream::topic::PICTURE,
            Self::Raw => stream::topic::RAW,
        }
    }

    /// Its kinds, the last one last.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Events => &[
                Kind::DetectorMeasurement,
                Kind::DetectorStation,
                Kind::Retraction,
                Kind::SituationRecord,
                Kind::Tally,
                Kind::TripUpdate,
                Kind::VehiclePosition,
                Kind::WeatherMeasurement,
                Kind::WeatherStation,
                Kind::FeedStatus,
            ],
            Self::Picture => {
                &[Kind::AreaEmission, Kind::AreaState, Kind::LinkEmission, Kind::LinkState]
            }
            Self::Raw => &[Kind::Raw],
        }
    }

    /// The kind whose file says that a stretch of the topic is there as a whole. It is written even
    /// where it has no rows.
    pub const fn last_kind(self) -> Kind {
        match self {
            Self::Events => Kind::FeedStatus,
            Self::Picture => Kind::LinkState,
            Self::Raw => Kind::Raw,
        }
    }

    /// The topic that a kind is of.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::AreaEmission | Kind::AreaState | Kind::LinkEmission | Kind::LinkState => {
                Self::Picture
            }
            Kind::Raw => Self::Raw,
            _ => Self::Events,
        }
    }
}
