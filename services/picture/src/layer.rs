//! Layers: the kinds of objects in a picture.

use events::wire;
use serde::Serialize;

/// A layer of the picture. Unlike the wire's enum it has no unspecified value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Transit vehicles.
    Vehicles,
    /// Detector stations.
    Detectors,
    /// Traffic messages and service alerts.
    Situations,
    /// Progress of trips.
    Trips,
    /// The feeds themselves: health and ledger.
    Feeds,
    /// Traffic on the links of the street network.
    Links,
    /// Queues of traffic.
    Queues,
    /// Sums over areas.
    Areas,
    /// What the traffic on links emits.
    LinkEmissions,
    /// The same summed over areas.
    AreaEmissions,
    /// Road weather stations.
    Weather,
}

/// A name that is no layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no layer {0:?}; layers are vehicles, detectors, situations, trips, feeds, links, \
         queues, areas, link_emissions, area_emissions, weather"
)]
pub struct UnknownLayer(pub String);

impl Layer {
    /// Every layer, in the order of snapshots.
    pub const ALL: [Self; 11] = [
        Self::Vehicles,
        Self::Detectors,
        Self::Situations,
        Self::Trips,
        Self::Feeds,
        Self::Links,
        Self::Queues,
        Self::Areas,
        Self::LinkEmissions,
        Self::AreaEmissions,
        Self::Weather,
    ];

    /// Its name in paths and JSON.
    ///
    /// ```
    /// assert_eq!("vehicles".parse(), Ok(picture::Layer::Vehicles));
    /// assert_eq!(picture::Layer::Vehicles.as_str(), "vehicles");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vehicles => "vehicles",
            Self::Detectors => "detectors",
            Self::Situations => "situations",
            Self::Trips => "trips",
            Self::Feeds => "feeds",
            Self::Links => "links",
            Self::Queues => "queues",
            Self::Areas => "areas",
            Self::LinkEmissions => "link_emissions",
            Self::AreaEmissions => "area_emissions",
            Self::Weather => "weather",
        }
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Layer {
    type Err = UnknownLayer;

    fn from_str(name: &str) -> Result<Self, UnknownLayer> {
        let layer = Self::ALL.into_iter().find(|layer| layer.as_str() == name);
        layer.ok_or_else(|| UnknownLayer(name.into()))
    }
}

impl From<Layer> for wire::Layer {
    fn from(layer: Layer) -> Self {
        match layer {
            Layer::Vehicles => Self::Vehicles,
            Layer::Detectors => Self::Detectors,
            Layer::Situations => Self::Situations,
            Layer::Trips => Self::Trips,
            Layer::Feeds => Self::Feeds,
            Layer::Links => Self::Links,
            Layer::Queues => Self::Queues,
            Layer::Areas => Self::Areas,
            Layer::LinkEmissions => Self::LinkEmissions,
            Layer::AreaEmissions => Self::AreaEmissions,
            Layer::Weather => Self::Weather,
        }
    }
}

impl TryFrom<wire::Layer> for Layer {
    type Error = crate::DecodeError;

    fn try_from(layer: wire::Layer) -> Result<Self, crate::DecodeError> {
        match layer {
            wire::Layer::Vehicles => Ok(Self::Vehicles),
            wire::Layer::Detectors => Ok(Self::Detectors),
            wire::Layer::Situations => Ok(Self::Situations),
            wire::Layer::Trips => Ok(Self::Trips),
            wire::Layer::Feeds => Ok(Self::Feeds),
            wire::Layer::Links => Ok(Self::Links),
            wire::Layer::Queues => Ok(Self::Queues),
            wire::Layer::Areas => Ok(Self::Areas),
            wire::Layer::LinkEmissions => Ok(Self::LinkEmissions),
            wire::Layer::AreaEmissions => Ok(Self::AreaEmissions),
            wire::Layer::Weather => Ok(Self::Weather),
            wire::Layer::Unspecified => Err(crate::DecodeError::UnknownKind("layer")),
        }
    }
}
