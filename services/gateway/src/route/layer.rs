//! Objects of a layer, page by page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::{Router, routing};
use network::BoundingBox;
use picture::{Layer, Object, View};
use serde::Deserialize;

use crate::answer::{Answer, Head, Shape};
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::negotiate;
use crate::problem::Problem;
use crate::schema::{self, ProblemsOfFormats};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/{layer}", routing::get(get))
}

/// Which objects.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// West, south, east, north in degrees: objects that meet this box. Without it all objects,
    /// those without a place too.
    #[param(
        value_type = Option<Vec<f64>>,
        style = Form,
        explode = false,
        min_items = 4,
        max_items = 4,
        example = json!([24.8, 60.1, 25.1, 60.3])
    )]
    bbox: Option<String>,
    /// Most objects on the page. More than the server's maximum is taken as the maximum.
    #[param(minimum = 1)]
    limit: Option<u32>,
    /// Where the page starts: from `next` of the page before.
    cursor: Option<String>,
}

/// Objects of a layer
///
/// Ordered by id. A page follows the one before by id, so that an object that is there all the
/// time is on exactly one page, whatever else comes and goes meanwhile.
#[utoipa::path(
    get,
    operation_id = "list_objects",
    path = "/v1/regions/{region}/{layer}",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("layer" = schema::LayerName, Path, description = "Layer"),
        Query
    ),
    responses(
        (status = 200, description = "A page of objects", content(
            (schema::FeatureCollection = "application/geo+json"),
            (schema::Page = "application/json"),
            (schema::Binary = "application/protobuf")
        )),
        ProblemsOfFormats
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((region, layer)): Segments<(String, String)>,
    Parameters(query): Parameters<Query>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let encoder = negotiate::encoder(&headers)?;
    let live = app.known_region(&region)?;
    let layer = known_layer(&layer)?;
    let bbox = query.bbox.as_deref().map(parse_bbox).transpose()?;
    let limit = limit(query.limit, app.options.page_limit_max)?;
    let cursor = query.cursor.as_deref().unwrap_or_default();
    let (head, mut objects) = {
        let shared = live.read();
        let objects = page(&shared.view, layer, bbox.as_ref(), cursor, limit);
        (Head::new(&app, &shared.view, None), objects)
    };
    objects.sort_unstable_by(|a, b| a.id().cmp(b.id()));
    let next = (objects.len() > limit).then(|| {
        objects.truncate(limit);
        let last = objects.last().map_or("", |last| last.id().as_str());
        address_of_next(uri.path(), &query, last)
    });
    let answer = Answer { head, layer, objects, shape: Shape::Page { next } };
    answer.respond(&headers, &uri, encoder).await
}

pub(super) fn known_layer(name: &str) -> Result<Layer, Problem> {
    name.parse().map_err(|error: picture::UnknownLayer| Problem::not_found(error.to_string()))
}

fn parse_bbox(text: &str) -> Result<BoundingBox, Problem> {
    text.parse().map_err(|error: network::BoundingBoxError| {
        Problem::bad_request(format!("query: bbox: {error}"))
    })
}

fn limit(asked: Option<u32>, page_limit_max: usize) -> Result<usize, Problem> {
    match asked {
        None => Ok(page_limit_max),
        Some(0) => Err(Problem::bad_request("query: limit: it must be 1 or more")),
        Some(limit) => Ok((limit as usize).min(page_limit_max)),
    }
}

/// The objects of a page and, when there are more, at least one beyond. Those from a box are in no
/// order and all there; the caller sorts and cuts when the view is no longer held.
fn page(
    view: &View,
    layer: Layer,
    bbox: Option<&BoundingBox>,
    cursor: &str,
    limit: usize,
) -> Vec<Arc<Object>> {
    match bbox {
        Some(bbox) if layer != Layer::Feeds => {
            let found = view.query(layer, bbox);
            found.filter(|object| object.id().as_str() > cursor).cloned().collect()
        }
        _ => view.after(layer, cursor).take(limit + 1).cloned().collect(),
    }
}

fn address_of_next(path: &str, query: &Query, cursor: &str) -> String {
    let mut next = form_urlencoded::Serializer::new(String::new());
    if let Some(bbox) = &query.bbox {
        next.append_pair("bbox", bbox);
    }
    if let Some(limit) = query.limit {
        next.append_pair("limit", &limit.to_string());
    }
    next.append_pair("cursor", cursor);
    format!("{path}?{}", next.finish())
}
