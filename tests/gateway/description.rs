//! The description of the API: it is the committed one, and answers fit it.

use std::path::{Path, PathBuf};

use picture::{Layer, RemovalReason};
use serde_json::{Value, json};

use super::client::Client;
use super::full::full_objects;
use super::support::{REGION, app, feed, get, get_with, region, removed, server, updated};

const EXPLAIN: &str = "/v1/regions/{region}/links/{id}/explain";

fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = folder.ancestors().find(|folder| folder.join("proto").is_dir());
    root.expect("the tests lie in the repository").to_owned()
}

fn assert_committed(name: &str, made: &str) {
    let path = root().join("services/gateway").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "{} is not what the routes say; UPDATE_EXPECT=1 rewrites it",
        path.display()
    );
}

#[test]
fn the_descriptions_are_the_committed_ones() {
    assert_committed("openapi.json", &(gateway::openapi().to_pretty_json().unwrap() + "\n"));
    let streams = serde_json::to_string_pretty(&gateway::asyncapi()).unwrap() + "\n";
    assert_committed("asyncapi.json", &streams);
}

/// Says where a value does not fit its schema: the part of JSON Schema that the description uses.
fn misfit(root: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{reference} is nowhere"));
        return misfit(root, target, value, place);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = schema[key].as_array() {
            let misfits = options.iter().map(|option| misfit(root, option, value, place));
            let misfits: Option<Vec<String>> = misfits.collect();
            return misfits.map(|misfits| misfits.join(" | "));
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        // Extra keys of one part are those of another.
        let known: Vec<&Value> = parts.iter().map(|part| resolve(root, part)).collect();
        let extra = value.as_object().into_iter().flatten().find(|(key, _)| {
            !known.iter().any(|part| part["properties"].get(key.as_str()).is_some())
        });
        if let Some((key, _)) = extra {
            return Some(format!("{place}: {key} is not described"));
        }
        return known.iter().find_map(|part| object_misfit(root, part, value, place, false));
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) if kinds.contains(&"number") => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return Some(format!("{place}: {value} is not {kinds:?}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Some(format!("{place}: {value} is none of {values:?}"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .find_map(|item| misfit(root, &schema["items"], item, &format!("{place}[]"))),
        Value::Object(_) => object_misfit(root, schema, value, place, true),
        _ => None,
    }
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn object_misfit(
    root: &Value,
    schema: &Value,
    value: &Value,
    place: &str,
    closed: bool,
) -> Option<String> {
    for key in schema["required"].as_array().into_iter().flatten() {
        let key = key.as_str().unwrap();
        if value.get(key).is_none() {
            return Some(format!("{place}: {key} is missing"));
        }
    }
    let more = schema.get("additionalProperties");
    value.as_object()?.iter().find_map(|(key, value)| {
        let place = format!("{place}.{key}");
        match (schema["properties"].get(key), more) {
            (Some(schema), _) | (None, Some(schema)) => misfit(root, schema, value, &place),
            (None, None) if closed => Some(format!("{place} is not described")),
            (None, None) => None,
        }
    })
}

fn described(description: &Value, path: &str, status: u16, media_type: &str) -> Value {
    let content = &description["paths"][path]["get"]["responses"][status.to_string()]["content"];
    let schema = &content[media_type]["schema"];
    assert!(!schema.is_null(), "{path} {status} {media_type} is not described");
    schema.clone()
}

#[tokio::test]
async fn answers_fit_their_description() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let description = serde_json::to_value(gateway::openapi()).unwrap();
    let explain = format!("/v1/regions/{REGION}/links/");
    let mut cases = vec![
        ("/healthz".to_owned(), "/healthz", 200, "application/json"),
        ("/readyz".to_owned(), "/readyz", 200, "application/json"),
        ("/v1/config".to_owned(), "/v1/config", 200, "application/json"),
        ("/v1/feeds".to_owned(), "/v1/feeds", 200, "application/json"),
        ("/v1/regions".to_owned(), "/v1/regions", 200, "application/json"),
        ("/v1/regions?x".to_owned(), "/v1/regions", 400, "application/problem+json"),
        (format!("/v1/regions/{REGION}"), "/v1/regions/{region}", 200, "application/json"),
        (format!("{explain}1-2-3/explain"), EXPLAIN, 200, "application/json"),
        (format!("{explain}nowhere/explain"), EXPLAIN, 404, "application/problem+json"),
    ];
    for object in full_objects() {
        let layer = object.layer();
        for media_type in ["application/json", "application/geo+json"] {
            let address = format!("/v1/regions/{REGION}/{layer}");
            let object = format!("{address}/{}", object.id());
            cases.push((address, "/v1/regions/{region}/{layer}", 200, media_type));
            cases.push((object, "/v1/regions/{region}/{layer}/{id}", 200, media_type));
        }
    }
    for (address, path, status, media_type) in cases {
        let answer = get_with(&app, &address, &[("accept", media_type)]).await;
        assert_eq!(answer.status.as_u16(), status, "{address}");
        let schema = described(&description, path, status, media_type);
        let misfit = misfit(&description, &schema, &answer.json(), "");
        assert_eq!(misfit, None, "{address} {media_type}");
    }
}

#[tokio::test]
async fn messages_of_the_stream_fit_their_description() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let description = serde_json::to_value(gateway::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let layers = Layer::ALL.map(Layer::as_str);
    client.subscribe(&layers, Value::Null).await;
    let snapshot = client.frame().await;
    region(&app).apply([vec![
        updated(20, feed(2)),
        removed(21, Layer::Vehicles, "feed:bus", RemovalReason::Expired),
    ]]);
    let delta = client.frame().await;
    let subscribe = json!({
        "type": "subscribe", "id": "x", "region": REGION, "layers": ["trips"],
        "bbox": [24.0, 60.0, 25.0, 61.0],
    });
    assert_eq!(misfit(&description, &schemas["ClientMessage"], &subscribe, ""), None);
    client.say(&json!({"type": "unsubscribe", "id": "nobody"})).await;
    let error = client.frame().await;
    for (frame, kind) in [(snapshot, "snapshot"), (delta, "delta"), (error, "error")] {
        assert_eq!(frame["type"], kind);
        assert_eq!(misfit(&description, &schemas["ServerMessage"], &frame, ""), None, "{kind}");
    }
}

#[tokio::test]
async fn every_described_path_is_there_and_only_exports_and_replays_take_more_than_get() {
    let app = app();
    let description = get(&app, "/openapi.json").await.json();
    let mut operations = std::collections::BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods: Vec<&String> = item.as_object().unwrap().keys().collect();
        let expected: &[&str] = match path.as_str() {
            "/v1/exports" | "/v1/replays" => &["get", "post"],
            "/v1/exports/{id}" => &["delete", "get"],
            "/v1/replays/{id}" => &["delete", "get", "patch"],
            _ => &["get"],
        };
        assert_eq!(methods, expected, "{path}");
        for method in methods {
            let operation = item[method]["operationId"].as_str().unwrap();
            assert!(operations.insert(operation), "{operation} is there twice");
        }
        let address = path
            .replace("{region}", REGION)
            .replace("{layer}", "vehicles")
            .replace("{feed}", "alerts")
            .replace("{z}/{x}/{y}", "1/0/1")
            .replace("{id}", "feed:9");
        let answer = get(&app, &address).await;
        let ours = ["feed:9", "no folder for exports"];
        let there = answer.status != 404
            || ours.iter().any(|known| answer.json()["detail"].to_string().contains(known));
        assert!(there, "{path}");
    }
}
