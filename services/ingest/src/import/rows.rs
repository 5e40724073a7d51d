//! Rows of tables: what is read of a file until it breaks, and what cannot be read of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};

use super::{ImportError, Part, Setup, open};

/// Rows as they come; each is one, or what is wrong with it.
type Input = Box<dyn Iterator<Item = csv::Result<StringRecord>>>;

/// Rows of a file. The iterator ends after an error of the file.
pub(super) struct Rows {
    file: Arc<Path>,
    input: Input,
    ended: bool,
}

/// A row.
pub(super) struct Row {
    file: Arc<Path>,
    cells: Result<StringRecord, String>,
}

/// Names of the columns.
pub(super) struct Header {
    file: PathBuf,
    names: StringRecord,
}

impl Rows {
    pub(super) fn new(file: &Path, input: Input) -> Self {
        Self { file: file.into(), input, ended: false }
    }

    /// Rows of a file of CSV, whose first line names the columns.
    pub(super) fn csv(
        file: &Path,
        setup: &Setup,
        delimiter: u8,
    ) -> Result<(Self, Header), ImportError> {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(open(file, setup)?);
        let names = reader.headers().map_err(|error| ImportError::file(file, error))?;
        let header = Header { file: file.to_owned(), names: names.clone() };
        Ok((Self::new(file, Box::new(reader.into_records())), header))
    }
}

impl Iterator for Rows {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let cells = match self.input.next()? {
            Err(error) if error.is_io_error() => {
                self.ended = true;
                return Some(Err(ImportError::file(&self.file, error)));
            }
            cells => cells.map_err(|error| error.to_string()),
        };
        Some(Ok(Row { file: Arc::clone(&self.file), cells }))
    }
}

impl Row {
    /// What `make` makes of it, or why it is left out.
    pub(super) fn part(self, make: impl FnOnce(&StringRecord) -> Result<Part, String>) -> Part {
        let file = self.file.display();
        match self.cells {
            Err(what) => Part::LeftOut(format!("{file}: {what}")),
            Ok(cells) => make(&cells).unwrap_or_else(|what| {
                // Its reader counts lines that end in two characters once they are over.
                let row = cells.position().map_or(0, |position| position.record() + 1);
                Part::LeftOut(format!("{file}:{row}: {what}"))
            }),
        }
    }
}

impl Header {
    /// Where a column is, if it is there.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.trim_start_matches('\u{feff}') == name)
    }

    /// Where a column is that must be there.
    pub(super) fn place(&self, name: &str) -> Result<usize, ImportError> {
        self.find(name).ok_or_else(|| {
            let known: Vec<_> = self.names.iter().collect();
            let message = format!("no column {name:?}; there are {}", known.join(", "));
            ImportError::file(&self.file, message)
        })
    }
}
