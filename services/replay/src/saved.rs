//! Progress of a replay in a file, so that one that was killed goes on.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::ReplayError;

/// First line of the file.
const HEADER: &[u8] = b"tilanne-replay 1\n";
/// Largest file that is read, bytes: a damaged one must not fill the memory.
const BYTES_MAX: u64 = 4 << 30;

/// A file that keeps how far a replay is. Written beside and renamed: it is never half there.
#[derive(Clone, Debug)]
pub struct SavedState {
    path: PathBuf,
    /// Stands for what is replayed, how and by which version: the state of another replay is refused.
    of: String,
    every: Duration,
    written: Instant,
}

impl SavedState {
    /// `of` stands for what is replayed: another text is another replay. `every` is how much is done
    /// twice after a kill, at most.
    pub fn new(path: impl Into<PathBuf>, of: impl Into<String>, every: Duration) -> Self {
        Self { path: path.into(), of: of.into(), every, written: Instant::now() }
    }

    pub(crate) fn is_due(&self) -> bool {
        self.written.elapsed() >= self.every
    }

    /// What was kept last, if anything was.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, ReplayError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let mut bytes = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| self.failed(&error))?;
        let header = self.header();
        let Some(rest) = bytes.strip_prefix(header.as_slice()) else {
            let message = format!("{} is of something else", self.path.display());
            return Err(ReplayError::State(message));
        };
        Ok(Some(rest.to_vec()))
    }

    /// Keeps progress. Where that cannot be, as on a full disk, the replay goes on, and after a kill
    /// more is done twice.
    pub(crate) fn write(&mut self, state: &[u8]) {
        let part = self.path.with_added_extension("part");
        let written = write_whole(&part, &[&self.header(), state]);
        let renamed = written.and_then(|()| std::fs::rename(&part, &self.path));
        if let Err(error) = renamed {
            tracing::warn!(path = %part.display(), %error, "progress of a replay is not kept");
        }
        self.written = Instant::now();
    }

    /// The replay is at its end: the next one begins anew.
    pub(crate) fn remove(&self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let path = self.path.display();
                tracing::warn!(%path, %error, "progress of a replay that is over is still there");
            }
            _ => {}
        }
    }

    fn header(&self) -> Vec<u8> {
        [HEADER, self.of.as_bytes(), b"\n"].concat()
    }

    fn failed(&self, error: &std::io::Error) -> ReplayError {
        ReplayError::State(format!("{}: {error}", self.path.display()))
    }
}

fn write_whole(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}
