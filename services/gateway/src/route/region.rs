//! One region.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use picture::View;
use serde::Serialize;

use super::regions::RegionSummary;
use crate::answer::{Freshness, Head, json, json_bytes, tag, tagged};
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::options::Origin;
use crate::past::{self, At, JsonMoments, When};
use crate::problem::Problem;
use crate::schema::{self, Problems};

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

impl<'a> RegionAnswer<'a> {
    fn new(head: Head, region: RegionSummary<'a>, picture_hash: String) -> Self {
        let Head { origin, time_ms, feeds, .. } = head;
        Self { origin, time_ms, region, feeds, picture_hash }
    }
}

/// One region
#[utoipa::path(
    get,
    operation_id = "get_region",
    path = "/v1/regions/{region}",
    tag = "picture",
    params(("region" = String, Path, description = "Id of the region"), At),
    responses((status = 200, description = "The region", body = schema::OrSeries<RegionAnswer>), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Parameters(at): Parameters<At>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let when = at.when(&app)?;
    if let When::Series(moments) = when {
        let (shown, of) = (Arc::clone(&app), Arc::clone(live));
        let maker = JsonMoments::new(move |views: &[&View], at_ms| {
            let view = views.first().ok_or_else(|| Problem::internal(&"no view"))?;
            let head = Head::new(&shown, view, at_ms, None);
            let region = RegionSummary::new(&of, view);
            json_bytes(&RegionAnswer::new(head, region, view.snapshot().hash()))
        });
        let regions = vec![Arc::clone(live)];
        return past::respond(&app, regions, moments, at.known, "application/json", maker).await;
    }
    let (head, summary, snapshot) = at.of(&app, live, when).await?.look(&app, |view, time_ms| {
        let head = Head::new(&app, view, time_ms, None);
        (head, RegionSummary::new(live, view), view.snapshot())
    });
    let tag = tag(head.time_ms, &[&"region", &region, &head.epoch, &head.sequence]);
    let body = async {
        let hash = tokio::task::spawn_blocking(move || snapshot.hash()).await;
        let hash = hash.map_err(|error| Problem::internal(&error))?;
        json(&RegionAnswer::new(head, summary, hash))
    };
    tagged(&headers, &tag, body).await
}
