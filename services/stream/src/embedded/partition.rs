//! A partition in memory: the newest records of its topics, its cursors, and what the next commit
//! has to make durable. One lock guards all of it, so that a commit takes records, cursors and
//! checkpoint as they were at one moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::options::EmbeddedOptions;
use super::store::{PartitionCommit, Positions, TopicCommit};
use crate::{Append, Bounds, Checkpoint, Record, StreamError, topic};

/// Topics of one partition: the project has three.
const TOPICS_MAX: usize = 16;
/// Cursors of one partition: one a producer.
const CURSORS_MAX: usize = 1024;
/// Bytes of a cursor's key and value: an offset, an entity tag or a timestamp.
const CURSOR_BYTES_MAX: usize = 64 << 10;
/// What a record costs beside its payload while it waits, so that empty ones are bounded too.
pub(super) const RECORD_OVERHEAD_BYTES: usize = 64;

/// A partition.
pub(super) struct Partition {
    pub(super) name: String,
    state: Mutex<State>,
}

/// What the lock of a partition guards.
#[derive(Default)]
pub(super) struct State {
    topics: BTreeMap<String, Topic>,
    cursors: BTreeMap<String, Bytes>,
    /// Keys of the cursors that the next commit has to write.
    cursors_pending: BTreeSet<String>,
    checkpoint_pending: Option<Checkpoint>,
    /// Positions of the newest checkpoint that is durable.
    positions: Option<Positions>,
    waiting: Vec<oneshot::Sender<()>>,
}

/// A topic of a partition.
struct Topic {
    number: u32,
    /// Oldest offset on disk.
    first: u64,
    /// Offset after the last that is on disk.
    durable: u64,
    /// Offset after the last that a commit has taken.
    taken: u64,
    /// Newest records; the last of them has offset `next - 1`.
    tail: VecDeque<Bytes>,
    tail_bytes: usize,
    /// Offset that the next record gets; readers wait for it to grow.
    next: watch::Sender<u64>,
}

/// What a reader finds at its position.
pub(super) enum Found {
    /// Records in memory.
    Records(Vec<Record>),
    /// Records that are on disk only, in the topic of this number.
    OnDisk(u32),
    /// Nothing yet.
    End,
}

/// What a commit takes from a partition.
pub(super) struct Taken {
    pub(super) commit: PartitionCommit,
    /// Who waits for it to be durable.
    pub(super) waiting: Vec<oneshot::Sender<()>>,
}

impl Partition {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), state: Mutex::default() }
    }

    /// The state; a thread that panicked while it held the lock left it whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything not yet taken, or `None` when there is nothing to commit. A sweep also takes the
    /// topics that retention may find something in.
    pub(super) fn take(&self, options: &EmbeddedOptions, sweep: bool) -> Option<Taken> {
        let mut state = self.lock();
        let state = &mut *state;
        let checkpoint = state.checkpoint_pending.take();
        let positions = checkpoint.as_ref().map(|checkpoint| Positions {
            events_next: checkpoint.events_next,
            picture_next: checkpoint.picture_next,
        });
        let positions = positions.or(state.positions);
        let topics: Vec<_> = state
            .topics
            .iter_mut()
            .filter_map(|(name, topic)| topic.take(name, positions, options, sweep))
            .collect();
        let cursors: Vec<_> = std::mem::take(&mut state.cursors_pending)
            .into_iter()
            .filter_map(|key| state.cursors.get(&key).cloned().map(|value| (key, value)))
            .collect();
        let waiting = std::mem::take(&mut state.waiting);
        let nothing = topics.is_empty() && cursors.is_empty() && checkpoint.is_none();
        if nothing && waiting.is_empty() {
            return None;
        }
        Some(Taken {
            commit: PartitionCommit { partition: self.name.clone(), topics, cursors, checkpoint },
            waiting,
        })
    }

    /// Notes that a commit is durable and lets go of the records that the disk has now.
    pub(super) fn committed(&self, commit: &PartitionCommit, tail_bytes_max: usize) {
        let mut state = self.lock();
        if let Some(checkpoint) = &commit.checkpoint {
            state.positions = Some(Positions {
                events_next: checkpoint.events_next,
                picture_next: checkpoint.picture_next,
            });
        }
        for committed in &commit.topics {
            if let Some(topic) = state.topics.get_mut(&committed.topic) {
                topic.durable = committed.from + committed.records.len() as u64;
                topic.first = committed.first;
                topic.trim(tail_bytes_max);
            }
        }
    }

    /// Wakes every reader and lets go of everyone who waits, after the log has stopped.
    pub(super) fn stopped(&self) {
        let mut state = self.lock();
        state.waiting.clear();
        for topic in state.topics.values() {
            topic.next.send_modify(|_| {});
        }
    }
}

