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
use crate::extract::{NoParameters, Parameters, Segments};
use crate::options::Origin;
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
    params(("region" = String, Path, description = "Id of the region")),
    responses((status = 200, description = "The region", body = RegionAnswer), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let (head, summary, snapshot) = {
        let shared = live.read();
        let head = Head::new(&app, &shared.view, None);
        (head, RegionSummary::new(live, &shared.view), shared.view.snapshot())
    };
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
