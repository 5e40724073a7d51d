//! Logs in temporary directories, and images of them as a crash leaves them.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, Sink, StreamError, topic};

pub(crate) const REGION: &str = "north";

/// A commit comes only when a test asks for one.
pub(crate) fn quiet() -> EmbeddedOptions {
    EmbeddedOptions { fsync_interval_ms: 3_600_000, ..EmbeddedOptions::default() }
}

pub(crate) fn open(directory: &Path, options: EmbeddedOptions) -> Arc<EmbeddedLog> {
    EmbeddedLog::open(directory, options).expect("log opens")
}

/// The error of an open that must fail.
pub(crate) fn open_error(directory: &Path) -> StreamError {
    EmbeddedLog::open(directory, quiet()).err().expect("log does not open")
}

pub(crate) async fn events(log: &EmbeddedLog) -> Box<dyn Sink> {
    log.sink(topic::EVENTS, REGION).await.expect("sink opens")
}

/// Record `offset` of a log: its number, padded so that sizes differ.
pub(crate) fn payload(offset: u64) -> Bytes {
    let padding = "x".repeat((offset % 7) as usize * 3);
    Bytes::from(format!("{offset}:{padding}"))
}

/// Appends records `from..to`, where `from` is the end of the topic.
pub(crate) async fn append(sink: &dyn Sink, from: u64, to: u64) {
    let records = (from..to).map(payload).collect();
    let first = sink.append(Append { records, cursor: None }).await.expect("append");
    assert_eq!(first, from);
}

/// All records of a topic from an offset to its end; panics when one is not as appended.
pub(crate) async fn read(log: &EmbeddedLog, topic: &str, from: u64) -> Result<u64, StreamError> {
    let next = log.bounds(topic, REGION).await?.next;
    let mut source = log.source(topic, REGION, from).await?;
    let mut position = from;
    while position < next {
        for record in source.next(100).await? {
            assert_eq!((record.offset, record.payload), (position, payload(position)));
            position += 1;
        }
    }
    assert_eq!(position, next);
    Ok(position)
}

/// A copy of the files as they are: what a killed process leaves.
pub(crate) fn image(directory: &Path) -> tempfile::TempDir {
    let image = tempfile::tempdir().expect("directory");
    for entry in std::fs::read_dir(directory).expect("directory") {
        let entry = entry.expect("entry");
        std::fs::copy(entry.path(), image.path().join(entry.file_name())).expect("copy");
    }
    image
}

/// The only file of a log.
pub(crate) fn file(directory: &Path) -> std::path::PathBuf {
    let mut entries = std::fs::read_dir(directory).expect("directory");
    let file = entries.next().expect("a file").expect("entry").path();
    assert!(entries.next().is_none(), "a log is one file");
    file
}

/// Numbers that look random and are the same in every run (xorshift64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 3
    }
}
