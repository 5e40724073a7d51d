//! What differs between two moments of a layer.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use picture::View;
use serde::Deserialize;

use super::layer::{address_of_next, count, known_layer};
use crate::answer::{Head, tag, tagged};
use crate::app::App;
use crate::column::Fields;
use crate::diff::{self, Difference, Differences};
use crate::extract::Segments;
use crate::live::LiveRegion;
use crate::negotiate;
use crate::past::{At, Known, Shown};
use crate::problem::Problem;
use crate::schema::{self, ProblemsOfFormats};
use crate::select::{Asked, Selecting, Selection, Words};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/diff/{layer}", routing::get(get))
}

/// Between which moments, beside which objects and in which format.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// The first moment (RFC 3339). Without it, of a what-if among the replays: what it is compared
    /// with, at the moment that both are at.
    #[param(format = DateTime, example = "2026-11-26T07:30:00Z")]
    before: Option<String>,
    /// The second moment, not before the first. Without it now.
    #[param(format = DateTime, example = "2026-11-26T08:30:00Z")]
    after: Option<String>,
    /// `then`, which is what is meant where it is not given, or `now`: with what was received in the
    /// five minutes after and is about that time or before.
    #[param(inline)]
    known: Option<Known>,
    /// A condition on the properties, in CQL2 text, that holds before or after.
    #[param(min_length = 1, max_length = 2000, example = "five_minutes.speed_km_h.value < 20")]
    filter: Option<String>,
    /// Numbers that are compared, by their names in JSON, separated by commas; without it all.
    #[param(min_length = 1)]
    fields: Option<String>,
    /// Format, for who cannot set `Accept`.
    #[param(value_type = Option<schema::FormatName>)]
    format: Option<String>,
    /// Most objects on the page. More than the server's maximum is taken as the maximum.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
    /// Where the page starts: from `next` of the page before.
    cursor: Option<String>,
}

/// What differs between two moments of a layer
///
/// By id, each object that is not the same: whether it appeared, left or changed, its geometry, which
/// is the newest, and each of its numbers before, after, and after minus before, in tables as columns
/// such as `five_minutes.speed_km_h.value.before`. What is selected is what meets the selection before
/// or after.
#[utoipa::path(
    get,
    operation_id = "list_differences",
    path = "/v1/regions/{region}/diff/{layer}",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("layer" = schema::LayerName, Path, description = "Layer"),
        Words,
        Query
    ),
    responses(
        (status = 200, description = "A page of what differs", content(
            (schema::DifferenceCollection = "application/geo+json"),
            (schema::DifferencePage = "application/json"),
            (schema::Binary = "application/protobuf"),
            (schema::Lines = "application/x-ndjson"),
            (schema::Table = "text/csv"),
            (schema::ArrowStream = "application/vnd.apache.arrow.stream")
        )),
        ProblemsOfFormats
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((region, layer)): Segments<(String, String)>,
    Selecting(words, mut query): Selecting<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let encoder = negotiate::encoder(&headers, query.format.as_deref())?;
    let live = app.known_region(&region)?;
    let layer = known_layer(&layer)?;
    let asked = words.asked(query.filter.take())?;
    let fields = query.fields.as_deref().map(|text| Fields::parse(layer, text)).transpose()?;
    let page_limit_max = app.options.page_limit_max;
    let limit = query.limit.map(|limit| count("limit", limit, page_limit_max)).transpose()?;
    let limit = limit.unwrap_or(page_limit_max);
    let cursor = query.cursor.take().unwrap_or_default();
    let (before, after) = match query.before {
        Some(before) => moments(&app, live, before, query.after, query.known).await?,
        None if query.after.is_some() || query.known.is_some() => return Err(no_before()),
        None => {
            let baseline = app.baseline().ok_or_else(no_before)?.known_region(&region)?;
            (Shown::Now(Arc::clone(baseline)), Shown::Now(Arc::clone(live)))
        }
    };
    let look = |view: &View, time_ms: i64| {
        let objects: Vec<_> = view.all(layer).cloned().collect();
        (Head::new(&app, view, time_ms, None), objects)
    };
    let (before, was) = before.look(&app, look);
    let (selection, (after, is)) = after.look(&app, |view, time_ms| {
        let selection = if asked == Asked::default() {
            None
        } else {
            Some(Selection::new(&asked, vec![layer], live.region(), view)?)
        };
        Ok::<_, Problem>((selection, look(view, time_ms)))
    })?;
    let version = (&before.epoch, before.sequence, &after.epoch, after.sequence);
    let media_type = encoder.media_type();
    let tag = tag(after.time_ms, &[&version, &before.time_ms, &uri.path_and_query(), &media_type]);
    let making = tokio::task::spawn_blocking(move || {
        let mut list = diff::compare(was, is);
        list.retain(|difference: &Difference| {
            let is_wanted =
                |selection: &Selection| difference.objects().any(|object| selection.has(object));
            difference.id() > cursor.as_str() && selection.as_ref().is_none_or(is_wanted)
        });
        let is_more = list.len() > limit;
        list.truncate(limit);
        let cursor = list.last().filter(|_| is_more).map(|one| one.id().to_owned());
        let next = cursor.map(|cursor| address_of_next(&uri, &cursor));
        let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
        let numbers = diff::numbers(layer, fields.as_ref());
        let body = encoder.differences(&Differences { layer, before, after, list, numbers, next });
        body.map(|body| (body, link))
    });
    let (body, link) = making
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::internal(&error))?;
    let body =
        async { Ok(([(header::CONTENT_TYPE, encoder.content_type())], body).into_response()) };
    let mut response = tagged(&headers, &tag, body).await?;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
        headers.insert(header::LINK, link);
    }
    Ok(response)
}

fn no_before() -> Problem {
    Problem::bad_request(
        "query: before: it is the moment to compare with; only a what-if needs none",
    )
}

/// The pictures of two moments.
async fn moments(
    app: &App,
    live: &Arc<LiveRegion>,
    before: String,
    after: Option<String>,
    known: Option<Known>,
) -> Result<(Shown, Shown), Problem> {
    let before = At { at: Some(before), known, ..At::default() };
    let known = known.filter(|_| after.is_some());
    let after = At { at: after, known, ..At::default() };
    let (first, second) = (before.named("before", app)?, after.named("after", app)?);
    if first.time_ms(app) > second.time_ms(app) {
        return Err(Problem::bad_request("query: after: it must not be before `before`"));
    }
    Ok((before.of(app, live, first).await?, after.of(app, live, second).await?))
}
