//! The regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use events::Text;
use network::{BoundingBox, City};
use picture::{Layer, View};
use serde::Serialize;

use crate::answer::{json, json_bytes, tag, tagged};
use crate::app::App;
use crate::extract::Parameters;
use crate::live::{FeedLabel, LiveRegion};
use crate::options::Origin;
use crate::past::{self, At, JsonMoments, When};
use crate::problem::Problem;
use crate::schema::{self, Problems};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions", routing::get(get))
}

/// All regions.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegionList<'a> {
    /// Where the picture comes from.
    origin: Origin,
    /// Time of the answer.
    time_ms: i64,
    /// By id.
    regions: Vec<RegionSummary<'a>>,
}

/// A region and how much is in its picture.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RegionSummary<'a> {
    /// Id in paths and subscriptions.
    id: &'a str,
    /// Name to show.
    name: &'a str,
    /// West, south, east, north.
    #[schema(value_type = [f64; 4])]
    bbox: BoundingBox,
    /// Its cities.
    #[schema(value_type = Vec<schema::City>)]
    cities: &'a [City],
    /// Changes when the numbering starts anew.
    #[schema(value_type = String)]
    epoch: Text,
    /// Number of the newest change; null when there is none.
    sequence: Option<u64>,
    /// Number of objects by layer.
    layers: BTreeMap<&'static str, usize>,
    /// Its feeds and whom to thank for them.
    feeds: &'a [FeedLabel],
}

impl<'a> RegionSummary<'a> {
    pub(crate) fn new(live: &'a LiveRegion, view: &View) -> Self {
        let region = live.region();
        let layers = Layer::ALL.map(|layer| (layer.as_str(), view.len(layer)));
        Self {
            id: &region.id,
            name: &region.name,
            bbox: region.bbox,
            cities: &region.cities,
            epoch: view.epoch().clone(),
            sequence: view.sequence(),
            layers: layers.into_iter().collect(),
            feeds: live.feeds(),
        }
    }
}

/// All regions
#[utoipa::path(
    get,
    operation_id = "list_regions",
    path = "/v1/regions",
    tag = "picture",
    params(At),
    responses((status = 200, description = "The regions", body = schema::OrSeries<RegionList>), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Parameters(at): Parameters<At>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let when = at.when(&app)?;
    if let When::Series(moments) = when {
        let shown = Arc::clone(&app);
        let maker = JsonMoments::new(move |views: &[&View], time_ms| {
            let regions = shown.regions().zip(views);
            let regions = regions.map(|(live, view)| RegionSummary::new(live, view)).collect();
            json_bytes(&RegionList { origin: shown.origin, time_ms, regions })
        });
        let regions = app.regions().cloned().collect();
        return past::respond(&app, regions, moments, at.known, "application/json", maker).await;
    }
    let mut regions = Vec::new();
    for live in app.regions() {
        let shown = at.of(&app, live, when).await?;
        regions.push(shown.look(&app, |view, _| RegionSummary::new(live, view)));
    }
    let time_ms = when.time_ms(&app);
    let versions: Vec<_> = regions.iter().map(|one| (&one.epoch, one.sequence)).collect();
    let tag = tag(time_ms, &[&"regions", &versions]);
    let body = RegionList { origin: app.origin, time_ms, regions };
    tagged(&headers, &tag, async { json(&body) }).await
}
