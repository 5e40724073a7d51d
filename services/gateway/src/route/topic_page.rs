//! Pages of a topic, read from its end backwards.

use stream::{Log, Record, StreamError};

use crate::problem::Problem;

/// Records of a page when `limit` is not given.
const LIMIT: u32 = 100;
/// Most records of a page.
const LIMIT_MAX: u32 = 1_000;

/// Which page.
#[derive(Clone, Copy)]
pub(super) struct Paging {
    limit: u32,
    before: Option<u64>,
}

/// Records of a page, oldest first.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// Offset of the oldest record that was read.
    pub(super) start: u64,
    /// Offset of the oldest record that there is.
    pub(super) oldest: u64,
}

impl Paging {
    /// Of what a query asks for.
    pub(super) fn new(limit: Option<u32>, before: Option<i64>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(LIMIT);
        if limit == 0 {
            return Err(Problem::bad_request("query: limit: must be 1 or more"));
        }
        let before = before.map(u64::try_from).transpose();
        let before =
            before.map_err(|_| Problem::bad_request("query: before: must be 0 or more"))?;
        Ok(Self { limit: limit.min(LIMIT_MAX), before })
    }

    /// Reads the page of a region's partition.
    pub(super) async fn read(
        self,
        log: &dyn Log,
        topic: &str,
        region: &str,
    ) -> Result<Page, StreamError> {
        let bounds = log.bounds(topic, region).await?;
        let end = self.before.unwrap_or(bounds.next).min(bounds.next);
        let start = end.saturating_sub(u64::from(self.limit)).max(bounds.first);
        let mut page = Page { records: Vec::new(), start, oldest: bounds.first };
        let mut next = start;
        if start < end {
            let mut source = log.source(topic, region, start).await?;
            while next < end {
                let records_max = usize::try_from(end - next).unwrap_or(usize::MAX);
                for record in source.next(records_max).await? {
                    next = record.offset + 1;
                    page.records.push(record);
                }
            }
        }
        Ok(page)
    }
}
