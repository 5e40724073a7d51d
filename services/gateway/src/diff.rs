//! What differs between two pictures of a layer.
//!
//! It takes two views and knows nothing of where they come from: two moments of one picture, or two
//! runs with other configurations at one moment.

use std::cmp::Ordering;
use std::sync::Arc;

use events::Text;
use events::wire::DifferenceKind;
use picture::{Layer, Object, View};

use crate::answer::Head;
use crate::column::{Cell, Column, Columns, Fields, Kind};

/// What the columns of a number end with: as it was, as it is, and the one minus the other.
pub(crate) const PARTS: [&str; 3] = ["before", "after", "difference"];

/// An object that is not the same in two pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What became of it.
    pub change: DifferenceKind,
    /// As it was; none where it appeared.
    pub before: Option<Arc<Object>>,
    /// As it is; none where it left.
    pub after: Option<Arc<Object>>,
}

impl Difference {
    /// None where both are the same.
    fn new(before: Option<Arc<Object>>, after: Option<Arc<Object>>) -> Option<Self> {
        let change = match (&before, &after) {
            (None, Some(_)) => DifferenceKind::Appeared,
            (Some(_), None) => DifferenceKind::Left,
            (Some(a), Some(b)) if !Arc::ptr_eq(a, b) && a != b => DifferenceKind::Changed,
            _ => return None,
        };
        Some(Self { change, before, after })
    }

    /// As it is, or was before it left.
    pub(crate) fn newest(&self) -> Option<&Arc<Object>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    pub(crate) fn id(&self) -> &str {
        self.newest().map_or("", |object| object.id())
    }

    /// The object before and after, where it is there.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.before.iter().chain(&self.after)
    }
}

/// The objects of a layer that are not the same in two views, by id.
///
/// ```
/// use picture::{Layer, View};
/// let before = View::new("oulu".into(), "run".into());
/// let after = before.clone();
/// assert!(gateway::diff(&before, &after, Layer::Queues).is_empty());
/// ```
pub fn diff(before: &View, after: &View, layer: Layer) -> Vec<Difference> {
    let all = |view: &View| view.all(layer).cloned().collect();
    compare(all(before), all(after))
}

/// The same of objects that are in the order of their ids.
pub(crate) fn compare(before: Vec<Arc<Object>>, after: Vec<Arc<Object>>) -> Vec<Difference> {
    let mut before = before.into_iter().peekable();
    let mut after = after.into_iter().peekable();
    let mut differences = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return differences,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.id().cmp(b.id()),
        };
        let was = if order.is_le() { before.next() } else { None };
        let is = if order.is_ge() { after.next() } else { None };
        differences.extend(Difference::new(was, is));
    }
}

/// The numbers of a layer's objects, or those of them that are asked for.
pub(crate) fn numbers(layer: Layer, fields: Option<&Fields>) -> Columns {
    Columns::of(layer).only(|column| {
        matches!(column.kind, Kind::Number | Kind::Integer)
            && fields.is_none_or(|fields| fields.has(&column.name))
    })
}

/// What differs, with what is said of both pictures.
pub(crate) struct Differences {
    pub(crate) layer: Layer,
    pub(crate) before: Head,
    pub(crate) after: Head,
    pub(crate) list: Vec<Difference>,
    /// The numbers that are compared.
    pub(crate) numbers: Columns,
    /// The address of the next page.
    pub(crate) next: Option<String>,
}

impl Differences {
    /// Columns of tables: the id, what became of the object, and three of each number.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let column = |name: String, kind| Column { name: name.into(), kind, drawn: false };
        let mut columns =
            vec![column("id".into(), Kind::Text), column("change".into(), Kind::Text)];
        for number in self.numbers.iter() {
            let name = &number.name;
            columns.extend(PARTS.map(|part| column(format!("{name}.{part}"), number.kind)));
        }
        columns
    }

    /// The cells of those columns.
    pub(crate) fn read(&self, difference: &Difference, row: &mut Vec<Cell>) {
        row.clear();
        row.push(Cell::Text(difference.id().into()));
        row.push(Cell::Text(Text::from(name(difference.change))));
        for (_, before, after, difference) in self.cells(difference) {
            row.extend([before, after, difference]);
        }
    }

    /// Each number before, after, and its difference.
    pub(crate) fn cells(
        &self,
        difference: &Difference,
    ) -> impl Iterator<Item = (&Column, Cell, Cell, Cell)> {
        let read = |object: Option<&Arc<Object>>| {
            let mut row = Vec::new();
            match object {
                Some(object) => self.numbers.read(object, &mut row),
                None => row.resize(self.numbers.iter().len(), Cell::Missing),
            }
            row
        };
        let (before, after) = (read(difference.before.as_ref()), read(difference.after.as_ref()));
        let pairs = before.into_iter().zip(after);
        self.numbers.iter().zip(pairs).map(|(column, (before, after))| {
            let difference = match (&before, &after) {
                (Cell::Integer(a), Cell::Integer(b)) => Cell::Integer(b.saturating_sub(*a)),
                (Cell::Number(a), Cell::Number(b)) => Cell::Number(b - a),
                _ => Cell::Missing,
            };
            (column, before, after, difference)
        })
    }
}

/// In JSON and in tables.
pub(crate) fn name(change: DifferenceKind) -> &'static str {
    match change {
        DifferenceKind::Unspecified => "same",
        DifferenceKind::Appeared => "appeared",
        DifferenceKind::Left => "left",
        DifferenceKind::Changed => "changed",
    }
}
