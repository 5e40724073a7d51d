//! Past moments: the picture as it was known at a time, made again from the archive.
//!
//! The nearest checkpoint before and the records after it go through [`Picture::apply`], the very code
//! that made the live picture, and the answer is encoded by the very code that encodes live answers,
//! with the time that was asked for as its clock. A record counts as known once it was received. The
//! live picture is some milliseconds behind that: an answer that was given then is had again, to the
//! byte, with its `sequence` beside its time.

mod reading;
mod series;
mod walk;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use archive::{Archive, ArchiveError, Topic};
use axum::http::StatusCode;
use events::Text;
use jiff::Timestamp;
use picture::{Setup, View};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::app::App;
use crate::live::LiveRegion;
use crate::problem::Problem;
use walk::{Knowledge, LATE_MS, Origins, Walk};

pub(crate) use series::{JsonMoments, Maker, Moments, export_range, respond, whole};

/// Views of past moments that are kept: some screens' worth. One is as large as a region's live view,
/// some kilobytes an object.
const VIEWS_MAX: usize = 8;
/// Views that are made at a time; the next ones wait. Each takes a core and a picture's memory, and
/// live answers come first.
const MADE_AT_A_TIME: usize = 1;
/// A moment that is at most so much after the one that was made before is made by going on from there,
/// as who moves a slider asks for them; farther on a checkpoint may be nearer.
const NEAR_MS: i64 = 60_000;
/// What was received by a moment is in the log so much later, milliseconds.
const SETTLED_MS: i64 = 5_000;
/// How long a view is kept that may still change: as long as a map takes to ask for its tiles.
const UNSETTLED_KEPT: Duration = Duration::from_secs(1);
/// Series that are being sent at a time: each keeps a picture and its view.
const SERIES_MAX: usize = 4;

/// Stands for the generation of a view that does not change.
const PAST: u64 = u64::MAX;

/// Which moment, or which moments.
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
    /// five minutes after and is about that time or before. Goes with `at` or a series, not with
    /// `sequence`.
    #[param(inline)]
    pub(crate) known: Option<Known>,
    /// A series: the first moment (RFC 3339). The answer is `{"moments": [...]}` with what `at` would
    /// give for each, made and sent one by one. Goes with `to` and `step`, not with `at`.
    #[param(format = DateTime, example = "2026-11-26T07:00:00Z")]
    pub(crate) from: Option<String>,
    /// The last moment of a series, if a whole number of steps leads there.
    #[param(format = DateTime, example = "2026-11-26T08:00:00Z")]
    pub(crate) to: Option<String>,
    /// From a moment to the next: an ISO 8601 duration of hours, minutes and seconds, one second or
    /// more.
    #[param(pattern = r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", example = "PT5M")]
    pub(crate) step: Option<String>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    /// Milliseconds since 1970-01-01 UTC.
    At(i64),
    Series(Moments),
}

impl When {
    /// The time of the answer; of a series that of the first moment.
    pub(crate) fn time_ms(self, app: &App) -> i64 {
        match self {
            Self::Now => app.now_ms(),
            Self::At(at_ms) => at_ms,
            Self::Series(moments) => moments.from_ms,
        }
    }
}

/// When what is told has to have been known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, utoipa::ToSchema)]
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
    /// Whether all of it has come in. A view from before that is never taken for one from after.
    is_final: bool,
}

/// A view of a past moment.
#[derive(Clone)]
struct Made {
    view: Arc<View>,
    /// Until when it is kept, where more may come in.
    until: Option<Instant>,
}

/// Where the view was made that was made last: one picture and its view more.
struct Newest {
    region: Text,
    at_ms: i64,
    walk: Walk,
}

/// What past views are made from, and those that were made.
pub(crate) struct Past {
    archive: Arc<Archive>,
    setups: BTreeMap<Text, Setup>,
    views: Cache<Key, Made>,
    newest: Arc<Mutex<Option<Newest>>>,
    permits: Arc<Semaphore>,
    series: Arc<Semaphore>,
}

impl Past {
    pub(crate) fn new(archive: Arc<Archive>, setups: BTreeMap<Text, Setup>) -> Self {
        let permits = Arc::new(Semaphore::new(MADE_AT_A_TIME));
        let series = Arc::new(Semaphore::new(SERIES_MAX));
        let newest = Arc::default();
        Self { archive, setups, views: Cache::new(VIEWS_MAX), newest, permits, series }
    }

