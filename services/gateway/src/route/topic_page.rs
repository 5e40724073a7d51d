//! Pages of a topic, read from its end backwards.

use std::collections::VecDeque;

use stream::{Log, Record, StreamError};

use crate::app::App;
use crate::problem::Problem;

/// Records of a page when `limit` is not given.
const LIMIT: u32 = 100;
/// Most records of a page.
const LIMIT_MAX: u32 = 1_000;
/// Bytes of the records of a page; older ones are left for the next page. One record may have more.
const PAGE_BYTES_MAX: usize = 4 << 20;
/// Most records that are read at a time: they are held beside the page.
const RECORDS_PER_READ: usize = 16;

/// What is shown of the records of a page.
pub(super) struct Page<T> {
    /// Newest first.
    pub(super) entries: Vec<T>,
    /// Offset of the oldest record that was looked at: older ones are before it.
    pub(super) start: u64,
    /// Offset of the oldest record that there is.
    pub(super) oldest: u64,
}

impl<T> Page<T> {
    /// The page of a region's partition that a query asks for: the newest records that fit. Records
    /// themselves are not kept: little of one may be shown.
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
        let mut start = end.saturating_sub(u64::from(limit)).max(bounds.first);
        // With the offset and the size of its record.
        let mut kept = VecDeque::new();
        let mut bytes = 0;
        if start < end {
            let mut source = log.source(topic, region, start).await?;
            let mut next = start;
            while next < end {
                let left = usize::try_from(end - next).unwrap_or(usize::MAX);
                for record in source.next(left.min(RECORDS_PER_READ)).await? {
                    next = record.offset + 1;
                    if let Some(entry) = entry(&record) {
                        bytes += record.payload.len();
                        kept.push_back((record.offset, record.payload.len(), entry));
                    }
                    while bytes > PAGE_BYTES_MAX && kept.len() > 1 {
                        let oldest = kept.pop_front();
                        bytes -= oldest.map_or(0, |(_, bytes, _)| bytes);
                        start = kept.front().map_or(start, |(offset, ..)| *offset);
                    }
                }
            }
        }
        let entries = kept.into_iter().rev().map(|(_, _, entry)| entry).collect();
        Ok(Self { entries, start, oldest: bounds.first })
    }
}
