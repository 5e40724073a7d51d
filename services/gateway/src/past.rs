//! Past moments: the picture as it was known at a time, made again from the archive.
//!
//! The nearest checkpoint before and the records after it go through [`Picture::apply`], the very code
//! that made the live picture, and the answer is encoded by the very code that encodes live answers,
//! with the time that was asked for as its clock. A record counts as known once it was received. The
//! live picture is some milliseconds behind that: an answer that was given then is had again, to the
//! byte, with its `sequence` beside its time.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::{Archive, ArchiveError, Moment};
use axum::http::StatusCode;
use events::{LogRecord, Text};
use jiff::Timestamp;
use picture::{Picture, Setup, Snapshot, View};
use quick_cache::sync::Cache;
use serde::Deserialize;
use stream::Log;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::live::LiveRegion;
use crate::problem::Problem;

/// Views of past moments that are kept: some screens' worth. One is as large as a region's live view,
/// some kilobytes an object.
const VIEWS_MAX: usize = 8;
/// Views that are made at a time; the next ones wait. Each takes a core and a picture's memory, and
/// live answers come first.
const MADE_AT_A_TIME: usize = 1;
/// Of so many records, other tasks get a turn.
const RECORDS_PER_TURN: u64 = 4_096;

/// How much later than a moment something was received that may be known of it now. Vehicles report
/// within seconds, detectors and messages once a minute or five.
const LATE_MS: i64 = 5 * 60_000;
/// How far clocks may be apart when an answer is asked for by its `sequence`: that says what was in.
const SKEW_MS: i64 = 1_000;

/// Stands for the generation of a view that does not change.
const PAST: u64 = u64::MAX;

/// Which moment.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
// The parameter's name.
#[allow(clippy::struct_field_names)]
pub(crate) struct At {
    /// As it was known at this time (RFC 3339): what had been received by then, answered as then. Without
    /// it now.
    #[param(format = DateTime, example = "2026-11-26T07:30:00Z")]
    pub(crate) at: Option<String>,
    /// Of the answers that could be given at that time, the one of this `sequence`: what was received
    /// but not in the picture yet is left out. Goes with `at`.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub(crate) sequence: Option<u64>,
    /// `then`, which is what is meant where it is not given, or `now`: with what was received in the
    /// five minutes after and is about that time or before. Goes with `at`, not with `sequence`.
    #[param(inline)]
    pub(crate) known: Option<Known>,
}

/// When what is told has to have been known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Known {
    /// At the time that is asked for.
    Then,
    /// Now: late events are in.
    Now,
}

/// A past moment of a region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    region: Text,
    at_ms: i64,
    sequence: Option<u64>,
    known: Known,
}

/// What past views are made from, and those that were made.
pub(crate) struct Past {
    archive: Arc<Archive>,
    setups: BTreeMap<Text, Setup>,
    views: Cache<Key, Arc<View>>,
    permits: Arc<Semaphore>,
}

impl Past {
    pub(crate) fn new(archive: Arc<Archive>, setups: BTreeMap<Text, Setup>) -> Self {
        let permits = Arc::new(Semaphore::new(MADE_AT_A_TIME));
        Self { archive, setups, views: Cache::new(VIEWS_MAX), permits }
    }

    pub(crate) fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    async fn view(&self, live: &LiveRegion, at_ms: i64, at: &At) -> Result<Arc<View>, Problem> {
        let region = live.region().id.clone();
        let known = at.known.unwrap_or(Known::Then);
        let key = Key { region, at_ms, sequence: at.sequence, known };
        let making = async {
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let permit = permit.map_err(|error| Problem::internal(&error))?;
            let (archive, log) = (Arc::clone(&self.archive), live.log().cloned());
            let setup = self.setups.get(&key.region).cloned().unwrap_or_default();
            let key = key.clone();
            let runtime = tokio::runtime::Handle::current();
            // It takes as long as it takes, and this thread serves others meanwhile.
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                runtime.block_on(make(&archive, log.as_ref(), &key, setup))
            });
            task.await.map_err(|error| Problem::internal(&error))?.map(Arc::new)
        };
        self.views.get_or_insert_async(&key, making).await
    }
}

