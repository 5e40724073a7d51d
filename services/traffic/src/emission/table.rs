//! Tables of figures as text: CSV with notes in its comments, and errors that say where.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};

/// Why a table cannot be used: file, line, column and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {}{message}", column.as_ref().map_or_else(String::new, |name| format!("{name}: ")))]
pub struct TableError {
    /// Name of the file, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, where it is one cell that is wrong.
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// A table: `# key: value` notes, a line of column names, rows.
pub(super) struct Table {
    file: String,
    columns: Vec<String>,
    header_line: u64,
    rows: Vec<(u64, StringRecord)>,
    notes: BTreeMap<String, String>,
}

impl Table {
    /// Reads a table that has all of the required columns and no others but the optional ones.
    pub(super) fn parse(
        file: &str,
        text: &str,
        required: &[&str],
        optional: &[&str],
    ) -> Result<Self, TableError> {
        let error = |line, message: String| TableError {
            file: file.to_owned(),
            line,
            column: None,
            message,
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = ReaderBuilder::new()
            .comment(Some(b'#'))
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        // The reader's positions are before the comments and empty lines that it skips.
        let lines: Vec<&str> = text.lines().collect();
        let skipped = |line: &&str| line.starts_with('#') || line.is_empty();
        let begin = |position: Option<&csv::Position>| {
            let line = position.map_or(1, csv::Position::line).max(1);
            let rest = lines.get(line as usize - 1..).unwrap_or_default();
            let passed = rest.iter().take_while(|line| skipped(line)).count();
            (line + passed as u64).min(lines.len().max(1) as u64)
        };
        let at = |error: &csv::Error| begin(error.position());
        let headers = reader.headers().map_err(|wrong| error(at(&wrong), wrong.to_string()))?;
        let columns: Vec<String> = headers.iter().map(str::to_owned).collect();
        let header_line = begin(headers.position());
        if let Some(missing) = required.iter().find(|name| !columns.iter().any(|it| it == *name)) {
            let message = format!("no column {missing}; it needs {}", required.join(", "));
            return Err(error(header_line, message));
        }
        for (place, name) in columns.iter().enumerate() {
            if !required.iter().chain(optional).any(|known| known == name) {
                let all = [required, optional].concat().join(", ");
                let message = format!("unknown column {name:?}; remove it. Columns are {all}");
                return Err(error(header_line, message));
            }
            if columns.iter().take(place).any(|before| before == name) {
                return Err(error(header_line, format!("column {name} is there twice")));
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|wrong| error(at(&wrong), wrong.to_string()))?;
            let line = begin(record.position());
            if record.len() != columns.len() {
                let message = format!("{} cells; it needs {}", record.len(), columns.len());
                return Err(error(line, message));
            }
            rows.push((line, record));
        }
        Ok(Self { file: file.to_owned(), columns, header_line, rows, notes: notes(text) })
    }

    /// Its rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }

    /// The note of a key, which must be there.
    pub(super) fn note(&self, key: &str) -> Result<&str, TableError> {
        let note = self.notes.get(key).map(String::as_str);
        note.ok_or_else(|| self.error(format!("no note {key}: begin with a line \"# {key}: ...\"")))
    }

    /// An error of the table as a whole, at its line of column names.
    pub(super) fn error(&self, message: String) -> TableError {
        TableError { file: self.file.clone(), line: self.header_line, column: None, message }
    }
}

/// `# key: value` lines before the first line that is no comment.
fn notes(text: &str) -> BTreeMap<String, String> {
    let comments = text.lines().map_while(|line| line.trim_start().strip_prefix('#'));
    let pairs = comments.filter_map(|line| line.split_once(':'));
    pairs.map(|(key, value)| (key.trim().to_lowercase(), value.trim().to_owned())).collect()
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    line: u64,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// Its line in the file.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// A cell, empty when the column is not there.
    pub(super) fn cell(&self, column: &str) -> &'a str {
        let place = self.table.columns.iter().position(|name| name == column);
        place.and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    /// A cell that must not be empty.
    pub(super) fn text(&self, column: &str) -> Result<&'a str, TableError> {
        match self.cell(column) {
            "" => Err(self.error(column, "is empty; write a value".to_owned())),
            text => Ok(text),
        }
    }

    /// A number of a range.
    pub(super) fn number(&self, column: &str, range: [f64; 2]) -> Result<f64, TableError> {
        let text = self.text(column)?;
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        let Some(number) = number else {
            return Err(self.error(column, format!("{text:?} is no number")));
        };
        if range[0] <= number && number <= range[1] {
            // So that -0 is 0.
            return Ok(number + 0.0);
        }
        let message = format!("{number} is not within {} to {}", range[0], range[1]);
        Err(self.error(column, message))
    }

    /// A number of a range, or nothing when the cell is empty.
    pub(super) fn optional(
        &self,
        column: &str,
        range: [f64; 2],
    ) -> Result<Option<f64>, TableError> {
        if self.cell(column).is_empty() { Ok(None) } else { self.number(column, range).map(Some) }
    }

    /// An error of a cell.
    pub(super) fn error(&self, column: &str, message: String) -> TableError {
        TableError {
            file: self.table.file.clone(),
            line: self.line,
            column: Some(column.to_owned()),
            message,
        }
    }
}
