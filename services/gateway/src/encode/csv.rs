//! CSV (RFC 4180) with a header: an object a row, properties by their paths in the JSON. The
//! address of the next page is in the `Link` header. In a series the first column is the moment.
//!
//! Spreadsheets take what begins like a formula for one, wherever they believe that a cell begins,
//! so text that could be one is prefixed with `'`, which shows it as text.

use std::borrow::Cow;

use super::rows::Rows;
use super::{EncodeError, Encoder, Series};
use crate::answer::Answer;
use crate::column::{Cell, Form};
use crate::diff::Differences;
use crate::geometry::{parts, wkt};

pub(super) struct Csv;

/// What formulas begin with, also in the widths of East Asia, which some spreadsheets take for the
/// same.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// What ends a cell in one locale or another, or is believed to.
const SEPARATORS: [char; 7] = [',', ';', '\t', '|', '"', '\n', '\r'];

/// Between several texts in one cell.
const BETWEEN: &str = ";";

/// Text that no spreadsheet takes for a formula, whatever it believes to separate cells.
fn harmless(text: &str) -> Cow<'_, str> {
    let mut begins = true;
    let mut starts = text.char_indices().filter(|&(_, c)| {
        let is_start = begins && FORMULA.contains(&c);
        begins = SEPARATORS.contains(&c) || (begins && c.is_whitespace());
        is_start
    });
    let Some((first, _)) = starts.next() else { return text.into() };
    let mut marked = String::with_capacity(text.len() + 8);
    let mut done = 0;
    for at in std::iter::once(first).chain(starts.map(|(at, _)| at)) {
        marked.push_str(text.get(done..at).unwrap_or_default());
        marked.push('\'');
        done = at;
    }
    marked.push_str(text.get(done..).unwrap_or_default());
    marked.into()
}

fn shown(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Missing => "".into(),
        Cell::Text(text) => harmless(text),
        Cell::Texts(texts) => harmless(&texts.join(BETWEEN)).into_owned().into(),
        Cell::Boolean(value) => value.to_string().into(),
        Cell::Integer(value) => value.to_string().into(),
        Cell::Number(value) => value.to_string().into(),
    }
}

impl Encoder for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv"
    }

    fn content_type(&self) -> &'static str {
        "text/csv; charset=utf-8; header=present"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        table(&Rows::of(answer), true)
    }

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        table(&Rows::of_differences(differences), true)
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Moments { is_first: true })
    }
}

/// Rows under one header, whose first column is the moment.
struct Moments {
    is_first: bool,
}

impl Series for Moments {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        table(&Rows::of(answer), std::mem::take(&mut self.is_first))
    }
}

fn table(rows: &Rows, has_header: bool) -> Result<Vec<u8>, EncodeError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if has_header {
        let names = rows.columns.iter().map(|column| column.name.as_ref());
        let place: &[&str] = match rows.form {
            Form::None => &[],
            Form::Point => &["longitude_deg", "latitude_deg"],
            Form::Line | Form::Polygon | Form::Mixed => &["wkt"],
        };
        writer.write_record(names.chain(place.iter().copied()))?;
    }
    let mut row = Vec::new();
    for (index, object) in rows.objects.iter().enumerate() {
        rows.read(index, &mut row);
        for cell in &row {
            writer.write_field(shown(cell).as_bytes())?;
        }
        match rows.form {
            Form::None => {}
            Form::Point => {
                let place = object.position();
                for degrees in [place.map(|p| p.longitude_deg), place.map(|p| p.latitude_deg)] {
                    let degrees = degrees.map_or_else(String::new, |d| d.to_string());
                    writer.write_field(degrees)?;
                }
            }
            Form::Line | Form::Polygon | Form::Mixed => {
                writer.write_field(wkt(&parts(object)))?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| EncodeError::Csv(error.into_error().into()))
}
