//! What a request asks of a layer beside the layer itself: which time, what is nearest, in which
//! order.

pub(crate) mod near;
pub(crate) mod sort;

use picture::Object;

use crate::problem::Problem;

/// Event times from one, which is in, to another, which is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    since_ms: i64,
    until_ms: i64,
}

impl Span {
    /// A missing end is open.
    pub(crate) fn new(since_ms: Option<i64>, until_ms: Option<i64>) -> Result<Self, Problem> {
        let span =
            Self { since_ms: since_ms.unwrap_or(i64::MIN), until_ms: until_ms.unwrap_or(i64::MAX) };
        if span.since_ms > span.until_ms {
            let detail = "query: until_ms: it must not be before since_ms";
            return Err(Problem::bad_request(detail));
        }
        Ok(span)
    }

    /// Whether what an object says is of this time.
    pub(crate) fn has(self, object: &Object) -> bool {
        let time_ms = object.event_time_ms();
        self.since_ms <= time_ms && (time_ms < self.until_ms || self.until_ms == i64::MAX)
    }
}
