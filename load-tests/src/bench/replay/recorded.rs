//! A part of the day as a recording on the disk.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;

use stream::recording::{Reader, Writer};

use super::city::City;
use super::{Folder, SEED};
use crate::bench::BenchError;
use crate::bench::process::folder;
use crate::simulator::{self, DAY_START_MS};

/// The recording, which goes with its owner.
pub(super) struct Recorded {
    folder: Folder,
    part_s: Range<i64>,
    pub(super) messages: u64,
    /// Size of the file.
    pub(super) bytes: u64,
}

impl Recorded {
    /// Makes and writes it, message by message.
    pub(super) fn new(city: &City, part_s: Range<i64>) -> Result<Self, BenchError> {
        let folder = Folder(folder("replay")?);
        let simulation = simulator::day(SEED, &city.network, part_s.clone());
        let file = File::create(folder.0.join("day.recording")).map_err(BenchError::new)?;
        let mut writer = Writer::new(BufWriter::new(file)).map_err(BenchError::new)?;
        let mut messages = 0;
        for record in simulation.map_err(BenchError::new)? {
            writer.write(&record).map_err(BenchError::new)?;
            messages += 1;
        }
        let file = writer.finish().map_err(BenchError::new)?;
        let file = file.into_inner().map_err(BenchError::new)?;
        let bytes = file.metadata().map_err(BenchError::new)?.len();
        Ok(Self { folder, part_s, messages, bytes })
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.0.join("day.recording")
    }

    pub(super) fn reader(&self) -> Result<Reader<File>, BenchError> {
        Reader::open(self.path()).map_err(BenchError::new)
    }

    /// Seconds of the day that it has.
    pub(super) fn seconds(&self) -> f64 {
        (self.part_s.end - self.part_s.start) as f64
    }

    /// When it begins.
    pub(super) fn start_ms(&self) -> i64 {
        DAY_START_MS + self.part_s.start * 1_000
    }
}
