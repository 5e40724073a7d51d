//! The events themselves, as CloudEvents: page by page, or as they come.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use serde::Deserialize;

use super::events::last_event_id;
use super::stream::admit;
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::problem::Problem;
use crate::push::{self, EventReader, EventsAsked};
use crate::schema::{self, Problems};
use crate::select::{Words, list};

const BATCH: &str = "application/cloudevents-batch+json";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/events", routing::get(get))
}

/// Which events.
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
    /// West, south, east, north in degrees.
    #[param(value_type = Option<Vec<f64>>, style = Form, explode = false, min_items = 4, max_items = 4)]
    bbox: Option<String>,
    /// Corners of a polygon: longitude, latitude, longitude, latitude, ... in degrees.
    polygon: Option<String>,
    /// Points of a line, in the same way: what is near it.
    corridor: Option<String>,
    /// How wide the corridor is, both sides together; 100 m when it is not given.
    #[param(minimum = 1, maximum = 100_000)]
    width_m: Option<f64>,
    /// Id of a city of the region.
    city: Option<String>,
    /// Id of a district or postal area.
    district: Option<String>,
    /// Route of public transport.
    route: Option<String>,
    /// Ids of vehicles, trips, stations and situations, with commas between.
    ids: Option<String>,
}

/// Events of a region
///
/// As received and checked, in the order of the log, each a CloudEvent (1.0). With
/// `Accept: text/event-stream` they come as they are logged, each a server-sent event whose id is a
/// cursor; else those that are there, some hundreds at a time, as a batch, with the address of the
/// next ones in `Link`. Begins at a cursor, an offset or a time, or now. What the log no longer has
/// is answered with 410.
#[utoipa::path(
    get,
    operation_id = "list_events",
    path = "/v1/regions/{region}/events",
    tag = "events",
    params(("region" = String, Path, description = "Id of the region"), Query),
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
    Parameters(query): Parameters<Query>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let mut asked = query.asked()?;
    let is_stream = wants_stream(&headers);
    let cursor = last_event_id(&headers, asked.cursor.as_deref()).map(String::from);
    if is_stream && cursor.is_some() {
        // A browser that comes back repeats the address that it first came with.
        asked = EventsAsked { cursor, offset: None, time_ms: None, ..asked };
    }
    let mut reader = EventReader::open(region, live, &asked).await?;
    if is_stream {
        let permit = match admit(&app) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(refusal),
        };
        return Ok(push::events(&app, reader, permit));
    }
    let (events, cursor) = reader.page().await?;
    let body = serde_json::to_vec(&events).map_err(|error| Problem::internal(&error))?;
    let next = query.address_of_next(uri.path(), &cursor);
    let link = HeaderValue::from_str(&format!("<{next}>; rel=\"next\""));
    let link = link.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(BATCH)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::LINK, link),
    ];
    Ok((headers, body).into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

impl Query {
    fn asked(&self) -> Result<EventsAsked, Problem> {
        let words = Words {
            bbox: self.bbox.as_deref(),
            polygon: self.polygon.as_deref(),
            corridor: self.corridor.as_deref(),
            width_m: self.width_m,
            city: self.city.as_deref(),
            district: self.district.as_deref(),
            route: self.route.as_deref(),
            ids: self.ids.as_deref(),
            filter: None,
        };
        Ok(EventsAsked {
            kinds: self.kinds.as_deref().map(list),
            feeds: self.feeds.as_deref().map(list),
            cursor: self.cursor.clone(),
            offset: self.offset,
            time_ms: self.time_ms,
            of: words.asked()?,
        })
    }

    /// The same question, from a cursor on.
    fn address_of_next(&self, path: &str, cursor: &str) -> String {
        let mut next = form_urlencoded::Serializer::new(String::new());
        let width_m = self.width_m.map(|width_m| width_m.to_string());
        for (name, value) in [
            ("kinds", &self.kinds),
            ("feeds", &self.feeds),
            ("bbox", &self.bbox),
            ("polygon", &self.polygon),
            ("corridor", &self.corridor),
            ("width_m", &width_m),
            ("city", &self.city),
            ("district", &self.district),
            ("route", &self.route),
            ("ids", &self.ids),
        ] {
            if let Some(value) = value {
                next.append_pair(name, value);
            }
        }
        next.append_pair("cursor", cursor);
        format!("{path}?{}", next.finish())
    }
}
