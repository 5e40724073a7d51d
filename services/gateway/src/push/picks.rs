//! What a subscription wants of each object: everything, or some properties of those of a layer.

use std::collections::BTreeMap;
use std::sync::Arc;

use picture::{Layer, Object};
use serde::{Serialize, Serializer};

use super::message::Updated;
use crate::answer::Picked;
use crate::column::Fields;
use crate::history::Applying;
use crate::problem::Problem;
use crate::select::Selection;

/// Properties by layer; of other layers everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picks(BTreeMap<Layer, Fields>);

/// What a subscription is to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) selection: Selection,
    pub(crate) picks: Arc<Picks>,
}

impl Wanted {
    /// Stands for it: what else is wanted has another one.
    pub(super) fn tag(&self) -> u32 {
        self.selection.tag() ^ self.picks.tag()
    }
}

impl Picks {
    /// Checks what was asked for of the objects of layers that are subscribed to.
    pub(super) fn new<'a>(
        asked: impl IntoIterator<Item = (&'a String, &'a Vec<String>)>,
        layers: &[Layer],
    ) -> Result<Self, Problem> {
        let mut picks = BTreeMap::new();
        for (name, names) in asked {
            let layer: Layer = name.parse().map_err(|error: picture::UnknownLayer| {
                Problem::bad_request(format!("fields: {error}"))
            })?;
            if !layers.contains(&layer) {
                let detail = format!("fields: {layer} is not among the layers subscribed to");
                return Err(Problem::bad_request(detail));
            }
            let fields = Fields::of(layer, names.iter().map(String::as_str));
            picks.insert(layer, fields.map_err(Problem::of_a_body)?);
        }
        Ok(Self(picks))
    }

    /// Reads what a query asks for of the objects of the only layer that it names.
    pub(crate) fn parse(fields: Option<&str>, layers: &[Layer]) -> Result<Self, Problem> {
        match (fields, layers) {
            (None, _) => Ok(Self::default()),
            (Some(fields), &[layer]) => Ok(Self([(layer, Fields::parse(layer, fields)?)].into())),
            (Some(_), _) => Err(Problem::bad_request(
                "query: fields: they are those of one layer; name one, or say them by layer on /v1/stream",
            )),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wanted of objects of a layer, unless it is everything.
    pub(super) fn of(&self, layer: Layer) -> Option<&Fields> {
        self.0.get(&layer)
    }

    /// Stands for them: others have another one.
    fn tag(&self) -> u32 {
        let tags = self.0.iter().map(|(&layer, fields)| (layer as u32, fields.tag()));
        tags.fold(0, |tag, (layer, fields)| tag.rotate_left(5) ^ fields.wrapping_add(layer))
    }
}

/// What can be told in part.
pub(super) trait InPart {
    fn in_part<S: Serializer>(
        &self,
        fields: Option<&Fields>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>;
}

impl InPart for Arc<Object> {
    fn in_part<S: Serializer>(
        &self,
        fields: Option<&Fields>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Picked { object: self, fields }.serialize(serializer)
    }
}

impl InPart for Updated {
    fn in_part<S: Serializer>(
        &self,
        fields: Option<&Fields>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(object) => object.in_part(fields, serializer),
            Self::Shared(applied) => match &applied.outcome {
                Applying::Updated(encoded) => encoded.serialize(fields, serializer),
                Applying::Removed(_) => serializer.serialize_none(),
            },
        }
    }
}

/// Objects by layer, each with what is wanted of it.
pub(super) struct ByLayer<'a, T> {
    pub(super) objects: &'a BTreeMap<Layer, Vec<T>>,
    pub(super) picks: &'a Picks,
}

impl<T: InPart> Serialize for ByLayer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layers = self.objects.iter().map(|(&layer, objects)| {
            let fields = self.picks.of(layer);
            (layer, List { objects, fields })
        });
        serializer.collect_map(layers)
    }
}

struct List<'a, T> {
    objects: &'a [T],
    fields: Option<&'a Fields>,
}

impl<T: InPart> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.fields;
        serializer.collect_seq(self.objects.iter().map(|object| One { object, fields }))
    }
}

struct One<'a, T> {
    object: &'a T,
    fields: Option<&'a Fields>,
}

impl<T: InPart> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.object.in_part(self.fields, serializer)
    }
}
