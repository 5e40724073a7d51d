//! The description of the streams.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::http::header;
use axum::response::IntoResponse;
use axum::{Router, routing};
use serde_json::{Value, json};

use crate::app::App;
use crate::push::Format;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/asyncapi.json", routing::get(get))
}

/// The description of the streams
#[utoipa::path(
    get,
    operation_id = "get_stream_description",
    path = "/asyncapi.json",
    tag = "service",
    responses((status = 200, description = "AsyncAPI 3.0", content_type = "application/json"))
)]
pub(super) async fn get() -> impl IntoResponse {
    static BODY: OnceLock<String> = OnceLock::new();
    let body = BODY.get_or_init(|| asyncapi().to_string());
    ([(header::CONTENT_TYPE, "application/json")], body.as_str())
}

/// The description of all streams (AsyncAPI 3.0), as served at `/asyncapi.json`. Schemas are those
/// of the OpenAPI description.
pub fn asyncapi() -> Value {
    let mut api = serde_json::to_value(super::openapi()).unwrap_or_default();
    let schemas = api["components"]["schemas"].take();
    let mut messages = BTreeMap::new();
    for said in ["ClientMessage", "ServerMessage"] {
        for payload in schemas[said]["oneOf"].as_array().into_iter().flatten() {
            if let Some(name) = kind(payload) {
                messages.insert(
                    name.to_owned(),
                    json!({
                        "name": name,
                        "summary": payload["description"],
                        "payload": payload,
                    }),
                );
            }
        }
    }
    let of_schema = |name: &str, schema: &str| {
        json!({
            "name": name,
            "summary": schemas[schema]["description"],
            "payload": {"$ref": format!("#/components/schemas/{schema}")},
        })
    };
    messages.insert("cloud_event".into(), of_schema("cloud_event", "CloudEvent"));
    messages.insert("problem".into(), of_schema("problem", "Problem"));
    let client = ["subscribe", "subscribe_events", "unsubscribe"];
    let server = ["snapshot", "delta", "events", "error"];
    let stream: Vec<&str> = client.into_iter().chain(server).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tilanne streams",
            "version": api["info"]["version"],
            "description": DESCRIPTION,
            // AsyncAPI 3.0 knows no `identifier` of a license.
            "license": {"name": api["info"]["license"]["name"]},
        },
        "defaultContentType": "application/json",
        "channels": {
            "stream": {
                "address": "/v1/stream",
                "title": "Objects and events, over WebSocket",
                "messages": channel_messages(&stream),
                "bindings": {"ws": {
                    "method": "GET",
                    "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": {
                        "type": "string",
                        "description": "JSON when none is asked for. In the others the server's \
                            messages are binary, tilanne.v1.StreamMessage of \
                            proto/tilanne/v1/stream.proto, in the last one zlib-compressed; what \
                            the client says is JSON text in all of them.",
                        "enum": Format::ALL.map(Format::subprotocol),
                    }}},
                }},
            },
            "objects": {
                "address": "/v1/events",
                "title": "Objects, as server-sent events",
                "description": "For one subscription, given by the query as in the OpenAPI \
                    description. The id of an event is the cursor to resume from.",
                "messages": channel_messages(&["snapshot", "delta", "problem"]),
                "bindings": {"http": {}},
            },
            "events": {
                "address": "/v1/regions/{region}/events",
                "title": "Events, as server-sent events",
                "description": "As they are logged; the query as in the OpenAPI description. The id \
                    of an event is the cursor to read on from.",
                "parameters": {"region": {"description": "Id of the region"}},
                "messages": channel_messages(&["cloud_event", "problem"]),
                "bindings": {"http": {}},
            },
        },
        "operations": {
            "hear_clients": operation("receive", "stream", &client),
            "tell_clients": operation("send", "stream", &server),
            "send_objects": operation("send", "objects", &["snapshot", "delta", "problem"]),
            "send_events": operation("send", "events", &["cloud_event", "problem"]),
        },
        "components": {"messages": messages, "schemas": schemas},
    })
}

const DESCRIPTION: &str = "\
The live picture as it changes. A subscription gets a snapshot and then deltas. Deltas are numbered \
by the log of the region (`epoch`, `sequence`): `previous` of a delta is the `sequence` of the \
message before, else something was missed. `cursor` is there when the client has all of its \
selection; who comes back subscribes to the same with it as `resume` and gets what was missed as a \
delta, which may tell it to forget what it never had, or a snapshot whose `reason` says why. What \
has `left` the selection is still in the picture; what is `expired`, `retracted` or `ended` is not. \
Messages have the newest value of each object only: `coalesced` counts what that has replaced, \
`lag_ms` says how long the oldest change has waited. Subscribing again under the same id moves the \
selection, and only the difference is sent.";

/// The `type` that a message has.
fn kind(payload: &Value) -> Option<&str> {
    let own = &payload["properties"]["type"]["enum"][0];
    let of_part = |part: &'_ Value| part["properties"]["type"]["enum"][0].as_str().is_some();
    let part = payload["allOf"].as_array().into_iter().flatten().find(|part| of_part(part));
    own.as_str().or_else(|| part?["properties"]["type"]["enum"][0].as_str())
}

fn channel_messages(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")}))
    };
    names.iter().map(reference).collect::<serde_json::Map<_, _>>().into()
}

fn operation(action: &str, channel: &str, names: &[&str]) -> Value {
    let message = |name: &&str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
    json!({
        "action": action,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": names.iter().map(message).collect::<Vec<_>>(),
    })
}
