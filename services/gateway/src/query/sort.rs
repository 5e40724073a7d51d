//! The parameter `sort`: pages in the order of a property.
//!
//! A page goes on after the value and the id of the last object of the page before (keyset paging),
//! so that nothing that stays as it is comes twice or is left out, whatever else changes.

use std::cmp::Ordering;
use std::sync::Arc;

use events::Text;
use picture::{Layer, Object};

use crate::column::{Cell, Columns, Kind};
use crate::problem::Problem;

/// Between value and id in a cursor: text of feeds has no such character.
const BETWEEN: char = '\u{1f}';

/// An order of the objects of a layer.
pub(crate) struct Sort {
    /// The one column.
    column: Columns,
    is_descending: bool,
}

/// The place of an object in the order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    value: Value,
    id: Text,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Boolean(bool),
    Number(f64),
    Text(Text),
    /// After all others, in either direction: who asks for the slowest does not ask for what has
    /// no speed.
    Missing,
}

impl Value {
    fn of(cell: Cell) -> Self {
        match cell {
            Cell::Boolean(value) => Self::Boolean(value),
            Cell::Integer(value) => Self::Number(value as f64),
            Cell::Number(value) => Self::Number(value),
            Cell::Text(text) => Self::Text(text),
            Cell::Missing | Cell::Texts(_) => Self::Missing,
        }
    }

    /// Values of one column are of one kind.
    fn compare(&self, other: &Self, is_descending: bool) -> Ordering {
        let rank = |value: &Self| matches!(value, Self::Missing);
        let order = match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => return rank(a).cmp(&rank(b)),
        };
        if is_descending { order.reverse() } else { order }
    }
}

impl Key {
    /// As the cursor of the next page.
    pub(crate) fn cursor(&self) -> String {
        let id = &self.id;
        match &self.value {
            Value::Boolean(value) => format!("b{value}{BETWEEN}{id}"),
            Value::Number(value) => format!("n{value}{BETWEEN}{id}"),
            Value::Text(text) => format!("t{text}{BETWEEN}{id}"),
            Value::Missing => format!("-{BETWEEN}{id}"),
        }
    }

    /// Reads a cursor.
    pub(crate) fn parse(cursor: &str) -> Option<Self> {
        let (value, id) = cursor.rsplit_once(BETWEEN)?;
        let mut rest = value.chars();
        let value = match (rest.next()?, rest.as_str()) {
            ('b', value) => Value::Boolean(value.parse().ok()?),
            ('n', value) => Value::Number(value.parse().ok()?),
            ('t', text) => Value::Text(text.into()),
            ('-', "") => Value::Missing,
            _ => return None,
        };
        Some(Self { value, id: id.into() })
    }
}

impl Sort {
    /// Reads the name of a property, with `-` before it from the largest down.
    pub(crate) fn parse(layer: Layer, text: &str) -> Result<Self, Problem> {
        let columns = Columns::of(layer);
        let (name, is_descending) =
            text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let Some(column) = columns.find(name) else {
            return Err(columns.unknown("sort", name, layer));
        };
        if matches!(column.kind, Kind::Texts | Kind::Json) {
            let detail = format!("query: sort: {name} is a list; sort by what has one value");
            return Err(Problem::bad_request(detail));
        }
        Ok(Self { column: columns.only(|column| column.name == name), is_descending })
    }

    fn key(&self, object: &Object, row: &mut Vec<Cell>) -> Key {
        self.column.read(object, row);
        Key { value: Value::of(row.pop().unwrap_or_default()), id: object.id().clone() }
    }

    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let order = a.value.compare(&b.value, self.is_descending);
        order.then_with(|| a.id.cmp(&b.id))
    }

    /// The first objects after a key, in order, and the key of the last one when there are more.
    pub(crate) fn page(
        &self,
        objects: Vec<Arc<Object>>,
        after: Option<&Key>,
        limit: usize,
    ) -> (Vec<Arc<Object>>, Option<Key>) {
        let mut row = Vec::new();
        let keyed = objects.into_iter().map(|object| (self.key(&object, &mut row), object));
        let is_after = |key: &Key| after.is_none_or(|after| self.compare(key, after).is_gt());
        let mut keyed: Vec<_> = keyed.filter(|(key, _)| is_after(key)).collect();
        let mut next = None;
        if keyed.len() > limit {
            keyed.select_nth_unstable_by(limit, |(a, _), (b, _)| self.compare(a, b));
            keyed.truncate(limit);
            next = keyed.iter().map(|(key, _)| key).max_by(|a, b| self.compare(a, b)).cloned();
        }
        keyed.sort_unstable_by(|(a, _), (b, _)| self.compare(a, b));
        (keyed.into_iter().map(|(_, object)| object).collect(), next)
    }
}
