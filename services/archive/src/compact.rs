//! Upkeep: small files of a day that is over become one of each kind, older ones are thinned, and what
//! the rules no longer keep goes.
//!
//! A file that takes the place of others is written beside first, whole. Then, with readers of this
//! process kept out, it takes its place and the others go: other processes may for a moment see both,
//! never neither. If that is cut short the next round finishes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use futures_util::TryStreamExt;
use metrics::{counter, gauge};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::AsyncArrowWriter;
use tokio_util::sync::CancellationToken;

use crate::archive::Held;
use crate::checkpoint::Saved;
use crate::file::{Layout, Opened, Parts, ROW_GROUP_ROWS};
use crate::table::sorted;
use crate::thin::Thinner;
use crate::upload::Upload;
use crate::{Archive, ArchiveError, Day, Kind, Segment, Topic};

/// Folder of merged files that have not taken their place yet. Tools leave out folders that begin so.
const STAGING: &str = "_staging";
/// How files there end, so that nobody's pattern matches them.
const STAGED: &str = ".staged";
/// Time between rounds of upkeep.
const UPKEEP_EVERY: Duration = Duration::from_mins(10);
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// What a round of upkeep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Files that were merged into others.
    pub merged: u64,
    /// Files of which a part of the rows went by the rules.
    pub thinned: u64,
    /// Files that went by the rules.
    pub removed: u64,
    /// Files that could not be merged or thinned and stay as they are, and why: a line a time.
    pub failed: Vec<String>,
    /// Bytes that there are afterwards.
    pub bytes: u64,
}

/// Does upkeep now and again until shutdown. `now_ms` tells the time.
pub async fn upkeep(archive: Arc<Archive>, now_ms: impl Fn() -> i64, shutdown: CancellationToken) {
    loop {
        let failed = match archive.upkeep(now_ms()).await {
            Ok(done) => done.failed.len() as u64,
            Err(error) => {
                tracing::error!(%error, "upkeep of the archive failed; trying again later");
                1
            }
        };
        counter!("tilanne_archive_upkeep_errors_total").increment(failed);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(UPKEEP_EVERY) => {}
        }
    }
}

impl Upkeep {
    /// Counts files that stay as they are.
    fn leave(&mut self, files: &[Segment], error: &ArchiveError) {
        let first = files.first().map(Segment::path).unwrap_or_default();
        tracing::error!(%error, first, files = files.len(), "files of the archive stay as they are");
        self.failed.push(format!("{} from {first} on: {error}", files.len()));
    }
}

impl Archive {
    /// One round of upkeep at a time, milliseconds since 1970-01-01 UTC: finishes what was cut short,
    /// merges days that are over, thins older ones, removes what is not kept, and measures. Files that
    /// cannot be merged or thinned, as one is damaged, stay as they are, and the rest goes on: else the
    /// disk would fill up behind them.
    pub async fn upkeep(self: &Arc<Self>, now_ms: i64) -> Result<Upkeep, ArchiveError> {
        let mut done = Upkeep::default();
        self.finish_staged().await?;
        let today = Day::of(now_ms);
        for region in self.regions().await? {
            for topic in Topic::ALL {
                self.compact(&region, topic, today, &mut done).await?;
            }
            done.removed += self.thin_checkpoints(&region, today).await?;
        }
        done.removed += self.remove_old(today).await?;
        self.thin(today, &mut done).await?;
        done.removed += self.remove_most(&mut done.bytes).await?;
        self.measure().await?;
        Ok(done)
    }

    /// Merges the files of days before today.
    async fn compact(
        self: &Arc<Self>,
        region: &str,
        topic: Topic,
        today: Day,
        done: &mut Upkeep,
    ) -> Result<(), ArchiveError> {
        let held = self.remove_merged(region, topic).await?;
        // The last kind's files say what is whole, so they are merged last.
        for &kind in topic.kinds() {
            for group in groups(&held, kind, today) {
                match self.merge(kind, &group).await {
                    Ok(()) => done.merged += group.len() as u64,
                    Err(error) => done.leave(&group, &error),
                }
            }
        }
        Ok(())
    }

