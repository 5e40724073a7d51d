//! GTFS-Realtime of a region.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use prost::Message;
use serde::Deserialize;

use crate::answer::{tag, tagged};
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::gtfs_rt::{Kind, feed};
use crate::negotiate;
use crate::past::{At, Known};
use crate::problem::Problem;
use crate::schema::{self, ProblemsOfFormats};

/// Names in `format`, and media types; the first is what clients get that do not say.
const FORMATS: [(&str, &str); 2] =
    [("protobuf", "application/x-protobuf"), ("json", "application/json")];

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/gtfs-rt/{feed}", routing::get(get))
}

/// How, and as of when.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// As it was known at this time (RFC 3339). Without it now.
    #[param(format = DateTime, example = "2026-11-26T07:30:00Z")]
    at: Option<String>,
    /// Of the answers that could be given at that time, the one of this `sequence`.
    #[param(value_type = Option<i64>, minimum = 0)]
    sequence: Option<u64>,
    /// `then`, which is what is meant where it is not given, or `now`: with what was received in the
    /// five minutes after and is about that time or before.
    #[param(inline)]
    known: Option<Known>,
    /// Format, for who cannot set `Accept`.
    #[param(value_type = Option<schema::GtfsRtFormat>)]
    format: Option<String>,
}

/// A region's public transport as GTFS-Realtime
///
/// A whole data set each time: positions of all vehicles of public transport, updates of all trips
/// that say something of a stop, all alerts about public transport. Trips, routes and stops have the
/// ids of their publishers' schedules.
#[utoipa::path(
    get,
    operation_id = "get_gtfs_rt",
    path = "/v1/regions/{region}/gtfs-rt/{feed}",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("feed" = schema::GtfsRtKind, Path, description = "What it is about"),
        Query
    ),
    responses(
        (status = 200, description = "A `FeedMessage` of GTFS-Realtime 2.0", content(
            (schema::GtfsRtFeed = "application/x-protobuf"),
            (schema::GtfsRtJson = "application/json")
        )),
        ProblemsOfFormats
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((region, name)): Segments<(String, String)>,
    Parameters(query): Parameters<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let media_type = media_type(&headers, query.format.as_deref())?;
    let live = app.known_region(&region)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
        let names = Kind::ALL.map(Kind::as_str).join(", ");
        Problem::not_found(format!("no GTFS-Realtime feed {name:?}; there is {names}"))
    })?;
    let at = At { at: query.at, sequence: query.sequence, known: query.known, ..At::default() };
    let shown = at.of(&app, live, at.when(&app)?).await?;
    let (time_ms, objects, tag) = shown.look_at(&app, |view, time_ms, generation| {
        let objects: Vec<_> = view.all(kind.layer()).cloned().collect();
        let version = (view.epoch(), generation, view.changed(kind.layer()));
        (time_ms, objects, tag(time_ms, &[&version, &uri.path_and_query(), &media_type]))
    });
    let body = async {
        let making = tokio::task::spawn_blocking(move || {
            let feed = feed(kind, &objects, time_ms);
            match media_type {
                "application/json" => serde_json::to_vec(&feed),
                _ => Ok(feed.encode_to_vec()),
            }
        });
        let body = making.await.map_err(|error| Problem::internal(&error))?;
        let body = body.map_err(|error| Problem::internal(&error))?;
        Ok(([(header::CONTENT_TYPE, media_type)], body).into_response())
    };
    let mut response = tagged(&headers, &tag, body).await?;
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn media_type(headers: &HeaderMap, format: Option<&str>) -> Result<&'static str, Problem> {
    if let Some(format) = format {
        let found = FORMATS.iter().find(|(name, _)| *name == format);
        return found.map(|(_, media_type)| *media_type).ok_or_else(|| {
            let names = FORMATS.map(|(name, _)| name).join(", ");
            Problem::bad_request(format!("query: format: no {format:?}; there is {names}"))
        });
    }
    let media_types = FORMATS.map(|(_, media_type)| media_type);
    negotiate::best(headers, &media_types).ok_or_else(|| {
        let detail = format!("there is {}", media_types.join(", "));
        Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
    })
}
