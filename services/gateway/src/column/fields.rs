//! The parameter `fields`: which properties of objects an answer has.

use picture::Layer;
use serde::{Serialize, Serializer};

use super::Columns;
use super::shaped::{Rule, Shaped};
use crate::answer::hash32;
use crate::problem::Problem;

/// Most names in one request: more than any layer has columns.
const FIELDS_MAX: usize = 256;

/// Names as in the JSON of an object, each alone or with all that is below it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    wanted: Branch,
    /// Other names have another one.
    tag: u32,
}

/// A part of the names, by the names of the JSON. What has nothing below it is asked for whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Branch(Vec<(String, Branch)>);

impl Branch {
    pub(super) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.0.iter().find(|(child, _)| child == name).map(|(_, branch)| branch)
    }

    /// Adds a name; `is_new` is whether this branch is there for it alone.
    fn insert(&mut self, path: &str, is_new: bool) {
        if self.is_whole() && !is_new {
            return;
        }
        let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let at = self.0.iter().position(|(child, _)| child == name);
        let is_new = at.is_none();
        let at = at.unwrap_or_else(|| {
            self.0.push((name.to_owned(), Self::default()));
            self.0.len() - 1
        });
        match rest {
            Some(rest) => self.0[at].1.insert(rest, is_new),
            None => self.0[at].1 = Self::default(),
        }
    }
}

/// Whether a path is another one or below it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Fields {
    /// Reads names that are separated by commas; all must be of the layer.
    pub(crate) fn parse(layer: Layer, text: &str) -> Result<Self, Problem> {
        Self::of(layer, text.split(',').map(str::trim))
    }

    /// Checks names; all must be of the layer.
    pub(crate) fn of<'a>(
        layer: Layer,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Self, Problem> {
        let columns = Columns::of(layer);
        let count = names.clone().count();
        if count == 0 || count > FIELDS_MAX {
            let detail = format!("query: fields: {count} names, it must be 1 to {FIELDS_MAX}");
            return Err(Problem::bad_request(detail));
        }
        let mut wanted = Branch::default();
        wanted.insert("id", true);
        for name in names {
            if !columns.has(name) {
                return Err(columns.unknown("fields", name, layer));
            }
            wanted.insert(name, true);
        }
        let tag = hash32(format!("{wanted:?}").as_bytes());
        Ok(Self { wanted, tag })
    }

    /// Stands for the names: others have another one.
    pub(crate) fn tag(&self) -> u32 {
        self.tag
    }

    /// Whether the property of a path is asked for.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut branch = &self.wanted;
        for name in path.split('.') {
            match branch.child(name) {
                None => return false,
                Some(child) if child.is_whole() => return true,
                Some(child) => branch = child,
            }
        }
        false
    }

    /// Serializes what is asked for of an object.
    pub(crate) fn serialize<S: Serializer>(
        &self,
        object: &impl Serialize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Shaped { value: object, rule: Rule::Only(&self.wanted) }.serialize(serializer)
    }
}

impl Columns {
    /// Whether a path is a column, the geometry, or has some of these below it.
    fn has(&self, path: &str) -> bool {
        let place = self.place.into_iter();
        let mut names = self.list.iter().map(|column| column.name.as_ref()).chain(place);
        !path.is_empty() && names.any(|name| is_below(name, path))
    }

    /// That a parameter names what is none, with the names that are most like it.
    pub(crate) fn unknown(&self, parameter: &str, name: &str, layer: Layer) -> Problem {
        // The most like it: those that have the last part of the name in them.
        let last = name.rsplit('.').next().unwrap_or_default();
        let names = || self.list.iter().map(|column| column.name.as_ref());
        let mut near: Vec<&str> = names().filter(|name| name.contains(last)).take(4).collect();
        if last.is_empty() || near.is_empty() {
            near = names().take(12).collect();
        }
        Problem::bad_request(format!(
            "query: {parameter}: no {name:?} in {layer}; there is {}, … as in the JSON of an object",
            near.join(", ")
        ))
    }
}