/// The view of a moment. A file may be merged or removed between its listing and its reading: then it
/// is tried once more.
async fn make(
    archive: &Arc<Archive>,
    log: Option<&Arc<dyn Log>>,
    key: &Key,
    setup: Setup,
) -> Result<View, Problem> {
    let started = tokio::time::Instant::now();
    let made = match replay(archive, log, key, setup.clone()).await {
        Err(Failure::Archive(ArchiveError::Store(_) | ArchiveError::Unreadable { .. })) => {
            replay(archive, log, key, setup).await
        }
        made => made,
    };
    metrics::histogram!(crate::telemetry::PAST_SECONDS).record(started.elapsed().as_secs_f64());
    made.map_err(|failure| match failure {
        Failure::Archive(error) => problem(error),
        Failure::Other(problem) => problem,
    })
}

/// Why a view was not made.
enum Failure {
    Archive(ArchiveError),
    Other(Problem),
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

async fn replay(
    archive: &Arc<Archive>,
    log: Option<&Arc<dyn Log>>,
    key: &Key,
    setup: Setup,
) -> Result<View, Failure> {
    let Key { region, at_ms, sequence, known } = key;
    let after_ms = match (sequence, known) {
        (Some(_), _) => SKEW_MS,
        (None, Known::Now) => LATE_MS,
        (None, Known::Then) => 0,
    };
    let internal = |error: &dyn std::fmt::Display| Failure::Other(Problem::internal(error));
    let moment = archive.moment(log, region, *at_ms).await?;
    let Moment { epoch, checkpoint, mut records } = moment;
    let epoch = Text::from(epoch);
    let mut picture = match &checkpoint {
        None => Picture::new(region.clone(), epoch, setup),
        Some((_, state)) => Picture::restore(region.clone(), epoch, setup, state)
            .map_err(|error| internal(&error))?,
    };
    records.until_ms(at_ms.saturating_add(after_ms));
    let mut newest = picture.sequence();
    let mut is_after = false;
    let (mut deltas, mut count) = (Vec::new(), 0_u64);
    while let Some((offset, record)) = records.next().await? {
        if sequence.is_some_and(|sequence| offset > sequence) {
            break;
        }
        // What the processor leaves out is left out here.
        let Ok(record) = LogRecord::try_from(record) else { continue };
        is_after = is_after || is_received_after(&record, *at_ms);
        if is_after && sequence.is_none() && !is_about(&record, *at_ms) {
            continue;
        }
        picture.apply(offset, &record, &mut deltas);
        newest = deltas.last().map(|delta| delta.sequence).or(newest);
        deltas.clear();
        count += 1;
        if count.is_multiple_of(RECORDS_PER_TURN) {
            tokio::task::yield_now().await;
        }
    }
    tracing::debug!(%region, at_ms, records = count, "made a past view");
    // As the log says it, which is what live answers are made from: there the points of lines are in
    // whole steps, and the number is that of the newest change.
    let snapshot = picture.snapshot().encode();
    let snapshot = Snapshot::decode(&snapshot).map_err(|error| internal(&error))?;
    Ok(View::from_snapshot(Snapshot { sequence: newest, ..snapshot }))
}

fn is_received_after(record: &LogRecord, at_ms: i64) -> bool {
    match record {
        LogRecord::Event(event) => event.received_time_ms > at_ms,
        LogRecord::FeedStatus(status) => status.received_time_ms > at_ms,
        LogRecord::Tally(_) => false,
    }
}

/// Whether it is an event of a time or before.
fn is_about(record: &LogRecord, at_ms: i64) -> bool {
    matches!(record, LogRecord::Event(event) if event.event_time_ms <= at_ms)
}

/// Says why there is no such moment.
fn problem(error: ArchiveError) -> Problem {
    let time = |time_ms| {
        let time = Timestamp::from_millisecond(time_ms);
        time.map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
    };
    match error {
        ArchiveError::TooEarly { region, first_ms } => {
            let first = time(first_ms);
            Problem::not_found(format!("query: at: the archive of {region} begins at {first}"))
        }
        ArchiveError::Empty(region) => {
            Problem::not_found(format!("query: at: nothing of {region} is archived yet"))
        }
        ArchiveError::Missing { topic, region, first, last } => Problem::not_found(format!(
            "query: at: {topic} of {region} have a gap before that time, numbers {first} to {last}: \
             it was not recorded, or is no longer kept"
        )),
        ArchiveError::Store(_) | ArchiveError::Log { .. } => {
            tracing::error!(%error, "no past view could be made");
            Problem::unavailable("the archive cannot be read now; the log of the server says why")
        }
        error => Problem::internal(&error),
    }
}

/// Of which picture an answer is: of now, or of a past moment.
pub(crate) enum Shown {
    Now(Arc<LiveRegion>),
    Then { view: Arc<View>, at_ms: i64 },
}

impl Shown {
    /// Looks at the picture, with the time of the answer. Briefly: of now, the writer waits.
    pub(crate) fn look<T>(&self, app: &App, look: impl FnOnce(&View, i64) -> T) -> T {
        self.look_at(app, |view, time_ms, _| look(view, time_ms))
    }

