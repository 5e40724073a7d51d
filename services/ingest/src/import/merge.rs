//! Several files as one, in the order of time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use events::RawRecord;

use super::{ImportError, Part, Reader, Records, Setup};

/// Most files that are open at a time: so many may overlap.
const OPEN_MAX: usize = 256;

/// Most reasons that are kept, for people to read.
const REASONS_MAX: usize = 20;

/// What an import has done so far.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Records.
    pub records: u64,
    /// Rows that could not be used.
    pub left_out: u64,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
    /// Files that are done, and all there are.
    pub files: (usize, usize),
    /// Files that could not be read to their end, and why.
    pub broken: Vec<String>,
}

/// The records of files, by the time of their reception; of equal times in the order of the files.
/// A file that breaks ends there, and the others go on.
pub struct Importing {
    reader: &'static dyn Reader,
    setup: Arc<Setup>,
    /// First time of each file that is not open yet, oldest first.
    waiting: VecDeque<(i64, usize)>,
    open: BinaryHeap<Reverse<(i64, usize)>>,
    /// The record that is next of each open file, and what comes after.
    files: Vec<Source>,
    imported: Imported,
}

struct Source {
    path: PathBuf,
    next: Option<RawRecord>,
    rest: Option<Records>,
}

impl Importing {
    /// Looks for the first record of each file.
    ///
    /// # Errors
    ///
    /// When a file cannot be opened or is of another kind, or the feed is of another format.
    pub fn new(
        reader: &'static dyn Reader,
        paths: &[PathBuf],
        setup: Setup,
    ) -> Result<Self, ImportError> {
        if let Some(format) = reader.format().filter(|format| *format != setup.feed.format) {
            let message = format!(
                "it has the format {}; rows of {} files become {format}: name a feed of that format",
                setup.feed.format,
                reader.name()
            );
            return Err(ImportError::option("feed", message));
        }
        let setup = Arc::new(setup);
        let mut importing = Self {
            reader,
            setup,
            waiting: VecDeque::new(),
            open: BinaryHeap::new(),
            files: Vec::new(),
            imported: Imported { files: (0, paths.len()), ..Imported::default() },
        };
        let mut waiting = Vec::new();
        for (number, path) in paths.iter().enumerate() {
            let mut records = reader.records(path, &importing.setup)?;
            let first = records.by_ref().find_map(|part| match part {
                Ok(Part::Record(record)) => Some(Ok(record.received_time_ms)),
                Ok(Part::LeftOut(_)) => None,
                Err(error) => Some(Err(error)),
            });
            let source = Source { path: path.clone(), next: None, rest: None };
            importing.files.push(source);
            match first {
                Some(Ok(first_ms)) => waiting.push((first_ms, number)),
                // Told when it is opened again, in its turn.
                Some(Err(_)) | None => waiting.push((i64::MIN, number)),
            }
        }
        waiting.sort_unstable();
        importing.waiting = waiting.into();
        Ok(importing)
    }

    /// What was done so far.
    pub fn imported(&self) -> &Imported {
        &self.imported
    }

    /// Opens the files that begin before the next record of the open ones.
    fn open(&mut self) -> Result<(), ImportError> {
        while let Some(&(first_ms, number)) = self.waiting.front() {
            let is_later =
                self.open.peek().is_some_and(|Reverse((next_ms, _))| *next_ms < first_ms);
            if is_later {
                return Ok(());
            }
            if self.open.len() == OPEN_MAX {
                let message = format!("more than {OPEN_MAX} files overlap; import them in parts");
                return Err(ImportError::file(&self.files[number].path, message));
            }
            self.waiting.pop_front();
            let records = self.reader.records(&self.files[number].path, &self.setup)?;
            self.files[number].rest = Some(records);
            self.advance(number);
        }
        Ok(())
    }

    /// Reads the next record of a file.
    fn advance(&mut self, number: usize) {
        let source = &mut self.files[number];
        loop {
            match source.rest.as_mut().and_then(Iterator::next) {
                Some(Ok(Part::Record(record))) => {
                    self.open.push(Reverse((record.received_time_ms, number)));
                    source.next = Some(record);
                    return;
                }
                Some(Ok(Part::LeftOut(reason))) => {
                    self.imported.left_out += 1;
                    if self.imported.reasons.len() < REASONS_MAX {
                        self.imported.reasons.push(reason);
                    }
                }
                Some(Err(error)) => {
                    self.imported.broken.push(error.to_string());
                    break;
                }
                None => break,
            }
        }
        source.rest = None;
        self.imported.files.0 += 1;
    }
}

impl Iterator for Importing {
    type Item = Result<RawRecord, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.open() {
            self.waiting.clear();
            self.open.clear();
            return Some(Err(error));
        }
        let Reverse((_, number)) = self.open.pop()?;
        let record = self.files[number].next.take()?;
        self.advance(number);
        self.imported.records += 1;
        Some(Ok(record))
    }
}
