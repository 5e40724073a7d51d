//! The picture of a region at one moment after another, each made from the one before.

use std::collections::VecDeque;
use std::sync::Arc;

use archive::{Archive, ArchiveError};
use events::{LogRecord, Text, wire};
use picture::{Change, Delta, Layer, Object, Picture, Setup, Snapshot, View};
use rustc_hash::FxHashMap;
use stream::Log;

use super::reading::{Numbered, Reading};
use super::{Known, problem};
use crate::problem::Problem;

/// How much later than a moment something was received that may be known of it now. Vehicles report
/// within seconds, detectors and messages once a minute or five.
pub(super) const LATE_MS: i64 = 5 * 60_000;

/// Records of a turn, about a second's work: a layer that hardly changes must not keep the turn from others
/// for a week of records.
const RECORDS_PER_TURN: usize = 1 << 16;
/// How far clocks may be apart when an answer is asked for by its `sequence`: that says what was in.
const SKEW_MS: i64 = 1_000;
/// Of so many records it is looked once whether somebody still waits.
const RECORDS_PER_LOOK: u64 = 4_096;

/// What pictures of a region are made from.
#[derive(Clone)]
pub(super) struct Origins {
    pub(super) archive: Arc<Archive>,
    /// The log that is being written, for what is not archived yet.
    pub(super) log: Option<Arc<dyn Log>>,
    pub(super) region: Text,
    pub(super) setup: Setup,
}

/// What counts as known at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Knowledge {
    /// What had been received by then.
    Then,
    /// That, and what came in the five minutes after and is about that time or before.
    Now,
    /// All up to this number.
    Sequence(u64),
}

impl From<Known> for Knowledge {
    fn from(known: Known) -> Self {
        match known {
            Known::Then => Self::Then,
            Known::Now => Self::Now,
        }
    }
}

/// Why there is no picture of a moment.
pub(crate) enum Failure {
    Archive(ArchiveError),
    Other(Problem),
    /// Nobody waits any more.
    Abandoned,
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Archive(error) => problem(error),
            Failure::Other(problem) => problem,
            Failure::Abandoned => Self::internal(&"nobody waits for a past view any more"),
        }
    }
}

impl Failure {
    /// What nobody but us can mend.
    pub(super) fn internal(error: impl std::fmt::Display) -> Self {
        Self::Other(Problem::internal(&error))
    }
}

/// Makes pictures of moments, each later than the one before. It reads the records between two moments
/// once and keeps one picture, its view, and what is read ahead: a record, or five minutes of them
/// where late ones count.
pub(crate) struct Walk {
    origins: Origins,
    knowledge: Knowledge,
    is_abandoned: Box<dyn Fn() -> bool + Send>,
    place: Option<Place>,
}

/// An object.
type Named = (Layer, Text);

/// Where a walk is.
struct Place {
    picture: Picture,
    /// Number of its newest change.
    newest: Option<u64>,
    view: View,
    /// With what came late, where that counts.
    late: Option<View>,
    records: Reading,
    /// Records that were read and are not in the picture yet.
    ahead: VecDeque<Numbered>,
    has_ended: bool,
    count: u64,
    /// When the newest change was known.
    known_ms: i64,
}

impl Walk {
    /// It looks now and then whether it is abandoned.
    pub(super) fn new(
        origins: Origins,
        knowledge: Knowledge,
        is_abandoned: impl Fn() -> bool + Send + 'static,
    ) -> Self {
        Self { origins, knowledge, is_abandoned: Box::new(is_abandoned), place: None }
    }

    /// The view of a moment, which is not before the one before. A file may be merged or removed
    /// between its listing and its reading: then it is tried once more, from a checkpoint.
    pub(crate) async fn at(&mut self, at_ms: i64) -> Result<&View, Failure> {
        let mut reached = Box::pin(self.reach(at_ms)).await;
        if let Err(Failure::Archive(ArchiveError::Store(_) | ArchiveError::Unreadable { .. })) =
            reached
        {
            reached = Box::pin(self.reach(at_ms)).await;
        }
        Ok(self.place.insert(reached?).shown())
    }

    /// The view of one moment alone.
    pub(super) async fn only(mut self, at_ms: i64) -> Result<View, Failure> {
        self.at(at_ms).await?;
        let place = self.place.ok_or_else(|| Failure::internal("a walk has no place"))?;
        Ok(place.late.unwrap_or(place.view))
    }

