//! One object by its id.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use picture::{Layer, View};
use serde::Deserialize;

use super::layer::known_layer;
use crate::answer::{Answer, Answers, Head, Shape};
use crate::app::App;
use crate::column::Fields;
use crate::extract::{Parameters, Segments};
use crate::negotiate;
use crate::past::{self, At, Known, When};
use crate::problem::Problem;
use crate::schema::{self, ProblemsOfFormats};

pub(super) fn routes() -> Router<Arc<App>> {
    // Ids have slashes: the rest of the path is the id, with its slashes encoded or not.
    Router::new().route("/v1/regions/{region}/{layer}/{*id}", routing::get(get))
}

/// What of the object, in which format, as of when.
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
    /// A series: the first moment (RFC 3339). Goes with `to` and `step`, not with `at`.
    #[param(format = DateTime, example = "2026-11-26T07:00:00Z")]
    from: Option<String>,
    /// The last moment of a series, if a whole number of steps leads there.
    #[param(format = DateTime, example = "2026-11-26T08:00:00Z")]
    to: Option<String>,
    /// From a moment to the next: an ISO 8601 duration of hours, minutes and seconds, one second or
    /// more.
    #[param(pattern = r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", example = "PT5M")]
    step: Option<String>,
    /// Properties that the answer has, by their names in JSON, separated by commas.
    #[param(min_length = 1)]
    fields: Option<String>,
    /// Format, for who cannot set `Accept`.
    #[param(value_type = Option<schema::FormatName>)]
    format: Option<String>,
}

/// One object
///
/// With `from`, `to` and `step` a series, as of a layer: in JSON the object is null at moments when it
/// was not there, in other formats it is left out.
#[utoipa::path(
    get,
    operation_id = "get_object",
    path = "/v1/regions/{region}/{layer}/{id}",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("layer" = schema::LayerName, Path, description = "Layer"),
        ("id" = String, Path, description = "Id of the object, percent-encoded"),
        Query
    ),
    responses(
        (status = 200, description = "The object", content(
            (schema::FeatureAnswers = "application/geo+json"),
            (schema::OrSeries<schema::One> = "application/json"),
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
    Segments((region, layer, id)): Segments<(String, String, String)>,
    Parameters(query): Parameters<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let encoder = negotiate::encoder(&headers, query.format.as_deref())?;
    let live = app.known_region(&region)?;
    let layer = known_layer(&layer)?;
    let fields = query.fields.as_deref().map(|text| Fields::parse(layer, text)).transpose()?;
    let at = At {
        at: query.at,
        sequence: query.sequence,
        known: query.known,
        from: query.from,
        to: query.to,
        step: query.step,
    };
    let when = at.when(&app)?;
    let look = move |app: &App, id: &str, view: &View, time_ms: i64| {
        view.get(layer, id).map(|object| {
            let feed = is_of_one_feed(layer).then(|| object.feed().as_str());
            let head = Head::new(app, view, time_ms, feed);
            (head, Arc::clone(object))
        })
    };
    if let When::Series(moments) = when {
        let shown = Arc::clone(&app);
        let answers = Answers::new(encoder, move |view: &View, at_ms| {
            let (head, object) = match look(&shown, &id, view, at_ms) {
                Some((head, object)) => (head, Some(object)),
                None => (Head::new(&shown, view, at_ms, None), None),
            };
            let shape = Shape::Moment { of: moments, is_one: true };
            let objects = object.into_iter().collect();
            Ok(Answer { head, layer, objects, shape, fields: fields.clone() })
        });
        let regions = vec![Arc::clone(live)];
        let content_type = encoder.content_type();
        return past::respond(&app, regions, moments, at.known, content_type, answers).await;
    }
    let shown = at.of(&app, live, when).await?;
    let found = shown.look(&app, |view, time_ms| look(&app, &id, view, time_ms));
    let Some((head, object)) = found else {
        let detail = format!("no {id:?} in {layer} of {region}; it may have left the picture");
        return Err(Problem::not_found(detail));
    };
    let answer = Answer { head, layer, objects: vec![object], shape: Shape::One, fields };
    answer.respond(&headers, &uri, encoder).await
}

/// Whether the age of the one feed that the object names is the age of the object. Traffic on the
/// streets is worked out from all feeds.
fn is_of_one_feed(layer: Layer) -> bool {
    match layer {
        Layer::Vehicles
        | Layer::Detectors
        | Layer::Situations
        | Layer::Trips
        | Layer::Feeds
        | Layer::Weather => true,
        Layer::Links
        | Layer::Queues
        | Layer::Areas
        | Layer::LinkEmissions
        | Layer::AreaEmissions => false,
    }
}
