//! What a log holds beside its blocks, read once when it is opened.

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};

use super::store::{CHECKPOINTS, CURSORS, Positions, Store, TOPICS};
use crate::{Beginning, StreamError, topic};

/// Written to every new file; another one is another layout.
const FORMAT: &str = "tilanne log 1";
/// `format` and `epoch`.
const ABOUT: TableDefinition<'static, &str, &str> = TableDefinition::new("about");

/// Everything but the blocks and the states of the checkpoints.
pub(super) struct Contents {
    pub(super) epoch: String,
    pub(super) topics: Vec<StoredTopic>,
    /// Partition, key, value.
    pub(super) cursors: Vec<(String, String, Bytes)>,
    /// Partition and its positions.
    pub(super) checkpoints: Vec<(String, Positions)>,
}

/// A topic of a partition on disk.
pub(super) struct StoredTopic {
    pub(super) partition: String,
    pub(super) topic: String,
    pub(super) number: u32,
    pub(super) first: u64,
    pub(super) next: u64,
}

impl Store {
    /// Reads it, after a look that nothing contradicts itself.
    pub(super) fn contents(&self) -> Result<Contents, StreamError> {
        self.with(|database| {
            let epoch = self.epoch(database)?;
            let read = database.begin_read().map_err(|e| self.error(e))?;
            let contents = Contents {
                epoch,
                topics: self.topics(&read)?,
                cursors: self.cursors(&read)?,
                checkpoints: self.positions(&read)?,
            };
            self.check_positions(&contents)?;
            Ok(contents)
        })
    }

    /// Reads the epoch, or makes one for a file that is new.
    fn epoch(&self, database: &Database) -> Result<String, StreamError> {
        let read = database.begin_read().map_err(|e| self.error(e))?;
        if let Some(about) = self.table(read.open_table(ABOUT))? {
            let value = |key: &str| {
                let row = about.get(key).map_err(|e| self.error(e))?;
                row.map(|row| row.value().to_owned())
                    .ok_or_else(|| self.corrupt(&format!("{key} is missing")))
            };
            let format = value("format")?;
            return if format == FORMAT {
                value("epoch")
            } else {
                Err(self.corrupt(&format!("format is {format:?}, this program has {FORMAT:?}")))
            };
        }
        drop(read);
        let beginning = Beginning { epoch: new_epoch(), firsts: Vec::new() };
        self.write_beginning(database, &beginning)?;
        Ok(beginning.epoch)
    }

    /// Begins a file that is new with the offsets and the identity of another log. One that has begun so
    /// already stays as it is.
    pub(super) fn begin(&self, beginning: &Beginning) -> Result<(), StreamError> {
        self.with(|database| {
            let read = database.begin_read().map_err(|e| self.error(e))?;
            if self.table(read.open_table(ABOUT))?.is_none() {
                return self.write_beginning(database, beginning);
            }
            let epoch = self.epoch(database)?;
            if epoch == beginning.epoch {
                Ok(())
            } else {
                let path = self.path.display();
                Err(StreamError::Storage(format!("{path} has another log already, {epoch}")))
            }
        })
    }

    fn write_beginning(
        &self,
        database: &Database,
        beginning: &Beginning,
    ) -> Result<(), StreamError> {
        let write = database.begin_write().map_err(|e| self.error(e))?;
        {
            let mut about = write.open_table(ABOUT).map_err(|e| self.error(e))?;
            for (key, value) in [("format", FORMAT), ("epoch", beginning.epoch.as_str())] {
                about.insert(key, value).map_err(|e| self.error(e))?;
            }
            let mut topics = write.open_table(TOPICS).map_err(|e| self.error(e))?;
            for (number, (topic, partition, first)) in (0..).zip(&beginning.firsts) {
                let row = (number, *first, *first, 0);
                topics.insert((partition.as_str(), *topic), row).map_err(|e| self.error(e))?;
            }
        }
        write.commit().map_err(|e| self.error(e))
    }

    fn topics(&self, read: &ReadTransaction) -> Result<Vec<StoredTopic>, StreamError> {
        let Some(table) = self.table(read.open_table(TOPICS))? else {
            return Ok(Vec::new());
        };
        let rows = table.iter().map_err(|e| self.error(e))?;
        rows.map(|row| {
            let (key, value) = row.map_err(|e| self.error(e))?;
            let ((partition, topic), (number, first, next, _)) = (key.value(), value.value());
            Ok(StoredTopic {
                partition: partition.to_owned(),
                topic: topic.to_owned(),
                number,
                first,
                next,
            })
        })
        .collect()
    }

    fn cursors(&self, read: &ReadTransaction) -> Result<Vec<(String, String, Bytes)>, StreamError> {
        let Some(table) = self.table(read.open_table(CURSORS))? else {
            return Ok(Vec::new());
        };
        let rows = table.iter().map_err(|e| self.error(e))?;
        rows.map(|row| {
            let (key, value) = row.map_err(|e| self.error(e))?;
            let (partition, key) = key.value();
            let value = Bytes::copy_from_slice(value.value());
            Ok((partition.to_owned(), key.to_owned(), value))
        })
        .collect()
    }

    fn positions(&self, read: &ReadTransaction) -> Result<Vec<(String, Positions)>, StreamError> {
        let Some(table) = self.table(read.open_table(CHECKPOINTS))? else {
            return Ok(Vec::new());
        };
        let rows = table.iter().map_err(|e| self.error(e))?;
        rows.map(|row| {
            let (key, value) = row.map_err(|e| self.error(e))?;
            let (events_next, picture_next, _) = value.value();
            let positions = Positions { events_next, picture_next };
            Ok((key.value().to_owned(), positions))
        })
        .collect()
    }

    /// A checkpoint ahead of its log would make a processor skip records in silence.
    fn check_positions(&self, contents: &Contents) -> Result<(), StreamError> {
        for (partition, positions) in &contents.checkpoints {
            let next = |topic: &str| {
                let mut topics = contents.topics.iter();
                topics
                    .find(|stored| stored.partition == *partition && stored.topic == topic)
                    .map_or(0, |stored| stored.next)
            };
            let (events_next, picture_next) = (next(topic::EVENTS), next(topic::PICTURE));
            if positions.events_next > events_next || positions.picture_next > picture_next {
                return Err(self.corrupt(&format!(
                    "checkpoint of {partition} is ahead of the log: it has read events to {} and \
                     written picture to {}, the log ends at {events_next} and {picture_next}",
                    positions.events_next, positions.picture_next
                )));
            }
        }
        Ok(())
    }
}

/// 16 hex digits from the operating system's randomness, which seeds every `RandomState`.
fn new_epoch() -> String {
    let seed = (std::time::SystemTime::now(), std::process::id());
    format!("{:016x}", RandomState::new().hash_one(seed))
}