    /// Goes on to a moment. After a failure it starts anew.
    async fn reach(&mut self, at_ms: i64) -> Result<Place, Failure> {
        let Some(mut place) = self.place.take() else { return self.begin(at_ms).await };
        let mut changed = FxHashMap::default();
        place
            .apply(self, at_ms, |delta| {
                changed.insert(named(&delta), delta);
            })
            .await?;
        if place.has_ended && place.ahead.is_empty() && place.has_more(self, at_ms).await? {
            return self.begin(at_ms).await;
        }
        update(&mut place.view, changed.into_values())?;
        place.late = place.late(self.knowledge, at_ms)?;
        Ok(place)
    }

    /// The next changes of a layer, as the log says them, each with the time when it was known: those
    /// that were received after the moment before, and by a time. Whether there may be more.
    pub(crate) async fn changes(
        &mut self,
        layer: Layer,
        to_ms: i64,
        count_max: usize,
        changes: &mut Vec<(i64, Arc<Object>)>,
    ) -> Result<bool, Failure> {
        let mut place =
            self.place.take().ok_or_else(|| Failure::internal("a walk has no place"))?;
        let is_more = Box::pin(place.changes(self, layer, to_ms, count_max, changes)).await?;
        self.place = Some(place);
        Ok(is_more)
    }

    async fn begin(&self, at_ms: i64) -> Result<Place, Failure> {
        let Origins { archive, log, region, setup } = &self.origins;
        let moment = archive.moment(log.as_ref(), region, at_ms).await?;
        let epoch = Text::from(moment.epoch);
        let mut records = moment.records;
        // Which records a moment has is decided one by one.
        records.until_ms(i64::MAX);
        let records = Reading::start(records);
        let picture = match &moment.checkpoint {
            None => Picture::new(region.clone(), epoch.clone(), setup.clone()),
            Some((_, state)) => {
                Picture::restore(region.clone(), epoch.clone(), setup.clone(), state)
                    .map_err(Failure::internal)?
            }
        };
        let mut place = Place {
            newest: picture.sequence(),
            picture,
            view: View::new(region.clone(), epoch),
            late: None,
            records,
            ahead: VecDeque::new(),
            has_ended: false,
            count: 0,
            known_ms: at_ms,
        };
        place.apply(self, at_ms, drop).await?;
        tracing::debug!(%region, at_ms, records = place.count, "made a past view");
        // As the log says it, which is what live answers are made from: there the points of lines are
        // in whole steps, and the number is that of the newest change.
        let snapshot = place.picture.snapshot().encode();
        let snapshot = Snapshot::decode(&snapshot).map_err(Failure::internal)?;
        place.view = View::from_snapshot(Snapshot { sequence: place.newest, ..snapshot });
        place.late = place.late(self.knowledge, at_ms)?;
        Ok(place)
    }
}

impl Place {
    /// What is shown of the moment.
    fn shown(&self) -> &View {
        self.late.as_ref().unwrap_or(&self.view)
    }

    /// That all that was received by a time is in its records.
    async fn check_end(&self, walk: &Walk, to_ms: i64) -> Result<(), Failure> {
        let Origins { archive, log, region, .. } = &walk.origins;
        let moment = archive.moment(log.as_ref(), region, to_ms).await?;
        if moment.epoch == *self.view.epoch() && moment.records.end() <= self.records.end() {
            return Ok(());
        }
        let known = crate::export::written(self.known_ms);
        let detail = format!(
            "what is archived of {region} does not go on without a gap after {known}: export the \
             ranges before and after it"
        );
        Err(Failure::Other(Problem::not_found(detail)))
    }

    /// Whether its records have ended, but others may have come before a moment.
    async fn has_more(&self, walk: &Walk, at_ms: i64) -> Result<bool, Failure> {
        let Origins { archive, log, region, .. } = &walk.origins;
        let reached = (self.view.epoch().as_str(), self.records.end());
        Ok(archive.has_more(log.as_ref(), region, reached, at_ms).await?)
    }

    /// Reads a record ahead.
    async fn read(&mut self, walk: &Walk) -> Result<bool, Failure> {
        self.count += 1;
        if self.count.is_multiple_of(RECORDS_PER_LOOK) && (walk.is_abandoned)() {
            return Err(Failure::Abandoned);
        }
        loop {
            if let Some(record) = self.records.next().await? {
                self.has_ended = false;
                self.ahead.push_back(record);
                return Ok(true);
            }
            if !self.records.extend().await? {
                self.has_ended = true;
                return Ok(false);
            }
        }
    }