impl State {
    /// A topic as it is on disk.
    pub(super) fn restore(&mut self, topic: &str, number: u32, first: u64, next: u64) {
        let topic_state = Topic::new(number, first, next);
        self.topics.insert(topic.to_owned(), topic_state);
    }

    pub(super) fn restore_cursor(&mut self, key: String, value: Bytes) {
        self.cursors.insert(key, value);
    }

    pub(super) fn restore_positions(&mut self, positions: Positions) {
        self.positions = Some(positions);
    }

    /// Adds a topic when it is new; `number` is asked for one that no topic has.
    pub(super) fn add_topic(
        &mut self,
        topic: &str,
        number: impl FnOnce() -> u32,
    ) -> Result<(), StreamError> {
        if self.topics.contains_key(topic) {
            return Ok(());
        }
        if self.topics.len() == TOPICS_MAX {
            return Err(StreamError::Storage(format!(
                "topic {topic} is one more than the {TOPICS_MAX} that a partition takes"
            )));
        }
        self.restore(topic, number(), 0, 0);
        Ok(())
    }

    /// Numbers the records of an append and shows them to the readers.
    pub(super) fn append(&mut self, topic: &str, append: Append) -> Result<u64, StreamError> {
        let first = self.topic(topic)?.next();
        if let Some((key, value)) = append.cursor {
            let bytes = key.len() + value.len();
            if bytes > CURSOR_BYTES_MAX {
                return Err(StreamError::TooLarge { bytes, bytes_max: CURSOR_BYTES_MAX });
            }
            if self.cursors.len() == CURSORS_MAX && !self.cursors.contains_key(&key) {
                return Err(StreamError::Storage(format!(
                    "cursor {key} is one more than the {CURSORS_MAX} that a partition takes"
                )));
            }
            self.cursors.insert(key.clone(), value);
            self.cursors_pending.insert(key);
        }
        let topic = self.topic_mut(topic)?;
        if !append.records.is_empty() {
            topic.tail_bytes += append.records.iter().map(cost_bytes).sum::<usize>();
            let next = first + append.records.len() as u64;
            topic.tail.extend(append.records);
            topic.next.send_replace(next);
        }
        Ok(first)
    }

