//! What traffic emits, window by window: links, their sums over areas, and totals of local time.
//!
//! A link's emission is that of its traffic, from flow and speed, and that of the buses that are
//! known one by one. Both are whole numbers, so links add up to cells, cities and the region, and
//! vehicles to links, exactly.

mod sums;
mod totals;
mod transit;

use std::collections::BTreeMap;
use std::sync::Arc;

use events::wire::AreaKind;
use events::{Position, Text};
use network::{LinkFlags, LinkNumber, Network};
use traffic::emission::{LinkEstimate, LinkTraffic, Masses, TrafficCurves};

use super::link::Window;
use crate::index::{Index, SlotNumber};
use crate::setup::{EmissionSetup, StreetSetup};
use crate::{Emission, EmissionBasis, EmissionWindow, Estimate, Layer, Link, LinkWindow, Object};
pub(crate) use sums::{Sums, Transit};
pub(crate) use totals::{PERIODS, Total, Totals};
pub(crate) use transit::{Meter, Step};

/// What is kept of a link.
#[derive(Clone, Debug)]
pub(crate) struct LinkState {
    pub(crate) slot: SlotNumber,
    /// Of the newest minute.
    pub(crate) minute: Sums,
    /// What buses emitted in the closed minutes of the five that are running.
    pub(crate) five: Transit,
}

/// What the traffic of a region emits.
#[derive(Clone, Debug)]
pub(crate) struct Emissions {
    pub(crate) link_index: Index<()>,
    pub(crate) area_index: Index<()>,
    pub(crate) links: BTreeMap<LinkNumber, LinkState>,
    /// By number of the area.
    pub(crate) totals: BTreeMap<u32, Totals>,
    pub(crate) ledger: Ledger,
    /// Work memory: curves of the weather of a window, by group of links.
    curves: Curves,
}

/// What vehicles known one by one have emitted since the region's beginning, and where: `vehicles`
/// is the sum of the others and of the minutes that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) vehicles: Masses,
    /// In closed minutes on links.
    pub(crate) links: Masses,
    /// Away from the streets, or where it is not known.
    pub(crate) elsewhere: Masses,
}
