//! Pages of a topic, read from its end backwards.

use stream::{Log, Record, StreamError};

use crate::app::App;
use crate::problem::Problem;

/// Records of a page when `limit` is not given.
const LIMIT: u32 = 100;
/// Most records of a page.
const LIMIT_MAX: u32 = 1_000;

/// What is shown of the records of a page.
pub(super) struct Page<T> {
    /// Newest first.
    pub(super) entries: Vec<T>,
    /// Offset of the oldest record that was read.
    pub(super) start: u64,
    /// Offset of the oldest record that there is.
    pub(super) oldest: u64,
}

impl<T> Page<T> {
    /// The page of a region's partition that a query asks for. Records themselves are not kept: a page
    /// of them may be large, and little of it shown.
    pub(super) async fn read(
        app: &App,
        topic: &str,
        region: &str,
        limit: Option<u32>,
        before: Option<i64>,
        entry: impl Fn(&Record) -> Option<T>,
    ) -> Result<Self, Problem> {
        let live = app.known_region(region)?;
        let limit = limit.unwrap_or(LIMIT);
        if limit == 0 {
            return Err(Problem::bad_request("query: limit: must be 1 or more"));
        }
        let before = before.map(u64::try_from).transpose();
        let before =
            before.map_err(|_| Problem::bad_request("query: before: must be 0 or more"))?;
        let log = app.log(live)?;
        let page = Self::of(log.as_ref(), topic, region, limit.min(LIMIT_MAX), before, entry).await;
        page.map_err(|error| Problem::internal(&error))
    }

    async fn of(
        log: &dyn Log,
        topic: &str,
        region: &str,
        limit: u32,
        before: Option<u64>,
        entry: impl Fn(&Record) -> Option<T>,
    ) -> Result<Self, StreamError> {
        let bounds = log.bounds(topic, region).await?;
        let end = before.unwrap_or(bounds.next).min(bounds.next);
        let start = end.saturating_sub(u64::from(limit)).max(bounds.first);
        let mut page = Self { entries: Vec::new(), start, oldest: bounds.first };
        let mut next = start;
        if start < end {
            let mut source = log.source(topic, region, start).await?;
            while next < end {
                let records_max = usize::try_from(end - next).unwrap_or(usize::MAX);
                for record in source.next(records_max).await? {
                    next = record.offset + 1;
                    page.entries.extend(entry(&record));
                }
            }
        }
        page.entries.reverse();
        Ok(page)
    }
}