    /// Removes files that another one has all of, left where a merge was cut short.
    async fn remove_merged(&self, region: &str, topic: Topic) -> Result<Held, ArchiveError> {
        let _switch = self.switch.write().await;
        let held = self.held_alone(region, topic).await?;
        for file in held.superseded() {
            self.delete(&file.location()).await?;
        }
        Ok(held)
    }

    async fn merge(&self, kind: Kind, group: &[Segment]) -> Result<(), ArchiveError> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
        let target = Segment { last: last.last, to_ms: last.to_ms, bytes: 0, ..first.clone() };
        let staged = staged(&target);
        self.write(kind, group, &staged, None).await?;
        self.replace(&target, group, &staged).await?;
        let path = target.path();
        tracing::info!(%path, files = group.len(), "merged");
        Ok(())
    }

    /// Thins files of older days.
    async fn thin(&self, today: Day, done: &mut Upkeep) -> Result<(), ArchiveError> {
        for segment in self.segments().await?.iter() {
            let Some(rule) = self.options().thinning(segment.kind) else { continue };
            let age_days = segment.day.days_until(today);
            // One that was thinned more already has no more rows to give.
            if age_days <= i64::from(rule.after_days) || segment.every_s >= rule.every_s {
                continue;
            }
            match self.thin_one(segment, rule.every_s).await {
                Ok(()) => done.thinned += 1,
                Err(error) => done.leave(std::slice::from_ref(segment), &error),
            }
        }
        Ok(())
    }

    async fn thin_one(&self, segment: &Segment, every_s: u32) -> Result<(), ArchiveError> {
        let whole = std::slice::from_ref(segment);
        let target = Segment { every_s, bytes: 0, ..segment.clone() };
        let staged = staged(&target);
        let thinner = Thinner::new(segment.kind, every_s);
        self.write(segment.kind, whole, &staged, thinner).await?;
        self.replace(&target, whole, &staged).await?;
        let path = segment.path();
        tracing::info!(%path, every_s, "thinned");
        Ok(())
    }

    /// Writes the rows of files into one, all or what a thinner leaves of them.
    async fn write(
        &self,
        kind: Kind,
        group: &[Segment],
        staged: &Path,
        thinner: Option<Thinner>,
    ) -> Result<(), ArchiveError> {
        let layout = Layout::of(kind);
        let failed = |error: &dyn std::fmt::Display| ArchiveError::write(kind, error);
        let mut opened = Vec::with_capacity(group.len());
        let mut parts: Option<Parts> = None;
        for segment in group {
            let file = Opened::open(&self.store, segment).await?;
            if let Some(own) = file.parts() {
                parts.get_or_insert_default().add(&own);
            }
            opened.push(file);
        }
        let properties = layout.properties(parts.as_ref(), true);
        let output = Upload::new(Arc::clone(&self.store), staged.clone());
        let schema = Arc::clone(&layout.schema);
        let writer = AsyncArrowWriter::try_new(output, schema, Some(properties));
        let mut output = Output { writer: writer.map_err(|error| failed(&error))?, layout };
        let written = output.write(&opened, thinner).await;
        if written.is_err() {
            output.writer.into_inner().abort().await;
        }
        written
    }

    /// Puts a merged file in the place of the small ones.
    async fn replace(
        &self,
        target: &Segment,
        small: &[Segment],
        staged: &Path,
    ) -> Result<(), ArchiveError> {
        let _switch = self.switch.write().await;
        self.replace_alone(target, small, staged).await
    }

    /// The same, of who keeps the others out already.
    async fn replace_alone(
        &self,
        target: &Segment,
        small: &[Segment],
        staged: &Path,
    ) -> Result<(), ArchiveError> {
        match self.store.rename(staged, &target.location()).await {
            // Who looks for what was cut short has found it already.
            Err(object_store::Error::NotFound { .. })
                if self.store.head(&target.location()).await.is_ok() => {}
            renamed => renamed?,
        }
        self.changed();
        for segment in small {
            self.delete(&segment.location()).await?;
        }
        Ok(())
    }

    /// Finishes what a crash cut short: a staged file is whole, and has all that its small ones have.
    async fn finish_staged(&self) -> Result<(), ArchiveError> {
        // Upkeep and the recorders look at the same time; what one has put in its place is no small
        // file to the other.
        let _switch = self.switch.write().await;
        self.finish_staged_alone().await
    }

    /// The same, of who keeps the others out already.
    pub(crate) async fn finish_staged_alone(&self) -> Result<(), ArchiveError> {
        let listed = self.store.list(Some(&Path::from(STAGING)));
        let staged: Vec<Path> = listed.map_ok(|object| object.location).try_collect().await?;
        for path in staged {
            let name = path.as_ref().strip_prefix(STAGING).and_then(|name| name.strip_prefix('/'));
            let name = name.and_then(|name| name.strip_suffix(STAGED));
            let Some(target) = name.and_then(|name| Segment::parse(name, 0)) else { continue };
            let all = self.segments_alone().await?;
            // Another process may have put it in its place meanwhile.
            let small = all.iter().filter(|segment| {
                segment.region == target.region
                    && segment.kind == target.kind
                    && target.covers(segment)
                    && segment.path() != target.path()
            });
            let small: Vec<Segment> = small.cloned().collect();
            self.replace_alone(&target, &small, &path).await?;
        }
        Ok(())
    }

    /// Keeps of older days one checkpoint an hour, and none of days whose events are gone.
    async fn thin_checkpoints(&self, region: &str, today: Day) -> Result<u64, ArchiveError> {
        let options = self.options();
        // Checkpoints are for what comes after them.
        let whole_days = |&kind: &Kind| {
            let thinned = options.thinning(kind).map(|rule| rule.after_days);
            options.keep_days.of(kind).min(thinned.unwrap_or(u32::MAX))
        };
        let keep_days = Topic::Events.kinds().iter().map(whole_days).min();
        let mut removed = 0;
        let mut hour = None;
        for saved in self.checkpoints(region).await? {
            let age_days = Day::of(saved.time_ms).days_until(today);
            let own = (saved.epoch.clone(), saved.time_ms.div_euclid(HOUR_MS));
            let is_first = hour.as_ref() != Some(&own);
            hour = Some(own);
            let is_gone = age_days > i64::from(keep_days.unwrap_or(u32::MAX));
            let is_thinned = age_days > i64::from(options.keep_checkpoints_days) && !is_first;
            if is_gone || is_thinned {
                self.remove_checkpoint(&saved).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Days that a kind is kept: the one that says what is whole as long as any other of its topic.
    fn keep_days(&self, kind: Kind) -> u32 {
        let keep_days = &self.options().keep_days;
        let topic = Topic::of(kind);
        if kind != topic.last_kind() {
            return keep_days.of(kind);
        }
        topic.kinds().iter().map(|&kind| keep_days.of(kind)).max().unwrap_or_default()
    }

    /// Removes what is older than its kind is kept.
    async fn remove_old(&self, today: Day) -> Result<u64, ArchiveError> {
        let mut removed = 0;
        for segment in self.segments().await?.iter() {
            let keep_days = self.keep_days(segment.kind);
            if segment.day.days_until(today) > i64::from(keep_days) {
                self.delete(&segment.location()).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes the oldest while there is more than may be.
    async fn remove_most(&self, left: &mut u64) -> Result<u64, ArchiveError> {
        let mut bytes = self.bytes().await?;
        let mut removed = 0;
        if bytes > self.options().bytes_max {
            let mut oldest: Vec<Segment> = self.segments().await?.to_vec();
            oldest.sort_by_key(|segment| (segment.to_ms, segment.first));
            for segment in oldest {
                if bytes <= self.options().bytes_max {
                    break;
                }
                self.delete(&segment.location()).await?;
                bytes -= segment.bytes.min(bytes);
                removed += 1;
                counter!("tilanne_archive_over_bound_total", "kind" => segment.kind.as_str())
                    .increment(1);
            }
            let kept = self.segments().await?;
            for region in self.regions().await? {
                let first_ms = kept.iter().filter(|segment| segment.region == region);
                let first_ms = first_ms.map(|segment| segment.from_ms).min();
                let saved: Vec<Saved> = self.checkpoints(&region).await?;
                for saved in saved.iter().filter(|saved| Some(saved.time_ms) < first_ms) {
                    self.remove_checkpoint(saved).await?;
                    bytes -= saved.bytes.min(bytes);
                    removed += 1;
                }
            }
        }
        *left = bytes;
        Ok(removed)
    }

    async fn measure(&self) -> Result<(), ArchiveError> {
        let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
        for usage in self.usage().await? {
            *sums.entry((usage.region, usage.kind)).or_default() += usage.bytes;
        }
        for ((region, kind), bytes) in sums {
            gauge!("tilanne_archive_disk_bytes", "region" => region, "kind" => kind)
                .set(bytes as f64);
        }
        Ok(())
    }
}

/// A file that is being written.
struct Output {
    writer: AsyncArrowWriter<Upload>,
    layout: Layout,
}

impl Output {
    /// Writes the rows of files, all or what a thinner leaves of them, to the end of the file.
    async fn write(
        &mut self,
        files: &[Opened],
        thinner: Option<Thinner>,
    ) -> Result<(), ArchiveError> {
        self.fill(files, thinner).await?;
        let finished = self.writer.finish().await;
        finished.map_err(|error| ArchiveError::write(self.layout.kind, error))?;
        Ok(())
    }

    async fn fill(
        &mut self,
        files: &[Opened],
        mut thinner: Option<Thinner>,
    ) -> Result<(), ArchiveError> {
        let kind = self.layout.kind;
        let mut batches = Vec::new();
        let mut rows = 0;
        for file in files {
            for row_group in file.row_groups()? {
                let batch = file.read(&row_group, None).await?;
                // A file of an older version may lack columns; then it stays as it is.
                let fits = batch.with_schema(Arc::clone(&self.layout.schema));
                let mut batch = fits.map_err(|error| ArchiveError::write(kind, error))?;
                if let Some(thinner) = &mut thinner {
                    let left = thinner.thin(&batch);
                    batch = left.map_err(|error| ArchiveError::write(kind, error))?;
                }
                rows += batch.num_rows();
                batches.push(batch);
                if rows >= ROW_GROUP_ROWS {
                    self.put(&mut batches).await?;
                    rows = 0;
                }
            }
        }
        self.put(&mut batches).await
    }

    /// Writes a row group of what there is.
    async fn put(&mut self, batches: &mut Vec<RecordBatch>) -> Result<(), ArchiveError> {
        if batches.is_empty() {
            return Ok(());
        }
        let Layout { kind, schema, order, .. } = &self.layout;
        let failed = |error: &dyn std::fmt::Display| ArchiveError::write(*kind, error);
        let all = concat_batches(schema, batches.iter()).map_err(|error| failed(&error))?;
        let all = sorted(&all, *order).map_err(|error| failed(&error))?;
        self.writer.write(&all).await.map_err(|error| failed(&error))?;
        self.writer.flush().await.map_err(|error| failed(&error))?;
        batches.clear();
        // Other tasks of this thread wait.
        tokio::task::yield_now().await;
        Ok(())
    }
}

fn staged(target: &Segment) -> Path {
    format!("{STAGING}/{}{STAGED}", target.path()).into()
}

/// Files of a kind that become one: those of a day before today within a stretch without a gap.
fn groups(held: &Held, kind: Kind, today: Day) -> Vec<Vec<Segment>> {
    let is_own = |file: &&Segment| file.kind == kind && file.day < today && !file.is_thinned();
    let own = held.files.iter().filter(is_own);
    let mut own: Vec<Segment> = own.cloned().collect();
    own.sort_by(|a, b| (&a.epoch, a.first).cmp(&(&b.epoch, b.first)));
    let mut groups: Vec<Vec<Segment>> = Vec::new();
    for file in own {
        let span = held.span(&file.epoch, file.first).map(|span| span.first);
        let fits = groups.last().and_then(|group| group.last()).is_some_and(|before: &Segment| {
            before.epoch == file.epoch
                && before.day == file.day
                && before.last < file.first
                && held.span(&before.epoch, before.first).map(|span| span.first) == span
        });
        match groups.last_mut() {
            Some(group) if fits => group.push(file),
            _ => groups.push(vec![file]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}
