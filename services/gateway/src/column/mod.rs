//! The properties of each layer's objects as columns: one list for every answer that is a table
//! (CSV, Arrow), for what tiles say, for `fields` and for `sort`.
//!
//! A column is a path into the JSON of an object, such as `report.speed_km_h`, so that all formats
//! say the same by the same name. What is asked for is read by one pass of serde over the object,
//! which skips all that no column names.

mod fields;
mod layers;
mod read;
mod shaped;

use std::borrow::Cow;
use std::sync::OnceLock;

use events::Text;
use picture::{Layer, Object};
use serde::Serialize;

pub(crate) use fields::Fields;
pub(crate) use shaped::{Rule, Shaped};

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of ours or of a feed, and names of enums.
    Text,
    /// Several texts.
    Texts,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number, in the unit of the name.
    Number,
    /// Milliseconds since 1970-01-01 UTC.
    Time,
    /// What has parts in a number that nobody knows before, as the text of its JSON.
    Json,
}

/// A value of a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Cell {
    #[default]
    Missing,
    /// Of [`Kind::Text`] and [`Kind::Json`].
    Text(Text),
    Texts(Vec<Text>),
    Boolean(bool),
    /// Of [`Kind::Integer`] and [`Kind::Time`].
    Integer(i64),
    /// Always finite.
    Number(f64),
}

/// A property of the objects of a layer.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Path in the JSON of the object.
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// Whether tiles have it when they are not asked for anything else: what maps are drawn by.
    pub(crate) drawn: bool,
}

/// Which geometry the objects of a layer have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    None,
    Point,
    Line,
    Polygon,
    /// Any, and several.
    Mixed,
}

/// A part of the paths of columns, by the names of the JSON.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    name: Cow<'static, str>,
    column: Option<(usize, Kind)>,
    children: Vec<Node>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    fn insert(&mut self, path: &str, column: (usize, Kind)) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let at = self.children.iter().position(|child| child.name == name);
        let at = at.unwrap_or_else(|| {
            self.children.push(Self { name: name.to_owned().into(), ..Self::default() });
            self.children.len() - 1
        });
        match rest {
            Some(rest) => self.children[at].insert(rest, column),
            None => self.children[at].column = Some(column),
        }
    }
}

/// Columns of one layer, in order.
#[derive(Debug)]
pub(crate) struct Columns {
    list: Vec<Column>,
    tree: Node,
    pub(crate) form: Form,
    /// Path of the geometry in the JSON, which tables have in columns of their own.
    place: Option<&'static str>,
}

impl Columns {
    fn new(list: Vec<Column>, form: Form, place: Option<&'static str>) -> Self {
        let mut tree = Node::default();
        for (at, column) in list.iter().enumerate() {
            tree.insert(&column.name, (at, column.kind));
        }
        Self { list, tree, form, place }
    }

    /// All columns of a layer.
    pub(crate) fn of(layer: Layer) -> &'static Self {
        static ALL: [OnceLock<Columns>; Layer::ALL.len()] =
            [const { OnceLock::new() }; Layer::ALL.len()];
        ALL[layer as usize].get_or_init(|| layers::columns(layer))
    }

    /// Those that were asked for; the id always.
    pub(crate) fn picked(&self, fields: Option<&Fields>) -> Self {
        self.only(|column| fields.is_none_or(|fields| fields.has(&column.name)))
    }

    /// Those that a condition holds for.
    pub(crate) fn only(&self, wanted: impl Fn(&Column) -> bool) -> Self {
        let columns = self.list.iter().filter(|&column| wanted(column));
        Self::new(columns.cloned().collect(), self.form, self.place)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Column> {
        self.list.iter()
    }

    /// The column of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Column> {
        self.list.iter().find(|column| column.name == name)
    }

    /// Reads an object into a row: one cell a column.
    pub(crate) fn read(&self, object: &Object, row: &mut Vec<Cell>) {
        row.clear();
        row.resize(self.list.len(), Cell::Missing);
        read::read(object, &self.tree, &mut row[..]);
    }
}

/// Properties that conditions are on, by their paths in the JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Paths {
    list: Vec<String>,
    tree: Node,
}

impl Paths {
    /// Number of a path, which is added where it is new.
    pub(crate) fn number(&mut self, path: &str) -> usize {
        let known = self.list.iter().position(|known| known == path);
        known.unwrap_or_else(|| {
            let at = self.list.len();
            // Of no kind in particular: values come as they are.
            self.tree.insert(path, (at, Kind::Text));
            self.list.push(path.to_owned());
            at
        })
    }

    /// The values of each path in an object: none where it is missing, one for each entry where it is
    /// in a list, and `Texts` of none for what has parts of its own.
    pub(crate) fn read(&self, object: &impl Serialize) -> Vec<Vec<Cell>> {
        let mut values = vec![Vec::new(); self.list.len()];
        read::read(object, &self.tree, &mut values[..]);
        values
    }
}
