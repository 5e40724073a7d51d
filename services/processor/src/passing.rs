//! What passes through a processor: how long events take from the log into the picture, and the next
//! step of those that are followed. Where nobody watches the log, nothing is done.

use std::sync::Arc;

use events::Text;
use metrics::histogram;
use stream::{Log, Passage, Passed, Record, Source, Span, TraceContext};

/// What passes in one batch.
pub(crate) struct Passing {
    region: String,
    passage: Option<Arc<Passage>>,
    /// When the batch was read, milliseconds since 1970-01-01 UTC.
    read_ms: i64,
    /// Its records by offset, as the changes that they make pass on.
    records: Vec<(u64, Passed)>,
    /// Those that are followed: the step before, ours, and the event's offset.
    followed: Vec<(TraceContext, TraceContext, u64)>,
    /// The newest event of each feed.
    newest: Vec<(Text, u64)>,
}

impl Passing {
    pub(crate) fn new(region: &str, log: &dyn Log) -> Self {
        Self {
            region: region.to_owned(),
            passage: log.passage().map(Arc::clone),
            read_ms: 0,
            records: Vec::new(),
            followed: Vec::new(),
            newest: Vec::new(),
        }
    }

    /// Begins a batch that was read just now.
    pub(crate) fn read(&mut self, records: &[Record], source: &dyn Source) {
        self.clear();
        let Some(passage) = &self.passage else { return };
        self.read_ms = passage.now_ms();
        for record in records {
            let Passed { appended_ms, trace: before, .. } = source.passed(record.offset);
            let trace = before.map(|before| {
                let step = passage.tracer().next(before);
                self.followed.push((before, step, record.offset));
                step
            });
            let passed = Passed { appended_ms: None, event_appended_ms: appended_ms, trace };
            self.records.push((record.offset, passed));
        }
    }

    /// Notes an event that was applied.
    pub(crate) fn event(&mut self, feed: &Text, offset: u64) {
        // Of a batch that is not watched nothing is kept.
        if self.records.is_empty() {
            return;
        }
        // A feed's events come in a row.
        match self.newest.iter_mut().rev().find(|(known, _)| known == feed) {
            Some((_, newest)) => *newest = offset,
            None => self.newest.push((feed.clone(), offset)),
        }
    }

    /// How a change came here that the event at an offset made.
    pub(crate) fn passed(&self, event: u64) -> Passed {
        let place = self.records.binary_search_by_key(&event, |(offset, _)| *offset);
        place.map_or_else(|_| Passed::default(), |place| self.records[place].1)
    }

    /// Lets those who follow events in this process know of our steps; before changes are appended, so
    /// that they do when they read them.
    pub(crate) fn announce(&self) {
        let Some(passage) = &self.passage else { return };
        for (_, step, event) in &self.followed {
            passage.applied(&self.region, *event, *step);
        }
    }

    /// Ends a batch whose changes are on the log now.
    pub(crate) fn applied(&mut self) {
        let Some(passage) = &self.passage else { return };
        let now_ms = passage.now_ms();
        for (feed, event) in &self.newest {
            let Some(logged_ms) = self.passed(*event).event_appended_ms else { continue };
            let applied_s = now_ms.saturating_sub(logged_ms).max(0) as f64 / 1_000.0;
            let labels = [("region", self.region.clone()), ("feed", feed.to_string())];
            histogram!("tilanne_processor_applied_seconds", &labels).record(applied_s);
        }
        for (before, step, event) in &self.followed {
            passage.tracer().tell(Span {
                context: *step,
                parent: Some(*before),
                name: "apply",
                start_ms: self.read_ms,
                end_ms: now_ms,
                attributes: vec![
                    ("tilanne.region", self.region.clone()),
                    ("tilanne.sequence", event.to_string()),
                ],
            });
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.records.clear();
        self.followed.clear();
        self.newest.clear();
    }
}
