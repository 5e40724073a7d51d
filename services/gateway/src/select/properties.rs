//! Names of the properties that objects of a layer can have, as in the description of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use picture::Layer;
use serde_json::Value;

/// Parts that a property's name can have: enough for the deepest object.
const DEPTH_MAX: usize = 6;

/// Names of the properties of things of one kind.
pub(crate) type Names = &'static BTreeSet<String>;

/// Names of the properties of a layer's objects, with dots between the levels: `report.speed_km_h`.
/// What is in a list has the list's name before it: `directions.level_of_service`.
pub(crate) fn properties(layer: Layer) -> Names {
    properties_of(schema_of_layer(layer))
}

/// Names of the properties of stops.
pub(crate) fn stop_properties() -> Names {
    properties_of(STOP)
}

const STOP: &str = "Stop";

fn properties_of(schema: &str) -> Names {
    static NONE: BTreeSet<String> = BTreeSet::new();
    static ALL: OnceLock<BTreeMap<&str, BTreeSet<String>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let description = serde_json::to_value(crate::route::openapi()).unwrap_or_default();
        let schemas = &description["components"]["schemas"];
        let of = |schema| {
            let mut names = BTreeSet::new();
            walk(&schemas[schema], schemas, "", 0, &mut names);
            (schema, names)
        };
        Layer::ALL.into_iter().map(schema_of_layer).chain([STOP]).map(of).collect()
    });
    all.get(schema).unwrap_or(&NONE)
}

fn schema_of_layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Vehicles => "Vehicle",
        Layer::Detectors => "Detector",
        Layer::Situations => "Situation",
        Layer::Trips => "Trip",
        Layer::Feeds => "Feed",
        Layer::Links => "Link",
        Layer::Queues => "Queue",
        Layer::Areas => "Area",
        Layer::LinkEmissions | Layer::AreaEmissions => "Emission",
        Layer::Weather => "Weather",
    }
}

fn walk(schema: &Value, all: &Value, name: &str, depth: usize, names: &mut BTreeSet<String>) {
    if depth > DEPTH_MAX {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let referred = reference.rsplit('/').next().unwrap_or_default();
        return walk(&all[referred], all, name, depth, names);
    }
    for alternative in ["oneOf", "anyOf", "allOf"] {
        for one in schema[alternative].as_array().into_iter().flatten() {
            walk(one, all, name, depth, names);
        }
    }
    if schema["items"].is_object() {
        walk(&schema["items"], all, name, depth, names);
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (key, value) in properties {
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            walk(value, all, &name, depth + 1, names);
            names.insert(name);
        }
    }
}
