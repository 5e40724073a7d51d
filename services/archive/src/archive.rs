//! What is archived: listings, stretches without a gap, and where a past moment is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use stream::{Log, topic};
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::merge::Replay;
use crate::{ArchiveError, ArchiveOptions, Segment, Topic};

/// How long a listing is good for. What this process writes is seen at once; this is for another
/// process that archives to the same place.
const LISTING_AGE_MAX: Duration = Duration::from_secs(10);

/// A stretch of a topic without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The log whose offsets these are.
    pub epoch: String,
    /// First offset.
    pub first: u64,
    /// Last offset, inclusive.
    pub last: u64,
    /// Time of reception at its beginning, milliseconds since 1970-01-01 UTC.
    pub from_ms: i64,
    /// Time of reception at its end.
    pub to_ms: i64,
}

/// What is there of a topic of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// Stretches that are there as a whole, by time.
    pub(crate) spans: Vec<Span>,
    /// Their files. One that is merged into another is left out.
    pub(crate) files: Vec<Segment>,
    /// Files that another one of a whole stretch has all of.
    pub(crate) merged: Vec<Segment>,
    /// Files of stretches that were never finished, or whose last kind is gone.
    pub(crate) unfinished: Vec<Segment>,
}

impl Held {
    fn new(segments: Vec<Segment>, topic: Topic) -> Self {
        let mut by_kind: BTreeMap<_, Vec<Segment>> = BTreeMap::new();
        // The past is made of all events or of none. States are for tools, which take what there is.
        let is_held = |segment: &Segment| {
            segment.topic() == topic && (topic != Topic::Events || !segment.is_thinned())
        };
        for segment in segments.into_iter().filter(is_held) {
            by_kind.entry(segment.kind).or_default().push(segment);
        }
        let mut held = Self::default();
        let markers = by_kind.get(&topic.last_kind()).cloned().unwrap_or_default();
        held.spans = spans(markers);
        for (_, files) in by_kind {
            let is_whole = |file: &Segment| {
                held.spans.iter().any(|span| {
                    span.epoch == file.epoch && span.first <= file.first && span.last >= file.last
                })
            };
            let whole: Vec<bool> = files.iter().map(is_whole).collect();
            for (index, file) in files.iter().enumerate() {
                // Of two that have the same, the first stays.
                let is_merged = files.iter().enumerate().any(|(other, by)| {
                    let has_it = by.covers(file) && (other < index || !file.covers(by));
                    other != index && has_it && whole[other]
                });
                let list = match (whole[index], is_merged) {
                    (true, false) => &mut held.files,
                    (_, true) => &mut held.merged,
                    (false, false) => &mut held.unfinished,
                };
                list.push(file.clone());
            }
        }
        held
    }

    /// Files that can go, as another one has all of them. Not a thinned one beside the whole file, which
    /// may just be giving way to it.
    pub(crate) fn superseded(&self) -> impl Iterator<Item = &Segment> {
        self.merged.iter().filter(|file| !file.is_thinned())
    }

    /// The stretch that has an offset.
    pub(crate) fn span(&self, epoch: &str, offset: u64) -> Option<&Span> {
        let has = |span: &&Span| span.epoch == epoch && (span.first..=span.last).contains(&offset);
        self.spans.iter().find(has)
    }
}

/// Stretches without a gap, by time.
fn spans(mut markers: Vec<Segment>) -> Vec<Span> {
    markers.sort_by(|a, b| {
        (&a.epoch, a.first, std::cmp::Reverse(a.last)).cmp(&(
            &b.epoch,
            b.first,
            std::cmp::Reverse(b.last),
        ))
    });
    let mut spans: Vec<Span> = Vec::new();
    for marker in markers {
        match spans.last_mut() {
            Some(span) if span.epoch == marker.epoch && marker.first <= span.last + 1 => {
                if marker.last > span.last {
                    span.last = marker.last;
                    span.to_ms = span.to_ms.max(marker.to_ms);
                }
            }
            _ => spans.push(Span {
                epoch: marker.epoch,
                first: marker.first,
                last: marker.last,
                from_ms: marker.from_ms,
                to_ms: marker.to_ms,
            }),
        }
    }
    spans.sort_by(|a, b| (a.from_ms, &a.epoch, a.first).cmp(&(b.from_ms, &b.epoch, b.first)));
    spans
}

