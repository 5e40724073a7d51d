//! The events themselves, as CloudEvents: page by page, or as they come.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use serde::Deserialize;
use tokio::time::timeout;

use super::events::last_event_id;
use super::layer::address_of_next;
use super::stream::admit;
use crate::app::App;
use crate::extract::Segments;
use crate::problem::Problem;
use crate::push::{self, EventReader, EventsAsked};
use crate::schema::{self, Problems};
use crate::select::{Selecting, Words, list};

const BATCH: &str = "application/cloudevents-batch+json";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/events", routing::get(get))
}

/// Beside where: which events, from where on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Kinds of events, with commas between; without it all.
    #[param(example = "vehicle_position,situation_record")]
    kinds: Option<String>,
    /// Names of feeds, with commas between.
    feeds: Option<String>,
    /// Cursor of an answer before: what comes after it.
    cursor: Option<String>,
    /// Number of the first event.
    offset: Option<u64>,
    /// What was received at this time, or later; milliseconds since 1970-01-01 UTC.
    time_ms: Option<i64>,
}

/// Events of a region
///
/// As received and checked, in the order of the log, each a CloudEvent (1.0). With
/// `Accept: text/event-stream` they come as they are logged, each a server-sent event whose id is a
/// cursor; else those that are there, some hundreds at a time, as a batch, with the address of the
/// next ones in `Link`. Begins at a cursor, an offset or a time, or now. What the log no longer has
/// is answered with 410. What passes, such as a log that is not open yet, is on a stream an event
/// `problem` before its end and no status: browsers come back to a stream that ends, but not after a
/// 503.
#[utoipa::path(
    get,
    operation_id = "list_events",
    path = "/v1/regions/{region}/events",
    tag = "events",
    params(("region" = String, Path, description = "Id of the region"), Words, Query),
    responses(
        (status = 200, description = "Events", content(
            (Vec<schema::CloudEvent> = "application/cloudevents-batch+json"),
            (String = "text/event-stream")
        )),
        (
            status = 410,
            description = "The log no longer has these events",
            body = Problem,
            content_type = "application/problem+json"
        ),
        Problems
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Selecting(words, query): Selecting<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let mut asked = query.asked(words)?;
    let is_stream = wants_stream(&headers);
    let cursor = last_event_id(&headers, asked.cursor.as_deref()).map(String::from);
    if is_stream && cursor.is_some() {
        // A browser that comes back repeats the address that it first came with.
        asked = EventsAsked { cursor, offset: None, time_ms: None, ..asked };
    }
    let opening = EventReader::open(region, &app, live, &asked);
    if is_stream {
        return push::or_come_back(stream(&app, opening).await);
    }
    let mut reader = opening.await?;
    let (events, cursor) = reader.page().await?;
    let body = serde_json::to_vec(&events).map_err(|error| Problem::internal(&error))?;
    let next = address_of_next(&uri, &cursor);
    let link = HeaderValue::from_str(&format!("<{next}>; rel=\"next\""));
    let link = link.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(BATCH)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::LINK, link),
    ];
    Ok((headers, body).into_response())
}

/// Begins a stream once its reader is open; sooner than a request may take it is said that this lasts.
async fn stream(
    app: &Arc<App>,
    opening: impl Future<Output = Result<EventReader, Problem>>,
) -> Result<Response, Problem> {
    let opened = timeout(app.options.request_timeout() * 9 / 10, opening).await;
    let reader = opened
        .map_err(|_| Problem::unavailable("the log does not answer now; come back later"))??;
    Ok(push::events(app, reader, admit(app)?))
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

impl Query {
    fn asked(self, words: Words) -> Result<EventsAsked, Problem> {
        let Self { kinds, feeds, cursor, offset, time_ms } = self;
        Ok(EventsAsked {
            kinds: kinds.as_deref().map(list),
            feeds: feeds.as_deref().map(list),
            cursor,
            offset,
            time_ms,
            of: words.asked(None)?,
        })
    }
}
