//! What is used of the disk or the store, by day and kind.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use serde::Serialize;

use crate::{Archive, ArchiveError, Segment, Topic};

/// What a kind of a day of a region takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Region.
    pub region: String,
    /// Day of UTC, `2026-11-26`; empty of checkpoints.
    pub day: String,
    /// Kind of rows, or `checkpoint`.
    pub kind: String,
    /// Seconds of a period of which one row stays, where files are thinned; 0 where all rows are there.
    pub every_s: u32,
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// Time of reception at the beginning of the first file, milliseconds since 1970-01-01 UTC.
    pub from_ms: i64,
    /// Time of reception at the end of the last file.
    pub to_ms: i64,
}

impl Archive {
    /// What is used, by region, day and kind, then the checkpoints of each region.
    pub async fn usage(&self) -> Result<Vec<Usage>, ArchiveError> {
        let all = self.segments().await?;
        let mut used: BTreeMap<_, Usage> = BTreeMap::new();
        for segment in all.iter() {
            let Segment { region, day, kind, from_ms, to_ms, every_s, bytes, .. } = segment;
            let usage = used.entry((region, day, kind, every_s)).or_insert_with(|| Usage {
                region: region.clone(),
                day: day.to_string(),
                kind: kind.to_string(),
                every_s: *every_s,
                files: 0,
                bytes: 0,
                from_ms: *from_ms,
                to_ms: *to_ms,
            });
            usage.files += 1;
            usage.bytes += bytes;
            usage.from_ms = usage.from_ms.min(*from_ms);
            usage.to_ms = usage.to_ms.max(*to_ms);
        }
        let mut used: Vec<Usage> = used.into_values().collect();
        for region in self.regions().await? {
            let saved = self.checkpoints(&region).await?;
            let (Some(first), Some(last)) = (saved.first(), saved.last()) else { continue };
            used.push(Usage {
                region,
                day: String::new(),
                kind: "checkpoint".into(),
                every_s: 0,
                files: saved.len() as u64,
                bytes: saved.iter().map(|saved| saved.bytes).sum(),
                from_ms: first.time_ms,
                to_ms: last.time_ms,
            });
        }
        Ok(used)
    }

    /// Regions of which something is archived.
    pub async fn regions(&self) -> Result<Vec<String>, ArchiveError> {
        let all = self.segments().await?;
        let mut regions: Vec<String> = all.iter().map(|segment| segment.region.clone()).collect();
        regions.dedup();
        Ok(regions)
    }

    /// Bytes of all that is there, other things included.
    pub async fn bytes(&self) -> Result<u64, ArchiveError> {
        let sizes = self.store.list(None).map_ok(|object| object.size);
        Ok(sizes.try_fold(0, |sum, bytes| async move { Ok(sum + bytes) }).await?)
    }

    /// Times of reception that a region's events are archived of, beginning and end; none of none.
    pub async fn extent(&self, region: &str) -> Result<Option<(i64, i64)>, ArchiveError> {
        let spans = self.spans(region, Topic::Events).await?;
        let from_ms = spans.first().map(|span| span.from_ms);
        Ok(from_ms.zip(spans.iter().map(|span| span.to_ms).max()))
    }
}