    /// Records from an offset on, at most `records_max` and about `bytes_max`.
    pub(super) fn find(
        &self,
        topic: &str,
        from: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Found, StreamError> {
        let topic = self.topic(topic)?;
        if from >= topic.next() {
            return Ok(Found::End);
        }
        let tail_first = topic.tail_first();
        let Some(index) = from.checked_sub(tail_first) else {
            return Ok(Found::OnDisk(topic.number));
        };
        let mut bytes = 0;
        let records = topic.tail.range(index as usize..).take(records_max).take_while(|payload| {
            let fits = bytes <= bytes_max;
            bytes += payload.len();
            fits
        });
        let records = (from..).zip(records);
        Ok(Found::Records(
            records.map(|(offset, payload)| Record { offset, payload: payload.clone() }).collect(),
        ))
    }

    /// Oldest offset on disk and the next to be given.
    pub(super) fn bounds(&self, topic: &str) -> Result<Bounds, StreamError> {
        let topic = self.topic(topic)?;
        Ok(Bounds { first: topic.first, next: topic.next() })
    }

    /// Oldest offset that can be read, in memory or on disk.
    pub(super) fn readable_first(&self, topic: &str) -> Result<u64, StreamError> {
        let topic = self.topic(topic)?;
        Ok(topic.first.min(topic.tail_first()))
    }

    /// Tells when there is more to read.
    pub(super) fn watch(&self, topic: &str) -> Result<watch::Receiver<u64>, StreamError> {
        Ok(self.topic(topic)?.next.subscribe())
    }

    pub(super) fn cursor(&self, key: &str) -> Option<Bytes> {
        self.cursors.get(key).cloned()
    }

    /// Tells when everything up to now, and the checkpoint if there is one, is durable.
    pub(super) fn durable(
        &mut self,
        checkpoint: Option<Checkpoint>,
    ) -> Result<oneshot::Receiver<()>, StreamError> {
        if let Some(checkpoint) = checkpoint {
            for (topic, position) in
                [(topic::EVENTS, checkpoint.events_next), (topic::PICTURE, checkpoint.picture_next)]
            {
                let next = self.topics.get(topic).map_or(0, Topic::next);
                if position > next {
                    return Err(StreamError::Corrupt(format!(
                        "checkpoint at offset {position} of {topic}, which ends at {next}"
                    )));
                }
            }
            self.checkpoint_pending = Some(checkpoint);
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.push(sender);
        Ok(receiver)
    }

    fn topic(&self, topic: &str) -> Result<&Topic, StreamError> {
        self.topics.get(topic).ok_or_else(|| not_open(topic))
    }

    fn topic_mut(&mut self, topic: &str) -> Result<&mut Topic, StreamError> {
        self.topics.get_mut(topic).ok_or_else(|| not_open(topic))
    }
}

impl Topic {
    fn new(number: u32, first: u64, next: u64) -> Self {
        Self {
            number,
            first,
            durable: next,
            taken: next,
            tail: VecDeque::new(),
            tail_bytes: 0,
            next: watch::Sender::new(next),
        }
    }

    fn next(&self) -> u64 {
        *self.next.borrow()
    }

    fn tail_first(&self) -> u64 {
        self.next() - self.tail.len() as u64
    }

    fn take(
        &mut self,
        name: &str,
        positions: Option<Positions>,
        options: &EmbeddedOptions,
        sweep: bool,
    ) -> Option<TopicCommit> {
        let next = self.next();
        let sweep = sweep && self.first < self.durable;
        if self.taken == next && !sweep {
            return None;
        }
        let index = (self.taken - self.tail_first()) as usize;
        let from = std::mem::replace(&mut self.taken, next);
        let needed_from = positions.map_or(u64::MAX, |positions| match name {
            topic::EVENTS => positions.events_next,
            topic::PICTURE => positions.picture_next,
            _ => u64::MAX,
        });
        Some(TopicCommit {
            topic: name.to_owned(),
            number: self.number,
            from,
            records: self.tail.range(index..).cloned().collect(),
            retention: options.retention(name),
            needed_from,
            first: self.first,
        })
    }

    /// Drops the oldest records that are on disk while the tail is over its bound.
    fn trim(&mut self, tail_bytes_max: usize) {
        let mut first = self.tail_first();
        while self.tail_bytes > tail_bytes_max && first < self.durable {
            let Some(record) = self.tail.pop_front() else {
                break;
            };
            self.tail_bytes -= cost_bytes(&record);
            first += 1;
        }
    }
}

/// Bytes that a record counts for in every bound in memory.
pub(super) fn cost_bytes(record: &Bytes) -> usize {
    record.len() + RECORD_OVERHEAD_BYTES
}

fn not_open(topic: &str) -> StreamError {
    StreamError::Storage(format!("topic {topic} was not opened"))
}