    pub(crate) fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    /// What past moments are made from, or the problem that nothing is archived.
    pub(crate) fn archived(app: &App) -> Result<&Self, Problem> {
        let nothing = || Problem::not_found("nothing is archived here");
        app.past().ok_or_else(nothing)
    }

    /// A turn to make a moment: others wait meanwhile.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.permits.acquire().await.map_err(|error| Problem::internal(&error))
    }

    /// A walk over a region's past.
    pub(crate) fn walk(&self, live: &LiveRegion, known: Known) -> Walk {
        Walk::new(self.origins(live), known.into(), || false)
    }

    /// That what is known goes to the end of a range: where no log is followed, only what is archived
    /// is.
    pub(crate) async fn check_end(&self, live: &LiveRegion, to_ms: i64) -> Result<(), Problem> {
        if live.log().is_some() {
            return Ok(());
        }
        let region = &live.region().id;
        let spans = self.archive.spans(region, Topic::Events).await.map_err(problem)?;
        match spans.iter().map(|span| span.to_ms).max() {
            Some(end_ms) if end_ms < to_ms => {
                let end = crate::export::written(end_ms);
                let detail = format!(
                    "to: what is archived of {region} ends at {end}; what came later only the \
                     running server has, POST /v1/exports asks it"
                );
                Err(Problem::bad_request(detail))
            }
            Some(_) => Ok(()),
            None => Err(problem(ArchiveError::Empty(region.to_string()))),
        }
    }

    fn origins(&self, live: &LiveRegion) -> Origins {
        let region = live.region().id.clone();
        let setup = self.setups.get(&region).cloned().unwrap_or_default();
        Origins { archive: Arc::clone(&self.archive), log: live.log().cloned(), region, setup }
    }

    async fn view(
        &self,
        live: &LiveRegion,
        at_ms: i64,
        at: &At,
        now_ms: i64,
    ) -> Result<Arc<View>, Problem> {
        let region = live.region().id.clone();
        let known = at.known.unwrap_or(Known::Then);
        // What may still come in is not kept as if it could not.
        let late_ms = if known == Known::Now { LATE_MS } else { 0 };
        let is_settled = now_ms >= at_ms.saturating_add(late_ms + SETTLED_MS);
        let is_final = is_settled || at.sequence.is_some();
        let key = Key { region, at_ms, sequence: at.sequence, known, is_final };
        let making = async {
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let permit = permit.map_err(|error| Problem::internal(&error))?;
            let knowledge = at.sequence.map_or(known.into(), Knowledge::Sequence);
            let walk = Walk::new(self.origins(live), knowledge, || false);
            // What is known now, or by a number, changes as one goes on.
            let newest = matches!(knowledge, Knowledge::Then).then(|| Arc::clone(&self.newest));
            let region = key.region.clone();
            let runtime = tokio::runtime::Handle::current();
            // It takes as long as it takes, and this thread serves others meanwhile.
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let started = Instant::now();
                let made = match newest {
                    Some(newest) => runtime.block_on(near(&newest, region, at_ms, walk)),
                    None => runtime.block_on(walk.only(at_ms)).map_err(Problem::from),
                };
                let seconds = started.elapsed().as_secs_f64();
                metrics::histogram!(crate::telemetry::PAST_SECONDS).record(seconds);
                made
            });
            let view = Arc::new(task.await.map_err(|error| Problem::internal(&error))??);
            Ok::<_, Problem>(Made {
                view,
                until: (!is_final).then(|| Instant::now() + UNSETTLED_KEPT),
            })
        };
        let is_over = |made: &Made| made.until.is_some_and(|until| until <= Instant::now());
        self.views.remove_if(&key, is_over);
        let made = self.views.get_or_insert_async(&key, making).await?;
        Ok(made.view)
    }
}

