//! Answers as rows and columns, for formats that are tables.

use std::sync::Arc;

use picture::Object;

use crate::answer::{AT, Answer};
use crate::column::{Cell, Column, Columns, Form, Kind};
use crate::diff::Differences;

/// Reads the cells of a row.
type Read<'a> = Box<dyn Fn(usize, &mut Vec<Cell>) + 'a>;

/// Rows of cells, each with the geometry of an object.
pub(crate) struct Rows<'a> {
    pub(crate) columns: Vec<Column>,
    /// Of the geometries.
    pub(crate) form: Form,
    /// That the rows are about.
    pub(crate) objects: Vec<&'a Object>,
    read: Read<'a>,
}

impl<'a> Rows<'a> {
    /// An object a row; of one of several moments, that comes first.
    pub(crate) fn of(answer: &'a Answer) -> Self {
        let columns = Columns::of(answer.layer).picked(answer.fields.as_ref());
        let at =
            answer.is_timed().then(|| Column { name: AT.into(), kind: Kind::Time, drawn: false });
        let all = at.into_iter().chain(columns.iter().cloned()).collect();
        let (form, objects) = (columns.form, &answer.objects);
        let read = move |index: usize, row: &mut Vec<Cell>| {
            columns.read(&objects[index], row);
            if let Some(at_ms) = answer.at_ms(index) {
                row.insert(0, Cell::Integer(at_ms));
            }
        };
        Self {
            columns: all,
            form,
            objects: objects.iter().map(Arc::as_ref).collect(),
            read: Box::new(read),
        }
    }

    /// A difference a row.
    pub(crate) fn of_differences(differences: &'a Differences) -> Self {
        let list = differences.list.iter().filter_map(|one| Some((one, one.newest()?.as_ref())));
        let (list, objects): (Vec<_>, Vec<_>) = list.unzip();
        let read = move |index: usize, row: &mut Vec<Cell>| differences.read(list[index], row);
        let (columns, form) = (differences.columns(), differences.numbers.form);
        Self { columns, form, objects, read: Box::new(read) }
    }

    /// Reads the cells of a row: one a column.
    pub(crate) fn read(&self, index: usize, row: &mut Vec<Cell>) {
        (self.read)(index, row);
    }
}
