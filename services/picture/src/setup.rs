//! What a picture must know that is not in its log.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use network::{Areas, Network, Region};

use crate::FeedLimits;

/// What a picture must know that is not in its log. The same log with another setup gives another
/// picture.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Limits of feeds, by name; of others [`FeedLimits::default`].
    pub limits: BTreeMap<Text, FeedLimits>,
    /// The street network, where there is one: without it there are no links, queues and areas.
    pub streets: Option<Arc<StreetSetup>>,
}

impl From<BTreeMap<Text, FeedLimits>> for Setup {
    /// Without a street network.
    fn from(limits: BTreeMap<Text, FeedLimits>) -> Self {
        Self { limits, streets: None }
    }
}

/// The street network of a region and its areas.
#[derive(Debug)]
pub struct StreetSetup {
    network: Network,
    areas: Areas,
    fingerprint: u32,
}

impl StreetSetup {
    /// With the areas of a region.
    pub fn new(network: Network, region: &Region) -> Self {
        let areas = Areas::new(&network, region);
        Self { fingerprint: network.fingerprint(), network, areas }
    }

    /// The streets.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The areas that they are in.
    pub fn areas(&self) -> &Areas {
        &self.areas
    }

    /// Tells the network from others, see [`Network::fingerprint`].
    pub fn fingerprint(&self) -> u32 {
        self.fingerprint
    }
}
