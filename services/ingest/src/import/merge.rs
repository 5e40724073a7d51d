//! Several files as one, in the order of time. What is a little out of order in its file is put right.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::RawRecord;

use super::{ImportError, Part, Reader, Records, Setup};

/// Most files that are open at a time: so many may overlap.
const OPEN_MAX: usize = 256;

/// A record may be so much older than one before it in its file: it is put where it belongs.
const DISORDER_MS: i64 = 10_000;

/// Most records of a file that are looked at ahead for that.
const AHEAD_MAX: usize = 16_384;

/// Records of a file by which it is known when it begins: the clock of the very first may be ahead.
const FIRST_MAX: usize = 16;

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
    /// Records that came later in their file than they could be put right. They count as received with
    /// what is before them, late, as they would be from a feed.
    pub out_of_order: u64,
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
    /// Until when each file must be open that is not yet, soonest first.
    waiting: VecDeque<(i64, usize)>,
    open: BinaryHeap<Reverse<(i64, usize)>>,
    /// The record that is next of each open file, and what comes after.
    files: Vec<Source>,
    /// No record comes before this.
    reached_ms: i64,
    imported: Imported,
}

struct Source {
    path: PathBuf,
    next: Option<RawRecord>,
    /// Records after that, oldest first, and of equal times in the order of the file.
    ahead: BinaryHeap<Reverse<Ahead>>,
    /// The newest time of them, and how many there were.
    newest_ms: i64,
    read: u64,
    rest: Option<Records>,
}

impl Source {
    fn new(path: &Path) -> Self {
        let (next, rest) = (None, None);
        let (newest_ms, read, ahead) = (i64::MIN, 0, BinaryHeap::new());
        Self { path: path.to_owned(), next, ahead, newest_ms, read, rest }
    }

    /// Whether the oldest record ahead is the next: an older one could still come otherwise.
    fn is_settled(&self) -> bool {
        let Some(Reverse(oldest)) = self.ahead.peek() else { return false };
        let spread_ms = self.newest_ms.saturating_sub(oldest.record.received_time_ms);
        spread_ms > DISORDER_MS || self.ahead.len() >= AHEAD_MAX
    }
}

struct Ahead {
    record: RawRecord,
    number: u64,
}

impl Ahead {
    fn order(&self) -> (i64, u64) {
        (self.record.received_time_ms, self.number)
    }
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Ahead {}

impl Importing {
    /// Looks for the first records of each file.
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
            reached_ms: i64::MIN,
            imported: Imported { files: (0, paths.len()), ..Imported::default() },
        };
        let mut waiting = Vec::new();
        for (number, path) in paths.iter().enumerate() {
            let records = reader.records(path, &importing.setup)?;
            let times_ms = records.filter_map(|part| match part {
                Ok(Part::Record(record)) => Some(record.received_time_ms),
                // Told when the file is opened again, in its turn.
                Ok(Part::LeftOut(_)) | Err(_) => None,
            });
            let first_ms = times_ms.take(FIRST_MAX).min();
            importing.files.push(Source::new(path));
            waiting.push((first_ms.map_or(i64::MIN, |ms| ms.saturating_sub(DISORDER_MS)), number));
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

    /// Reads on in a file until it is known which of its records is next.
    fn advance(&mut self, number: usize) {
        let source = &mut self.files[number];
        while !source.is_settled() {
            match source.rest.as_mut().and_then(Iterator::next) {
                Some(Ok(Part::Record(record))) => {
                    source.newest_ms = source.newest_ms.max(record.received_time_ms);
                    source.ahead.push(Reverse(Ahead { record, number: source.read }));
                    source.read += 1;
                }
                Some(Ok(Part::LeftOut(reason))) => {
                    self.imported.left_out += 1;
                    if self.imported.reasons.len() < REASONS_MAX {
                        self.imported.reasons.push(reason);
                    }
                }
                ended => {
                    if let Some(Err(error)) = ended {
                        self.imported.broken.push(error.to_string());
                    }
                    if source.rest.take().is_some() {
                        self.imported.files.0 += 1;
                    }
                    break;
                }
            }
        }
        if let Some(Reverse(Ahead { record, .. })) = source.ahead.pop() {
            self.open.push(Reverse((record.received_time_ms, number)));
            source.next = Some(record);
        }
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
        let mut record = self.files[number].next.take()?;
        self.advance(number);
        self.imported.records += 1;
        if record.received_time_ms < self.reached_ms {
            record.received_time_ms = self.reached_ms;
            self.imported.out_of_order += 1;
        }
        self.reached_ms = record.received_time_ms;
        Some(Ok(record))
    }
}
