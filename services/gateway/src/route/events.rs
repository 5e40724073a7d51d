//! The stream of changes as server-sent events.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use serde::Deserialize;

use super::stream::admit;
use crate::app::App;
use crate::problem::Problem;
use crate::push::{self, Picks, Wanted, Watching};
use crate::schema::Problems;
use crate::select::{Selecting, Selection, Words, list};

/// What browsers send when they come back.
pub(super) const LAST_EVENT_ID: &str = "last-event-id";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/events", routing::get(get))
}

/// Which layers of which region.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Id of the region.
    region: String,
    /// Names of layers, with commas between.
    layers: String,
    /// A condition on the properties, in CQL2 text.
    filter: Option<String>,
    /// What of each object, with commas between: names as in its JSON, alone or with all that is
    /// below them. Of one layer; without it everything.
    #[param(example = "report.mode,report.position")]
    fields: Option<String>,
    /// Id of the last event seen, where the header `Last-Event-ID` cannot be sent.
    cursor: Option<String>,
}

/// The stream of changes (server-sent events)
///
/// The same messages as on the WebSocket, for one subscription: events `snapshot` and `delta` with
/// a `ServerMessage` in JSON as data, and `problem` before the server ends the stream. The id of an
/// event is a cursor: who comes back with it as `Last-Event-ID`, as browsers do, gets what it has
/// missed as a delta, or a snapshot that says why there is none. What passes, such as a server that is
/// still starting, is such a `problem` too and no status: browsers come back to a stream that ends, but
/// not after a 503.
#[utoipa::path(
    get,
    operation_id = "open_events",
    path = "/v1/events",
    tag = "picture",
    params(Words, Query),
    responses(
        (status = 200, description = "The stream is open", body = String, content_type = "text/event-stream"),
        Problems
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Selecting(words, query): Selecting<Query>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    push::or_come_back(open(&app, words, query, &headers))
}

fn open(
    app: &Arc<App>,
    words: Words,
    query: Query,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let live = Arc::clone(app.known_region(&query.region)?);
    let layers = push::layers(list(&query.layers).iter().map(String::as_str))?;
    let picks = Arc::new(Picks::parse(query.fields.as_deref(), &layers)?);
    let asked = words.asked(query.filter)?;
    let selection = Selection::watched(&asked, layers, &live)?;
    let resume = last_event_id(headers, query.cursor.as_deref());
    let resume = resume.map(str::parse).transpose()?;
    let permit = admit(app)?;
    Ok(push::objects(app, Watching { live, wanted: Wanted { selection, picks }, resume }, permit))
}

/// Where the client was: what the browser says, which is newer than what the address does.
pub(super) fn last_event_id<'a>(
    headers: &'a HeaderMap,
    cursor: Option<&'a str>,
) -> Option<&'a str> {
    let said = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    said.or(cursor).filter(|cursor| !cursor.is_empty())
}
