//! Series: the picture at one moment after another, made and sent moment by moment.
//!
//! One walk a region goes forward through the records, so a series costs little more than its last
//! moment, and what is in memory is one picture, one view and one encoded moment, however long the
//! range is. Between two moments others get their turn.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use picture::View;
use tokio::sync::{Semaphore, mpsc};

use super::walk::{Failure, Walk};
use super::{At, Known, archived, time_ms};
use crate::app::App;
use crate::live::LiveRegion;
use crate::problem::Problem;

/// Shortest step: each second of received time every feed says how it is, and nothing goes away more
/// often.
const STEP_MS_MIN: i64 = 1_000;
/// Most moments of an export: ten weeks by minutes.
const EXPORT_MOMENTS_MAX: usize = 100_000;
/// Moments that wait to be sent beside the one that is being made.
const MOMENTS_WAITING: usize = 1;

/// Moments at equal distances.
// Units are last in names.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    /// The first, milliseconds since 1970-01-01 UTC.
    pub(crate) from_ms: i64,
    /// The last, or less than a step after it.
    pub(crate) to_ms: i64,
    /// From one to the next.
    pub(crate) step_ms: i64,
}

impl Moments {
    /// From one to another, both of them in where a whole number of steps leads there.
    fn new(from_ms: i64, to_ms: i64, step_ms: i64, moments_max: usize) -> Result<Self, Problem> {
        if to_ms < from_ms {
            return Err(Problem::bad_request("query: to: it must not be before from"));
        }
        if step_ms < STEP_MS_MIN {
            return Err(Problem::bad_request("query: step: it must be PT1S or more"));
        }
        let moments = Self { from_ms, to_ms, step_ms };
        let count = moments.count();
        if count > moments_max as u64 {
            let detail = format!(
                "query: step: {count} moments, at most {moments_max}: take a longer step, or ask \
                 for the range in parts"
            );
            return Err(Problem::bad_request(detail));
        }
        Ok(moments)
    }

    fn count(self) -> u64 {
        self.to_ms.abs_diff(self.from_ms) / self.step_ms.unsigned_abs() + 1
    }

    /// One after another, milliseconds since 1970-01-01 UTC.
    pub(crate) fn times_ms(self) -> impl Iterator<Item = i64> {
        (0..self.count() as i64).map(move |step| self.from_ms + step * self.step_ms)
    }
}

impl At {
    /// The moments of a series, where one is asked for.
    pub(super) fn moments(
        &self,
        now_ms: i64,
        moments_max: usize,
    ) -> Result<Option<Moments>, Problem> {
        let (from, to, step) = match (&self.from, &self.to, &self.step) {
            (None, None, None) => return Ok(None),
            (Some(from), Some(to), Some(step)) => (from, to, step),
            (from, to, _) => {
                let missing = match (from, to) {
                    (None, _) => "from",
                    (_, None) => "to",
                    _ => "step",
                };
                let detail = format!("query: {missing}: a series has from, to and step");
                return Err(Problem::bad_request(detail));
            }
        };
        for (name, is_given) in [("at", self.at.is_some()), ("sequence", self.sequence.is_some())] {
            if is_given {
                let detail = format!("query: {name}: not with from, to and step, a series");
                return Err(Problem::bad_request(detail));
            }
        }
        let from_ms = time_ms("from", from, now_ms)?;
        let to_ms = time_ms("to", to, now_ms)?;
        Moments::new(from_ms, to_ms, step_ms(step)?, moments_max).map(Some)
    }
}