/// A past moment of a region: the checkpoint to start from and the records after it.
pub struct Moment {
    /// The log that it is of.
    pub epoch: String,
    /// Offset after the checkpoint and its state; none where the picture starts empty.
    pub checkpoint: Option<(u64, bytes::Bytes)>,
    /// Records from there on, up to the moment, in the order of the log.
    pub records: Replay,
}

type Listing = Arc<Vec<Segment>>;

/// An archive in a folder or an object store.
pub struct Archive {
    pub(crate) store: Arc<dyn ObjectStore>,
    options: ArchiveOptions,
    listing: Mutex<Option<(Instant, Listing)>>,
    /// Counts what this process has written and removed.
    changes: AtomicU64,
    /// Held for writing while small files give way to a merged one: who reads sees the ones or the
    /// other.
    pub(crate) switch: RwLock<()>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("store", &self.store.to_string()).finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens the folder or store that the options name.
    pub fn open(options: ArchiveOptions) -> Result<Arc<Self>, ArchiveError> {
        Ok(Self::on(
            stream::store::open(options.directory.as_deref(), options.s3.as_ref())?,
            options,
        ))
    }

    /// An archive on a store.
    pub fn on(store: Arc<dyn ObjectStore>, options: ArchiveOptions) -> Arc<Self> {
        let (listing, switch) = (Mutex::new(None), RwLock::new(()));
        Arc::new(Self { store, options, listing, changes: AtomicU64::new(0), switch })
    }

    /// As it was opened with.
    pub fn options(&self) -> &ArchiveOptions {
        &self.options
    }

    /// All files of rows that are there, also unfinished and superseded ones. Not while one is taking
    /// the place of others: then neither would be there.
    pub async fn segments(&self) -> Result<Arc<Vec<Segment>>, ArchiveError> {
        let _switch = self.switch.read().await;
        self.segments_alone().await
    }

    /// The same, of who keeps the others out already.
    pub(crate) async fn segments_alone(&self) -> Result<Arc<Vec<Segment>>, ArchiveError> {
        {
            let known = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((since, listing)) = known.as_ref()
                && since.elapsed() < LISTING_AGE_MAX
            {
                return Ok(Arc::clone(listing));
            }
        }
        let began = Instant::now();
        let changes = self.changes.load(Ordering::SeqCst);
        let listed = self
            .store
            .list(None)
            .map_ok(|object| Segment::parse(object.location.as_ref(), object.size));
        let segments: Vec<Option<Segment>> = listed.try_collect().await?;
        let mut segments: Vec<Segment> = segments.into_iter().flatten().collect();
        segments.sort();
        let listing = Arc::new(segments);
        let known = (began, Arc::clone(&listing));
        let mut held = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        // What was written meanwhile may or may not be in it.
        if self.changes.load(Ordering::SeqCst) == changes {
            *held = Some(known);
        }
        Ok(listing)
    }

    /// The file that has taken the place of one; none while that one is there.
    pub(crate) async fn merged(&self, file: &Segment) -> Result<Option<Segment>, ArchiveError> {
        let all = self.segments().await?;
        let own = all.iter().filter(|other| other.region == file.region && other.kind == file.kind);
        let mut own = own.filter(|other| other.covers(file) && !other.is_thinned());
        let is_there =
            own.clone().any(|other| other.first == file.first && other.last == file.last);
        Ok(if is_there { None } else { own.next().cloned() })
    }

