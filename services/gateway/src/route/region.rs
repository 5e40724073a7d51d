//! One region.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use serde::Serialize;

use super::regions::RegionSummary;
use crate::answer::{Freshness, Head, json, tag, tagged};
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::options::Origin;
use crate::past::At;
use crate::problem::Problem;
use crate::schema::Problems;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}", routing::get(get))
}

/// A region with the freshness of its feeds.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegionAnswer<'a> {
    /// Where the picture comes from.
    origin: Origin,
    /// Time of the answer.
    time_ms: i64,
    /// The region.
    region: RegionSummary<'a>,
    /// How fresh its feeds are.
    feeds: Vec<Freshness>,
    /// BLAKE3 of the whole picture, hexadecimal: equal pictures have equal hashes, here and in
    /// `tilanne replay --hash`.
    picture_hash: String,
}

/// One region
#[utoipa::path(
    get,
    operation_id = "get_region",
    path = "/v1/regions/{region}",
    tag = "picture",
    params(("region" = String, Path, description = "Id of the region"), At),
    responses((status = 200, description = "The region", body = RegionAnswer), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Parameters(at): Parameters<At>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let (head, summary, snapshot) = at.of(&app, live).await?.look(&app, |view, time_ms| {
        let head = Head::new(&app, view, time_ms, None);
        (head, RegionSummary::new(live, view), view.snapshot())
    });
    let tag = tag(head.time_ms, &[&"region", &region, &head.epoch, &head.sequence]);
    let body = async {
        let hash = tokio::task::spawn_blocking(move || snapshot.hash()).await;
        json(&RegionAnswer {
            origin: head.origin,
            time_ms: head.time_ms,
            region: summary,
            feeds: head.feeds,
            picture_hash: hash.map_err(|error| Problem::internal(&error))?,
        })
    };
    tagged(&headers, &tag, body).await
}
