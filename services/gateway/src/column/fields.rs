//! The parameter `fields`: which properties of objects an answer has.

use picture::Layer;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Columns;
use crate::problem::Problem;

/// Most names in one request: more than any layer has columns.
const FIELDS_MAX: usize = 256;

/// Names as in the JSON of an object, each alone or with all that is below it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields(Vec<String>);

/// Whether a path is another one or below it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Fields {
    /// Reads names that are separated by commas; all must be of the layer.
    pub(crate) fn parse(layer: Layer, text: &str) -> Result<Self, Problem> {
        let columns = Columns::of(layer);
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.len() > FIELDS_MAX {
            let detail = format!("query: fields: {} names, at most {FIELDS_MAX}", names.len());
            return Err(Problem::bad_request(detail));
        }
        match names.iter().find(|name| !columns.has(name)) {
            Some(name) => Err(columns.unknown("fields", name, layer)),
            None => Ok(Self(names)),
        }
    }

    /// Whether the property of a path is asked for.
    pub(crate) fn has(&self, path: &str) -> bool {
        path == "id" || self.0.iter().any(|field| is_below(path, field))
    }

    /// Whether something below a path is asked for.
    fn leads_on(&self, path: &str) -> bool {
        self.0.iter().any(|field| is_below(field, path))
    }

    fn prune(&self, value: &mut Value, path: &str) {
        // What is in a list is kept or left out with the list.
        let Value::Object(properties) = value else { return };
        properties.retain(|name, value| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if self.has(&path) {
                return true;
            }
            if self.leads_on(&path) {
                self.prune(value, &path);
                return true;
            }
            false
        });
    }

    /// Serializes what is asked for of an object.
    pub(crate) fn serialize<S: Serializer>(
        &self,
        object: &impl Serialize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::to_value(object).map_err(S::Error::custom)?;
        self.prune(&mut value, "");
        value.serialize(serializer)
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