    /// What was listed is no longer so.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) async fn held(&self, region: &str, topic: Topic) -> Result<Held, ArchiveError> {
        let _switch = self.switch.read().await;
        self.held_alone(region, topic).await
    }

    /// The same, of who keeps the others out already.
    pub(crate) async fn held_alone(
        &self,
        region: &str,
        topic: Topic,
    ) -> Result<Held, ArchiveError> {
        let all = self.segments_alone().await?;
        let own = all.iter().filter(|segment| segment.region == region).cloned();
        Ok(Held::new(own.collect(), topic))
    }

    /// Stretches of a topic of a region that are archived without a gap, by time.
    pub async fn spans(&self, region: &str, topic: Topic) -> Result<Vec<Span>, ArchiveError> {
        Ok(self.held(region, topic).await?.spans)
    }

    /// Files that have what is archived of a topic of a region: each row is in one of them.
    pub async fn files(&self, region: &str, topic: Topic) -> Result<Vec<Segment>, ArchiveError> {
        Ok(self.held(region, topic).await?.files)
    }

    /// Makes a topic of a region ready to be recorded, and gives the stretches of a log that are there.
    /// Files of a stretch that was being written when the recorder was killed go: it is written again,
    /// perhaps with other ends.
    pub(crate) async fn take_up(
        &self,
        region: &str,
        topic: Topic,
        epoch: &str,
    ) -> Result<Vec<Span>, ArchiveError> {
        // From the look at what is there until the last of it is gone, nothing takes another's place.
        let _switch = self.switch.write().await;
        // Another process may have recorded until now: what it wrote last is not to be taken for
        // unfinished, nor written again.
        self.changed();
        // Until that is done a stretch may look as if it had never been finished.
        self.finish_staged_alone().await?;
        let held = self.held_alone(region, topic).await?;
        let own = held.spans.iter().filter(|span| span.epoch == epoch);
        let next = own.clone().map(|span| span.last + 1).max().unwrap_or(0);
        let unfinished = held.unfinished.iter().filter(|file| file.first >= next);
        let leftovers = unfinished.chain(held.superseded()).filter(|file| file.epoch == epoch);
        for file in leftovers {
            let path = file.path();
            tracing::info!(%path, "removing a file that was not finished or is merged");
            self.delete(&file.location()).await?;
        }
        Ok(own.cloned().collect())
    }

    pub(crate) async fn put(&self, path: &Path, bytes: bytes::Bytes) -> Result<(), ArchiveError> {
        self.store.put(path, bytes.into()).await?;
        self.changed();
        Ok(())
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), ArchiveError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {
                self.changed();
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Records of a stretch of the topic `events`, in the order of the log, from an offset to before
    /// another.
    pub async fn records(
        self: &Arc<Self>,
        region: &str,
        epoch: &str,
        offsets: std::ops::Range<u64>,
    ) -> Result<Replay, ArchiveError> {
        let held = self.held(region, Topic::Events).await?;
        Ok(Replay::archived(Arc::clone(self), held, epoch, offsets))
    }

    /// Whether there may be more of a region than a [`Moment`]'s records that have come to their end
    /// at an offset, received by a later time: after a gap, of another log, or appended meanwhile. Then
    /// only [`Self::moment`] knows what the picture was at that time.
    pub async fn has_more(
        &self,
        log: Option<&Arc<dyn Log>>,
        region: &str,
        (epoch, next): (&str, u64),
        at_ms: i64,
    ) -> Result<bool, ArchiveError> {
        let spans = self.spans(region, Topic::Events).await?;
        let newest = spans.iter().rev().find(|span| span.from_ms <= at_ms);
        if newest.is_some_and(|span| span.epoch != epoch || span.last >= next) {
            return Ok(true);
        }
        // After a gap nobody but the moment itself says what is missing.
        let is_logged = log.is_some_and(|log| log.epoch() == epoch);
        if !is_logged && spans.iter().any(|span| span.epoch == epoch && span.first > next) {
            return Ok(true);
        }
        let Some(log) = log else { return Ok(false) };
        let bounds = log.bounds(topic::EVENTS, region).await;
        let bounds = bounds.map_err(|source| ArchiveError::Log {
            topic: topic::EVENTS,
            region: region.to_owned(),
            source,
        })?;
        Ok(if log.epoch() == epoch { bounds.next > next } else { bounds.next > bounds.first })
    }
}