/// The ends of the range of an export, milliseconds since 1970-01-01 UTC, and its moments where it has
/// a step.
pub(crate) fn export_range(
    app: &App,
    from: &str,
    to: &str,
    step: Option<&str>,
) -> Result<(i64, i64, Option<Moments>), Problem> {
    let range = || {
        let now_ms = app.now_ms();
        let from_ms = time_ms("from", from, now_ms)?;
        let to_ms = time_ms("to", to, now_ms)?;
        let step_ms = step.map(step_ms).transpose()?;
        // Without a step a longer one than the range says the rest of what may be wrong.
        let moments =
            Moments::new(from_ms, to_ms, step_ms.unwrap_or(i64::MAX), EXPORT_MOMENTS_MAX)?;
        Ok((from_ms, to_ms, step.map(|_| moments)))
    };
    range().map_err(Problem::of_a_body)
}

/// Reads a duration in ISO 8601, milliseconds.
fn step_ms(text: &str) -> Result<i64, Problem> {
    let parsed = if text.starts_with("PT") { text.parse::<SignedDuration>().ok() } else { None };
    let step_ms = parsed.and_then(|step| i64::try_from(step.as_millis()).ok());
    step_ms.ok_or_else(|| {
        let detail = format!(
            "query: step: {text:?} is no duration of hours, minutes and seconds: it must be like \
             PT5M, PT1H30M or PT15S"
        );
        Problem::bad_request(detail)
    })
}

/// Makes the parts of a body.
pub(crate) trait Maker: Send + 'static {
    /// What is said of a moment, from the views of the regions in the order in which they were named.
    fn moment(&mut self, views: &[&View], at_ms: i64) -> Result<Vec<u8>, Problem>;
    /// What ends the body.
    fn end(&mut self) -> Result<Vec<u8>, Problem>;
}

/// A body of JSON with what a route without a series says, for each moment.
pub(crate) struct JsonMoments<F> {
    make: F,
    is_first: bool,
}

impl<F> JsonMoments<F> {
    /// `make` gives the JSON of a moment.
    pub(crate) fn new(make: F) -> Self {
        Self { make, is_first: true }
    }
}

impl<F> Maker for JsonMoments<F>
where
    F: FnMut(&[&View], i64) -> Result<Vec<u8>, Problem> + Send + 'static,
{
    fn moment(&mut self, views: &[&View], at_ms: i64) -> Result<Vec<u8>, Problem> {
        let before = if std::mem::take(&mut self.is_first) { r#"{"moments":["# } else { "," };
        let mut part = before.as_bytes().to_vec();
        part.extend((self.make)(views, at_ms)?);
        Ok(part)
    }

    fn end(&mut self) -> Result<Vec<u8>, Problem> {
        Ok(b"]}".to_vec())
    }
}

/// What goes from the thread that makes a series to the body.
enum Part {
    Bytes(Vec<u8>),
    Failed(Problem),
    /// It is complete. A body that ends without it was cut off.
    End,
}

/// Begins to make a series, on a thread of its own.
fn start(
    app: &App,
    regions: &[Arc<LiveRegion>],
    moments: Moments,
    known: Option<Known>,
    maker: impl Maker,
) -> Result<mpsc::Receiver<Part>, Problem> {
    let past = archived(app, "from")?;
    let permit = Arc::clone(&past.series).try_acquire_owned().map_err(|_| {
        let detail = "as many series are being sent as are at a time; come back in a moment";
        Problem::unavailable(detail)
    })?;
    let (sender, parts) = mpsc::channel(MOMENTS_WAITING);
    let knowledge = known.unwrap_or(Known::Then).into();
    let walks = regions.iter().map(|live| {
        let sender = sender.clone();
        Walk::new(past.origins(live), knowledge, move || sender.is_closed())
    });
    let walks = walks.collect();
    let line = Line {
        sender,
        turns: Arc::clone(&past.permits),
        patience: Duration::from_millis(app.options.push.stall_timeout_ms),
    };
    let runtime = tokio::runtime::Handle::current();
    let closing = app.closing.clone();
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        runtime.block_on(async {
            tokio::select! {
                () = closing.cancelled() => {}
                () = line.send_all(walks, moments, maker) => {}
            }
        });
    });
    Ok(parts)
}