    /// Takes in what is known at a moment, but for what came late; tells each change.
    async fn apply(
        &mut self,
        walk: &Walk,
        at_ms: i64,
        mut each: impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let mut deltas = Vec::new();
        loop {
            if self.ahead.is_empty() && !self.read(walk).await? {
                break;
            }
            let is_known = |(offset, record): &Numbered| match walk.knowledge {
                Knowledge::Sequence(newest) => {
                    *offset <= newest && !is_received_after(record, at_ms.saturating_add(SKEW_MS))
                }
                Knowledge::Then | Knowledge::Now => !is_received_after(record, at_ms),
            };
            if !self.ahead.front().is_some_and(is_known) {
                break;
            }
            let Some((offset, record)) = self.ahead.pop_front() else { break };
            self.picture.apply(offset, &record, &mut deltas);
            self.newest = deltas.last().map(|delta| delta.sequence).or(self.newest);
            deltas.drain(..).for_each(&mut each);
        }
        if matches!(walk.knowledge, Knowledge::Now) {
            let until_ms = at_ms.saturating_add(LATE_MS);
            let is_within = |newest: Option<&Numbered>| {
                newest.is_none_or(|(_, record)| !is_received_after(record, until_ms))
            };
            while is_within(self.ahead.back()) && self.read(walk).await? {}
        }
        Ok(())
    }

    async fn changes(
        &mut self,
        walk: &Walk,
        layer: Layer,
        to_ms: i64,
        count_max: usize,
        changes: &mut Vec<(i64, Arc<Object>)>,
    ) -> Result<bool, Failure> {
        let mut deltas = Vec::new();
        let mut records = 0;
        while changes.len() < count_max && records < RECORDS_PER_TURN {
            records += 1;
            if self.ahead.is_empty() && !self.read(walk).await? {
                if self.has_more(walk, to_ms).await? {
                    self.check_end(walk, to_ms).await?;
                }
                return Ok(false);
            }
            let is_later = |(_, record): &Numbered| is_received_after(record, to_ms);
            if self.ahead.front().is_none_or(is_later) {
                return Ok(false);
            }
            let Some((offset, record)) = self.ahead.pop_front() else { return Ok(false) };
            self.known_ms = self.known_ms.max(received_ms(&record).unwrap_or(i64::MIN));
            self.picture.apply(offset, &record, &mut deltas);
            for delta in deltas.drain(..) {
                let Change::Updated(object) = &delta.change else { continue };
                if object.layer() != layer {
                    continue;
                }
                let logged = Delta::try_from(wire::Delta::from(&delta));
                let logged = logged.map_err(Failure::internal)?;
                if let Change::Updated(object) = logged.change {
                    changes.push((self.known_ms, object));
                }
            }
        }
        Ok(true)
    }

    /// The view with what came late, where that counts.
    fn late(&self, knowledge: Knowledge, at_ms: i64) -> Result<Option<View>, Failure> {
        if !matches!(knowledge, Knowledge::Now) {
            return Ok(None);
        }
        let (mut picture, mut view) = (self.picture.clone(), self.view.clone());
        let (mut deltas, mut changed) = (Vec::new(), FxHashMap::default());
        let until_ms = at_ms.saturating_add(LATE_MS);
        let records = self.ahead.iter();
        let records = records.take_while(|(_, record)| !is_received_after(record, until_ms));
        for (offset, record) in records.filter(|(_, record)| is_about(record, at_ms)) {
            picture.apply(*offset, record, &mut deltas);
            changed.extend(deltas.drain(..).map(|delta| (named(&delta), delta)));
        }
        update(&mut view, changed.into_values())?;
        Ok(Some(view))
    }
}

/// Brings a view to the newest change of each object, as the log says them.
fn update(view: &mut View, changed: impl Iterator<Item = Delta>) -> Result<(), Failure> {
    let mut changed: Vec<Delta> = changed.collect();
    changed.sort_unstable_by_key(|delta| (delta.sequence, delta.index));
    for delta in changed {
        let logged = Delta::try_from(wire::Delta::from(&delta));
        view.apply(logged.map_err(Failure::internal)?);
    }
    Ok(())
}

fn named(delta: &Delta) -> Named {
    match &delta.change {
        Change::Updated(object) => (object.layer(), object.id().clone()),
        Change::Removed { layer, id, .. } => (*layer, id.clone()),
    }
}

fn received_ms(record: &LogRecord) -> Option<i64> {
    match record {
        LogRecord::Event(event) => Some(event.received_time_ms),
        LogRecord::FeedStatus(status) => Some(status.received_time_ms),
        LogRecord::Tally(_) => None,
    }
}

fn is_received_after(record: &LogRecord, at_ms: i64) -> bool {
    received_ms(record).is_some_and(|received_ms| received_ms > at_ms)
}

/// Whether it is an event of a time or before.
fn is_about(record: &LogRecord, at_ms: i64) -> bool {
    matches!(record, LogRecord::Event(event) if event.event_time_ms <= at_ms)
}
