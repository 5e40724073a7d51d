//! Cells of the minutes that are still open.

use std::collections::VecDeque;

use network::LinkNumber;
use rustc_hash::FxHashMap;
use traffic::link::EdieSum;

use super::emission::Transit;
use super::probe::Kind;

/// Minutes that may be open at once. Answers are late by seconds, with sparse fixes by a minute or
/// two; what is later still counts in the oldest open minute, what claims to be of the future in
/// the newest.
const OPEN_MAX: i64 = 16;

/// What was seen on a link in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) cars: EdieSum,
    /// Stops left out.
    pub(crate) buses: EdieSum,
    /// That buses stood at stops.
    pub(crate) dwell_ms: u64,
    /// Newest time in it, Unix milliseconds.
    pub(crate) newest_ms: i64,
}

impl Cell {
    pub(crate) fn add(&mut self, other: &Self) {
        self.cars.add(&other.cars);
        self.buses.add(&other.buses);
        self.dwell_ms = self.dwell_ms.saturating_add(other.dwell_ms);
        self.newest_ms = self.newest_ms.max(other.newest_ms);
    }

    /// What one vehicle did until a time.
    pub(crate) fn of(kind: Kind, at_stop: bool, sum: EdieSum, newest_ms: i64) -> Self {
        let cell = Self { newest_ms, ..Self::default() };
        match kind {
            Kind::Car => Self { cars: sum, ..cell },
            // A bus that stands at its stop tells nothing about the traffic, but may hold it up.
            Kind::Bus if at_stop => Self { dwell_ms: sum.time_ms, ..cell },
            Kind::Bus => Self { buses: sum, ..cell },
        }
    }
}

/// One minute that is open; maps are sorted before they are used.
#[derive(Clone, Debug, Default)]
struct Minute {
    cells: FxHashMap<LinkNumber, Cell>,
    /// What vehicles known one by one emitted.
    transit: FxHashMap<LinkNumber, Transit>,
}

/// What a closed minute leaves, by link, ascending.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    pub(crate) cells: Vec<(LinkNumber, Cell)>,
    pub(crate) transit: Vec<(LinkNumber, Transit)>,
}

/// Cells of open minutes. A minute is the number of minutes since 1970.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenMinutes {
    /// First open minute; none before anything was seen.
    first: Option<i64>,
    /// By minute from the first on.
    minutes: VecDeque<Minute>,
}

impl OpenMinutes {
    /// The first open minute, once there is one.
    pub(crate) fn first(&self) -> Option<i64> {
        self.first
    }

    /// The minute in which something of another minute counts.
    pub(crate) fn take(&mut self, minute: i64) -> i64 {
        let first = *self.first.get_or_insert(minute);
        minute.clamp(first, first + OPEN_MAX - 1)
    }

    /// Adds to a cell of a minute that [`Self::take`] gave.
    pub(crate) fn add(&mut self, minute: i64, link: LinkNumber, cell: &Cell) {
        self.minute_mut(minute).cells.entry(link).or_default().add(cell);
    }

    /// Adds what was emitted on a link in a minute that [`Self::take`] gave.
    pub(crate) fn emit(&mut self, minute: i64, link: LinkNumber, transit: &Transit) {
        self.minute_mut(minute).transit.entry(link).or_default().add(transit);
    }

    fn minute_mut(&mut self, minute: i64) -> &mut Minute {
        let first = self.first.unwrap_or(minute);
        let at = (minute - first).clamp(0, OPEN_MAX - 1) as usize;
        while self.minutes.len() <= at {
            self.minutes.push_back(Minute::default());
        }
        &mut self.minutes[at]
    }

    /// Closes the first minute. The next minute is open then.
    pub(crate) fn close(&mut self) -> Closed {
        let minute = self.minutes.pop_front().unwrap_or_default();
        self.first = self.first.map(|first| first + 1);
        Closed { cells: sorted(&minute.cells), transit: sorted(&minute.transit) }
    }

    /// Opens a later minute as the first: nothing is known of those before it.
    pub(crate) fn skip_to(&mut self, minute: i64) {
        if self.first.is_some_and(|first| first < minute) && self.minutes.is_empty() {
            self.first = Some(minute);
        }
    }

    /// Opens the first minute, if none is.
    pub(crate) fn open(&mut self, minute: i64) {
        self.first.get_or_insert(minute);
    }

    /// All cells, by minute and link, for a checkpoint.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (i64, LinkNumber, Cell)> {
        self.all(|minute| &minute.cells)
    }

    /// What was emitted, by minute and link.
    pub(crate) fn transit(&self) -> impl Iterator<Item = (i64, LinkNumber, Transit)> {
        self.all(|minute| &minute.transit)
    }

    fn all<T: Copy>(
        &self,
        part: impl Fn(&Minute) -> &FxHashMap<LinkNumber, T>,
    ) -> impl Iterator<Item = (i64, LinkNumber, T)> {
        let first = self.first.unwrap_or_default();
        (first..).zip(&self.minutes).flat_map(move |(minute, parts)| {
            sorted(part(parts)).into_iter().map(move |(link, value)| (minute, link, value))
        })
    }

    /// Puts in what a checkpoint says.
    pub(crate) fn restore(&mut self, minute: i64, link: LinkNumber, cell: Cell) {
        self.minute_mut(minute).cells.insert(link, cell);
    }
}

fn sorted<T: Copy>(values: &FxHashMap<LinkNumber, T>) -> Vec<(LinkNumber, T)> {
    let mut values: Vec<_> = values.iter().map(|(&link, &value)| (link, value)).collect();
    values.sort_unstable_by_key(|(link, _)| *link);
    values
}