/// The view of a moment, from that of one just before if it was the last to be made, and otherwise by
/// a walk of its own.
async fn near(
    newest: &Mutex<Option<Newest>>,
    region: Text,
    at_ms: i64,
    walk: Walk,
) -> Result<View, Problem> {
    let before = newest.lock().unwrap_or_else(PoisonError::into_inner).take();
    let is_near = |before: &Newest| {
        before.region == region && (0..=NEAR_MS).contains(&at_ms.saturating_sub(before.at_ms))
    };
    let mut walk = before.filter(is_near).map_or(walk, |before| before.walk);
    let view = walk.at(at_ms).await?.clone();
    let made = Newest { region, at_ms, walk };
    *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
    Ok(view)
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
            Problem::not_found(format!("the archive of {region} begins at {first}"))
        }
        ArchiveError::Empty(region) => {
            Problem::not_found(format!("nothing of {region} is archived yet"))
        }
        ArchiveError::Missing { topic, region, first, last } => Problem::not_found(format!(
            "{topic} of {region} have a gap before that time, numbers {first} to {last}: \
             it was not recorded, was thinned, or is no longer kept"
        )),
        ArchiveError::Store(_) | ArchiveError::Log { .. } => {
            tracing::error!(%error, "no past view could be made");
            Problem::unavailable("the archive cannot be read now; the log of the server says why")
        }
        ArchiveError::Unreadable { .. } | ArchiveError::OtherSchema { .. } => {
            tracing::error!(%error, "no past view could be made");
            let detail = format!(
                "{error}; restore the file, or remove it: then what it had is missing, and the rest is \
                 answered"
            );
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
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

/// Reads a time of a parameter, milliseconds since 1970-01-01 UTC; it must not be in the future.
fn time_ms(name: &str, text: &str, now_ms: i64) -> Result<i64, Problem> {
    // An unencoded plus of an offset arrives as a space.
    let parsed = text.parse::<Timestamp>();
    let parsed = parsed.or_else(|error| text.replace(' ', "+").parse().map_err(|_| error));
    let time = parsed.map_err(|error| {
        let example = "it must be like 2026-11-26T07:30:00Z";
        Problem::bad_request(format!("query: {name}: {text:?} is no time: {example}: {error}"))
    })?;
    let at_ms = time.as_millisecond();
    if at_ms > now_ms {
        let detail = format!(
            "query: {name}: {text:?} is in the future; without it the answer is of the present"
        );
        return Err(Problem::bad_request(detail));
    }
    Ok(at_ms)
}

/// What past moments are made from, or the problem that nothing is archived.
fn archived<'a>(app: &'a App, name: &str) -> Result<&'a Past, Problem> {
    app.past().ok_or_else(|| {
        let detail = format!(
            "query: {name}: nothing is archived here; without it the answer is of the present"
        );
        Problem::new(StatusCode::NOT_FOUND, detail)
    })
}

impl At {
    /// What was asked for.
    pub(crate) fn when(&self, app: &App) -> Result<When, Problem> {
        let now_ms = app.now_ms();
        if let Some(moments) = self.moments(now_ms, app.options.moments_max)? {
            return Ok(When::Series(moments));
        }
        let Some(text) = &self.at else {
            let given = [("sequence", self.sequence.is_some()), ("known", self.known.is_some())];
            return match given.iter().find(|(_, is_given)| *is_given) {
                Some((name, _)) => {
                    Err(Problem::bad_request(format!("query: {name}: it goes with at")))
                }
                None => Ok(When::Now),
            };
        };
        if self.sequence.is_some() && self.known == Some(Known::Now) {
            let detail = "query: known: not with sequence, which says what was known";
            return Err(Problem::bad_request(detail));
        }
        Ok(When::At(time_ms("at", text, now_ms)?))
    }

    /// The moment of a parameter of another name; now without it.
    pub(crate) fn named(&self, name: &str, app: &App) -> Result<When, Problem> {
        let at_ms = self.at.as_deref().map(|text| time_ms(name, text, app.now_ms()));
        Ok(at_ms.transpose()?.map_or(When::Now, When::At))
    }

    /// The picture of a region that was asked for, where it is not a series.
    pub(crate) async fn of(
        &self,
        app: &App,
        live: &Arc<LiveRegion>,
        when: When,
    ) -> Result<Shown, Problem> {
        match when {
            When::Now => Ok(Shown::Now(Arc::clone(live))),
            When::At(at_ms) => {
                let view = archived(app, "at")?.view(live, at_ms, self, app.now_ms()).await?;
                Ok(Shown::Then { view, at_ms })
            }
            When::Series(_) => {
                Err(Problem::bad_request("query: from: this route has no series; give at"))
            }
        }
    }
}
