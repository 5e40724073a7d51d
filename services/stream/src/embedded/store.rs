//! The tables of the log in one redb file.
//!
//! redb writes copy-on-write pages with checksums and one fsync a commit: a commit that a crash
//! cut short is found and left out on the next open, whichever of its pages reached the disk.
//! Everything that one group commit carries is one transaction, so records, the cursors beside
//! them and a checkpoint after them cannot come apart.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableDefinition,
    TableError, WriteTransaction,
};

use super::block;
use super::contents::Contents;
use super::options::{EmbeddedOptions, Retention};
use crate::{Beginning, Checkpoint, STATE_BYTES_MAX, StreamError};

/// The one file of the directory.
const FILE: &str = "log.redb";
/// Blocks that one commit removes from a topic at most, so that a lowered retention does not hold
/// up the writer; the rest goes with the next commits.
const BLOCKS_REMOVED_MAX: usize = 256;
/// Bytes of decoded records after which a read stops.
const READ_BYTES_MAX: usize = 1 << 20;

/// (partition, topic) to (number, first, next, bytes of blocks).
pub(super) const TOPICS: TableDefinition<'static, (&str, &str), (u32, u64, u64, u64)> =
    TableDefinition::new("topics");
/// (number of the topic, first offset) to block.
const BLOCKS: TableDefinition<'static, (u32, u64), &[u8]> = TableDefinition::new("blocks");
/// (partition, key) to value.
pub(super) const CURSORS: TableDefinition<'static, (&str, &str), &[u8]> =
    TableDefinition::new("cursors");
/// Partition to (next of events, next of picture, state compressed as a block of one record).
pub(super) const CHECKPOINTS: TableDefinition<'static, &str, (u64, u64, &[u8])> =
    TableDefinition::new("checkpoints");

/// Offsets that a checkpoint stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Positions {
    pub(super) events_next: u64,
    pub(super) picture_next: u64,
}

/// What one commit makes durable of one partition.
pub(super) struct PartitionCommit {
    pub(super) partition: String,
    pub(super) topics: Vec<TopicCommit>,
    pub(super) cursors: Vec<(String, Bytes)>,
    pub(super) checkpoint: Option<Checkpoint>,
}

/// What one commit makes durable of one topic.
pub(super) struct TopicCommit {
    pub(super) topic: String,
    pub(super) number: u32,
    /// Offset of the first of the records.
    pub(super) from: u64,
    pub(super) records: Vec<Bytes>,
    pub(super) retention: Retention,
    /// Offset from which on nothing may be removed.
    pub(super) needed_from: u64,
    /// Set by the commit: the oldest offset that is kept.
    pub(super) first: u64,
}

/// The open file; gone after [`Store::close`].
pub(super) struct Store {
    database: RwLock<Option<Database>>,
    pub(super) path: PathBuf,
    block_bytes_max: usize,
}

impl Store {
    pub(super) fn is_in(directory: &Path) -> bool {
        directory.join(FILE).is_file()
    }

    /// Opens the file, or makes it; with a beginning one that is new has the offsets of another log.
    pub(super) fn open(
        directory: &Path,
        options: &EmbeddedOptions,
        beginning: Option<&Beginning>,
    ) -> Result<(Self, Contents), StreamError> {
        let failure = |error: std::io::Error| {
            StreamError::Storage(format!("directory {}: {error}", directory.display()))
        };
        fs::create_dir_all(directory).map_err(failure)?;
        let path = directory.join(FILE);
        let database = open_file(directory, &path, options)?;
        // The name of a new file is durable only with its directory.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failure)?;
        let store = Self {
            database: RwLock::new(Some(database)),
            path,
            block_bytes_max: options.block_bytes_max,
        };
        beginning.map_or(Ok(()), |beginning| store.begin(beginning))?;
        let contents = store.contents()?;
        Ok((store, contents))
    }

    /// Lets go of the file and its lock; waits for reads that are under way.
    pub(super) fn close(&self) -> Result<(), StreamError> {
        let database = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        unpanicked(&self.path, || {
            database.map_or(Ok(()), Database::close).map_err(|e| self.error(e))
        })
    }

    /// Makes everything in it durable, applies retention and fills in `first` of each topic.
    pub(super) fn commit(
        &self,
        commits: &mut [PartitionCommit],
        now_ms: i64,
    ) -> Result<(), StreamError> {
        self.with(|database| {
            let write = database.begin_write().map_err(|e| self.error(e))?;
            let mut encoder = block::Encoder::new().map_err(|e| self.error(StorageError::Io(e)))?;
            for commit in &mut *commits {
                self.write_partition(&write, commit, now_ms, &mut encoder)?;
            }
            write.commit().map_err(|e| self.error(e))
        })
    }

