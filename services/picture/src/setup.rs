//! What a picture must know that is not in its log.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use network::{AreaPolygon, Areas, Network, Region};
use traffic::link::{Calendar, Junctions};
use traffic::matching::MatchOptions;

use crate::FeedLimits;
use crate::street::area::street_mm;

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
    street_mm: Vec<u64>,
    junctions: Junctions,
    options: StreetOptions,
}

/// What differs by region or by choice.
#[derive(Clone, Debug, PartialEq)]
pub struct StreetOptions {
    /// Map matching.
    pub matching: MatchOptions,
    /// Local time and holidays, for what is usual at an hour of the week.
    pub calendar: Calendar,
    /// A minute is closed so long after the watermark has passed its end, milliseconds: answers of
    /// map matching come late by five seconds, and by as much as the fixes are apart where that is
    /// more.
    pub close_after_ms: i64,
}

impl Default for StreetOptions {
    fn default() -> Self {
        Self {
            matching: MatchOptions::default(),
            calendar: Calendar::default(),
            close_after_ms: 6_000,
        }
    }
}

impl StreetSetup {
    /// With the areas of a region.
    pub fn new(network: Network, region: &Region, options: StreetOptions) -> Self {
        Self::with_polygons(network, region, &[], options)
    }

    /// With the areas of a region and polygons, see [`Areas::with_polygons`].
    pub fn with_polygons(
        network: Network,
        region: &Region,
        polygons: &[AreaPolygon],
        options: StreetOptions,
    ) -> Self {
        let areas = Areas::with_polygons(&network, region, polygons);
        let street_mm = street_mm(&network, &areas);
        let junctions = Junctions::new(&network);
        Self { network, areas, street_mm, junctions, options }
    }

    /// The streets.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The areas that they are in.
    pub fn areas(&self) -> &Areas {
        &self.areas
    }

    /// Millimetres of street in each of them.
    pub(crate) fn street_mm(&self) -> &[u64] {
        &self.street_mm
    }

    /// Where the flows of links meet.
    pub(crate) fn junctions(&self) -> &Junctions {
        &self.junctions
    }

    /// What differs by region or by choice.
    pub fn options(&self) -> &StreetOptions {
        &self.options
    }
}