/// Answers with a series. The answer begins when its first moment is made, so that what is wrong with
/// that is a problem; what fails later breaks the answer off.
pub(crate) async fn respond(
    app: &App,
    regions: Vec<Arc<LiveRegion>>,
    moments: Moments,
    known: Option<Known>,
    content_type: &'static str,
    maker: impl Maker,
) -> Result<Response, Problem> {
    let mut parts = start(app, &regions, moments, known, maker)?;
    let first = match parts.recv().await {
        Some(Part::Bytes(bytes)) => bytes,
        Some(Part::Failed(problem)) => return Err(problem),
        Some(Part::End) | None => return Err(Problem::internal(&"a series has no moment")),
    };
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from(first))]);
    let rest = stream::unfold(Some(parts), |parts| async {
        let mut parts = parts?;
        let cut = |why: String| Some((Err(io::Error::other(why)), None));
        match parts.recv().await {
            Some(Part::Bytes(bytes)) => Some((Ok(Bytes::from(bytes)), Some(parts))),
            Some(Part::End) => None,
            Some(Part::Failed(problem)) => cut(problem.detail),
            None => cut("a series was broken off".into()),
        }
    });
    // What compresses a body asks once more after its end.
    let mut response = Body::from_stream(first.chain(rest).fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// All parts of a series in one, for what cannot be made moment by moment.
pub(crate) async fn whole(
    app: &App,
    regions: &[Arc<LiveRegion>],
    moments: Moments,
    known: Option<Known>,
    maker: impl Maker,
) -> Result<Vec<u8>, Problem> {
    let mut parts = start(app, regions, moments, known, maker)?;
    let mut body = Vec::new();
    loop {
        match parts.recv().await {
            Some(Part::Bytes(bytes)) => body.extend(bytes),
            Some(Part::Failed(problem)) => return Err(problem),
            Some(Part::End) => return Ok(body),
            None => return Err(Problem::internal(&"a series was broken off")),
        }
    }
}

/// The way of the parts to the body.
struct Line {
    sender: mpsc::Sender<Part>,
    /// Held while a moment is made, not while it waits for the client.
    turns: Arc<Semaphore>,
    /// A client that takes nothing for so long is given up.
    patience: Duration,
}

impl Line {
    async fn send_all(&self, walks: Vec<Walk>, moments: Moments, maker: impl Maker) {
        if let Err(problem) = self.make(walks, moments, maker).await {
            tracing::warn!(detail = problem.detail, "a series broke off");
            self.send(Part::Failed(problem)).await;
        }
    }

    async fn make(
        &self,
        mut walks: Vec<Walk>,
        moments: Moments,
        mut maker: impl Maker,
    ) -> Result<(), Problem> {
        for at_ms in moments.times_ms() {
            let made = {
                let turn = self.turns.acquire().await;
                let _turn = turn.map_err(|error| Problem::internal(&error))?;
                let started = tokio::time::Instant::now();
                let mut views = Vec::with_capacity(walks.len());
                for walk in &mut walks {
                    match Box::pin(walk.at(at_ms)).await {
                        Ok(view) => views.push(view),
                        Err(Failure::Abandoned) => return Ok(()),
                        Err(failure) => return Err(failure.into()),
                    }
                }
                let seconds = started.elapsed().as_secs_f64();
                metrics::histogram!(crate::telemetry::PAST_SECONDS).record(seconds);
                maker.moment(&views, at_ms)?
            };
            if !self.send(Part::Bytes(made)).await {
                return Ok(());
            }
        }
        if self.send(Part::Bytes(maker.end()?)).await {
            self.send(Part::End).await;
        }
        Ok(())
    }

    /// Whether it was taken.
    async fn send(&self, part: Part) -> bool {
        let sent = tokio::time::timeout(self.patience, self.sender.send(part)).await;
        matches!(sent, Ok(Ok(())))
    }
}