    fn write_partition(
        &self,
        write: &WriteTransaction,
        commit: &mut PartitionCommit,
        now_ms: i64,
        encoder: &mut block::Encoder,
    ) -> Result<(), StreamError> {
        let partition = commit.partition.as_str();
        for topic in &mut commit.topics {
            self.write_topic(write, partition, topic, now_ms, encoder)?;
        }
        if !commit.cursors.is_empty() {
            let mut cursors = write.open_table(CURSORS).map_err(|e| self.error(e))?;
            for (key, value) in &commit.cursors {
                cursors.insert((partition, key.as_str()), &value[..]).map_err(|e| self.error(e))?;
            }
        }
        if let Some(checkpoint) = &commit.checkpoint {
            let state = encoder
                .encode(now_ms, std::slice::from_ref(&checkpoint.state))
                .map_err(|e| self.error(StorageError::Io(e)))?;
            let positions = (checkpoint.events_next, checkpoint.picture_next);
            let mut checkpoints = write.open_table(CHECKPOINTS).map_err(|e| self.error(e))?;
            checkpoints
                .insert(partition, (positions.0, positions.1, &state[..]))
                .map_err(|e| self.error(e))?;
        }
        Ok(())
    }

    fn write_topic(
        &self,
        write: &WriteTransaction,
        partition: &str,
        commit: &mut TopicCommit,
        now_ms: i64,
        encoder: &mut block::Encoder,
    ) -> Result<(), StreamError> {
        let mut topics = write.open_table(TOPICS).map_err(|e| self.error(e))?;
        let mut blocks = write.open_table(BLOCKS).map_err(|e| self.error(e))?;
        let key = (partition, commit.topic.as_str());
        let stored = topics.get(key).map_err(|e| self.error(e))?;
        let (first, mut bytes) = stored.map_or((0, 0), |row| (row.value().1, row.value().3));
        let mut next = commit.from;
        for run in block::runs(&commit.records, self.block_bytes_max) {
            let block = encoder.encode(now_ms, run).map_err(|e| self.error(StorageError::Io(e)))?;
            blocks.insert((commit.number, next), &block[..]).map_err(|e| self.error(e))?;
            next += run.len() as u64;
            bytes += block.len() as u64;
        }
        let removed = self.removable(&blocks, commit, bytes, now_ms)?;
        for (offset, block_bytes, _) in &removed {
            blocks.remove((commit.number, *offset)).map_err(|e| self.error(e))?;
            bytes = bytes.saturating_sub(*block_bytes);
        }
        commit.first = removed.last().map_or(first, |(_, _, end)| *end);
        topics
            .insert(key, (commit.number, commit.first, next, bytes))
            .map_err(|e| self.error(e))?;
        Ok(())
    }

    /// Oldest blocks that retention takes: first offset, bytes, offset after the last.
    fn removable(
        &self,
        blocks: &impl ReadableTable<(u32, u64), &'static [u8]>,
        commit: &TopicCommit,
        mut bytes: u64,
        now_ms: i64,
    ) -> Result<Vec<(u64, u64, u64)>, StreamError> {
        let retention = commit.retention;
        let mut removable = Vec::new();
        let range = (commit.number, 0)..=(commit.number, u64::MAX);
        for entry in blocks.range(range).map_err(|e| self.error(e))? {
            let (key, value) = entry.map_err(|e| self.error(e))?;
            let (offset, block) = (key.value().1, value.value());
            let head = block::head(block).map_err(|e| self.corrupt(&e))?;
            let end = offset + u64::from(head.records);
            let age_ms = now_ms.saturating_sub(head.written_time_ms).max(0) as u64;
            let over = bytes > retention.bytes_max || age_ms >= retention.age_ms_max;
            if !over || end > commit.needed_from || removable.len() == BLOCKS_REMOVED_MAX {
                break;
            }
            bytes = bytes.saturating_sub(block.len() as u64);
            removable.push((offset, block.len() as u64, end));
        }
        Ok(removable)
    }

    /// Records from an offset on, out of the block that holds it and those after it, until
    /// `records_max` or about a mebibyte is reached; empty when the block is not there. Damage is
    /// an error only when nothing is before it.
    pub(super) fn read(
        &self,
        number: u32,
        from: u64,
        records_max: usize,
    ) -> Result<Vec<Bytes>, StreamError> {
        self.with(|database| {
            let read = database.begin_read().map_err(|e| self.error(e))?;
            let Some(blocks) = self.table(read.open_table(BLOCKS))? else {
                return Ok(Vec::new());
            };
            let mut records = Vec::new();
            match self.read_blocks(&blocks, number, from, records_max, &mut records) {
                Err(error) if records.is_empty() => Err(error),
                _ => Ok(records),
            }
        })
    }