    /// The same, with which of the views that the region has had this is; of the past always the same.
    pub(crate) fn look_at<T>(&self, app: &App, look: impl FnOnce(&View, i64, u64) -> T) -> T {
        match self {
            Self::Now(live) => {
                let shared = live.read();
                look(&shared.view, app.now_ms(), shared.generation())
            }
            Self::Then { view, at_ms } => look(view, *at_ms, PAST),
        }
    }
}

impl At {
    /// The time that was asked for, milliseconds since 1970-01-01 UTC; none of now.
    pub(crate) fn time_ms(&self, now_ms: i64) -> Result<Option<i64>, Problem> {
        let Some(text) = &self.at else {
            let given = [("sequence", self.sequence.is_some()), ("known", self.known.is_some())];
            return match given.iter().find(|(_, is_given)| *is_given) {
                Some((name, _)) => {
                    Err(Problem::bad_request(format!("query: {name}: it goes with at")))
                }
                None => Ok(None),
            };
        };
        if self.sequence.is_some() && self.known == Some(Known::Now) {
            let detail = "query: known: not with sequence, which says what was known";
            return Err(Problem::bad_request(detail));
        }
        // An unencoded plus of an offset arrives as a space.
        let parsed = text.parse::<Timestamp>();
        let parsed = parsed.or_else(|error| text.replace(' ', "+").parse().map_err(|_| error));
        let time = parsed.map_err(|error| {
            let example = "it must be like 2026-11-26T07:30:00Z";
            Problem::bad_request(format!("query: at: {text:?} is no time: {example}: {error}"))
        })?;
        let at_ms = time.as_millisecond();
        if at_ms > now_ms {
            let detail = format!(
                "query: at: {text:?} is in the future; without at the answer is of the present"
            );
            return Err(Problem::bad_request(detail));
        }
        Ok(Some(at_ms))
    }

    /// The picture of a region that was asked for.
    pub(crate) async fn of(&self, app: &App, live: &Arc<LiveRegion>) -> Result<Shown, Problem> {
        let Some(at_ms) = self.time_ms(app.now_ms())? else {
            return Ok(Shown::Now(Arc::clone(live)));
        };
        let Some(past) = app.past() else {
            let detail =
                "query: at: nothing is archived here; without at the answer is of the present";
            return Err(Problem::new(StatusCode::NOT_FOUND, detail));
        };
        let view = past.view(live, at_ms, self).await?;
        Ok(Shown::Then { view, at_ms })
    }
}
