//! Rows of a table by the names of its columns.

use std::io::{Cursor, Read};

use super::{GtfsError, GtfsFiles, ROWS_MAX, TEXT_BYTES_MAX};
use crate::import::{Finding, ImportReport};

/// Mark that some programs put before a text in UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Hands over every row's values of the named columns; what a row or the table does not have is
/// empty. The first column is the one without which a row says nothing. A missing file has no rows.
pub(super) fn each_row<const N: usize>(
    files: &mut dyn GtfsFiles,
    name: &str,
    columns: [&str; N],
    report: &mut ImportReport,
    mut visit: impl FnMut([&str; N], &mut ImportReport),
) -> Result<(), GtfsError> {
    let failed = |message: String| GtfsError::Read { file: name.to_owned(), message };
    let Some(mut file) = files.open(name)? else {
        report.find(Finding::FileMissing, name);
        return Ok(());
    };
    let mut first = Vec::new();
    let read = file.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut first);
    read.map_err(|error| failed(error.to_string()))?;
    if first == BYTE_ORDER_MARK {
        first.clear();
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(Cursor::new(first).chain(file));
    let mut record = csv::ByteRecord::new();
    let mut places: Option<[Option<usize>; N]> = None;
    let mut rows = 0;
    while reader.read_byte_record(&mut record).map_err(|error| failed(error.to_string()))? {
        let Some(places) = places else {
            let place = |column: &str| record.iter().position(|name| name == column.as_bytes());
            let found = columns.map(place);
            if found[0].is_none() {
                report.find(Finding::ColumnMissing, format_args!("{} of {name}", columns[0]));
                return Ok(());
            }
            places = Some(found);
            continue;
        };
        rows += 1;
        if rows > ROWS_MAX {
            return Err(GtfsError::TooLarge { file: name.to_owned() });
        }
        let values = places.map(|place| value(place.and_then(|place| record.get(place))));
        if values[0].is_empty() {
            report.find(Finding::RowWithoutId, format_args!("row {rows} of {name}"));
        } else {
            visit(values, report);
        }
    }
    Ok(())
}

/// A value as text, cut to its bound; what is no UTF-8 is empty.
fn value(bytes: Option<&[u8]>) -> &str {
    let text = std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