    fn read_blocks(
        &self,
        blocks: &impl ReadableTable<(u32, u64), &'static [u8]>,
        number: u32,
        from: u64,
        records_max: usize,
        records: &mut Vec<Bytes>,
    ) -> Result<(), StreamError> {
        let mut before = blocks.range((number, 0)..=(number, from)).map_err(|e| self.error(e))?;
        let Some(holding) = before.next_back() else {
            return Ok(());
        };
        let (mut next, mut bytes) = (holding.map_err(|e| self.error(e))?.0.value().1, 0);
        let range = (number, next)..=(number, u64::MAX);
        for entry in blocks.range(range).map_err(|e| self.error(e))? {
            let (key, value) = entry.map_err(|e| self.error(e))?;
            let first = key.value().1;
            if first != next {
                let message = format!("block at offset {next} is missing, the next is at {first}");
                return Err(self.corrupt(&message));
            }
            let block = block::decode(value.value())
                .map_err(|e| self.corrupt(&format!("offset {next}: {e}")))?;
            let skipped = from.saturating_sub(next) as usize;
            next += block.len() as u64;
            bytes += block.iter().map(Bytes::len).sum::<usize>();
            records.extend(block.into_iter().skip(skipped));
            if records.len() >= records_max || bytes >= READ_BYTES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// The newest checkpoint of a partition.
    pub(super) fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        self.with(|database| {
            let read = database.begin_read().map_err(|e| self.error(e))?;
            let Some(checkpoints) = self.table(read.open_table(CHECKPOINTS))? else {
                return Ok(None);
            };
            let Some(row) = checkpoints.get(partition).map_err(|e| self.error(e))? else {
                return Ok(None);
            };
            let (events_next, picture_next, state) = row.value();
            let state = block::decode_within(state, STATE_BYTES_MAX + block::LENGTH_BYTES)
                .and_then(|records| records.into_iter().next().ok_or("it is empty".to_owned()))
                .map_err(|e| self.corrupt(&format!("checkpoint of {partition}: {e}")))?;
            Ok(Some(Checkpoint { events_next, picture_next, state }))
        })
    }

    /// A table, or `None` when nothing was ever written to it.
    pub(super) fn table<T>(&self, opened: Result<T, TableError>) -> Result<Option<T>, StreamError> {
        match opened {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Runs something on the open file. redb panics on some kinds of damage inside a file that was
    /// closed cleanly; that ends as an error here.
    pub(super) fn with<T>(
        &self,
        run: impl FnOnce(&Database) -> Result<T, StreamError>,
    ) -> Result<T, StreamError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or(StreamError::Closed)?;
        unpanicked(&self.path, || run(database))
    }

    pub(super) fn error(&self, error: impl Into<redb::Error>) -> StreamError {
        stream_error(&self.path, error.into())
    }

    pub(super) fn corrupt(&self, message: &str) -> StreamError {
        StreamError::Corrupt(format!("{}: {message}", self.path.display()))
    }
}

fn open_file(
    directory: &Path,
    path: &Path,
    options: &EmbeddedOptions,
) -> Result<Database, StreamError> {
    let mut builder = Database::builder();
    builder.set_cache_size(options.cache_bytes);
    builder.set_check_integrity_on_open(options.check_on_open);
    builder.set_repair_callback({
        let path = path.to_path_buf();
        move |session| {
            let percent = (session.progress() * 100.0).round();
            tracing::info!(path = %path.display(), percent, "checking the log");
        }
    });
    unpanicked(path, || match builder.create(path) {
        Ok(database) => Ok(database),
        Err(DatabaseError::DatabaseAlreadyOpen) => Err(StreamError::Storage(format!(
            "directory {} is in use by another process: stop it, or choose another directory",
            directory.display()
        ))),
        Err(error) => Err(stream_error(path, error.into())),
    })
}

fn unpanicked<T>(
    path: &Path,
    run: impl FnOnce() -> Result<T, StreamError>,
) -> Result<T, StreamError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(StreamError::Corrupt(format!(
            "{}: the storage engine cannot make sense of it",
            path.display()
        )))
    })
}

fn stream_error(path: &Path, error: redb::Error) -> StreamError {
    let message = format!("{}: {error}", path.display());
    match error {
        redb::Error::Corrupted(_) | redb::Error::UpgradeRequired(_) => {
            StreamError::Corrupt(message)
        }
        redb::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
            StreamError::Corrupt(message)
        }
        _ => StreamError::Storage(message),
    }
}
