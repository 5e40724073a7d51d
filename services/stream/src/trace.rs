//! Traces: a record in many is followed on its way, and each step tells a span of it.
//!
//! A step names its span by a [`TraceContext`], which goes with the record to the next step: over Kafka as
//! the header `traceparent` of W3C Trace Context, within a process in its memory.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

/// Bytes of the header before what later versions may add.
const HEADER_BYTES: usize = 55;

/// A step of a trace that is followed.
///
/// ```
/// use stream::TraceContext;
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = TraceContext::parse(header.as_bytes()).unwrap();
/// assert_eq!(context.to_string(), header);
/// // The last digits say that nobody follows it.
/// assert_eq!(TraceContext::parse(header.replace("-01", "-00").as_bytes()), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Of all steps.
    pub trace_id: u128,
    /// Of this one.
    pub span_id: u64,
}

impl TraceContext {
    /// Reads the header `traceparent`; none where it is not one, or of a trace that is not followed.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(header).ok()?;
        let (known, later) = text.split_at_checked(HEADER_BYTES)?;
        let parts: Vec<&str> = known.split('-').collect();
        let [version, trace, span, flags] = parts[..] else { return None };
        let is_version = match hex(version, 2)? {
            0 => later.is_empty(),
            0xff => false,
            _ => later.is_empty() || later.starts_with('-'),
        };
        let is_followed = hex(flags, 2)? & 1 == 1;
        let context = Self { trace_id: hex(trace, 32)?, span_id: hex(span, 16)? as u64 };
        let is_one = is_version && is_followed && context.trace_id != 0 && context.span_id != 0;
        is_one.then_some(context)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }
}

/// A number of so many hexadecimal digits, without large letters.
fn hex(digits: &str, count: usize) -> Option<u128> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_one = digits.len() == count && digits.bytes().all(is_hex);
    is_one.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

/// A step that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its place in the trace.
    pub context: TraceContext,
    /// The step before it; none of the first.
    pub parent: Option<TraceContext>,
    /// What was done.
    pub name: &'static str,
    /// When it began, milliseconds since 1970-01-01 UTC.
    pub start_ms: i64,
    /// When it was over, milliseconds since 1970-01-01 UTC.
    pub end_ms: i64,
    /// What it was done with.
    pub attributes: Vec<(&'static str, String)>,
}

/// Begins traces and takes spans.
#[derive(Debug)]
pub struct Tracer {
    one_in: u64,
    events: AtomicU64,
    /// Seeded from the operating system's randomness.
    ids: RandomState,
    drawn: AtomicU64,
    spans: Option<mpsc::Sender<Span>>,
}

impl Tracer {
    /// Follows one event in so many that are logged here; 0 begins no trace, but goes on with those of
    /// others. Spans go to a queue that somebody exports; without one they are not kept.
    pub fn new(one_in: u64, spans: Option<mpsc::Sender<Span>>) -> Self {
        let (events, drawn) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { one_in, events, ids: RandomState::new(), drawn, spans }
    }

    /// The first step of a trace, if the next event is one to follow.
    pub fn begin(&self) -> Option<TraceContext> {
        let is_followed = self.one_in > 0
            && self.events.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.one_in);
        is_followed.then(|| {
            let trace_id = (u128::from(self.draw()) << 64) | u128::from(self.draw());
            TraceContext { trace_id, span_id: self.draw() }
        })
    }

    /// The step after another.
    pub fn next(&self, parent: TraceContext) -> TraceContext {
        TraceContext { span_id: self.draw(), ..parent }
    }

    /// Takes a step that is over. A queue that is full loses it: nothing waits for who looks on.
    pub fn tell(&self, span: Span) {
        if self.spans.as_ref().is_some_and(|spans| spans.try_send(span).is_err()) {
            metrics::counter!("tilanne_trace_spans_lost_total").increment(1);
        }
    }

    /// A random number other than 0.
    fn draw(&self) -> u64 {
        self.ids.hash_one(self.drawn.fetch_add(1, Ordering::Relaxed)).max(1)
    }
}
