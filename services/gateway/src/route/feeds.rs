//! All feeds: how fresh, how healthy, and what became of every record.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, routing};
use events::Text;
use picture::{Feed, View};
use serde::Serialize;

use crate::answer::{json, json_bytes, tag, tagged};
use crate::app::App;
use crate::extract::Parameters;
use crate::hops::FeedHops;
use crate::live::{self, LiveRegion};
use crate::options::Origin;
use crate::past::{self, At, JsonMoments, When};
use crate::problem::Problem;
use crate::schema::{self, Problems};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/feeds", routing::get(get))
}

/// All feeds of all regions.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct FeedList {
    /// Where the picture comes from.
    origin: Origin,
    /// Time of the answer; ages are counted from it.
    time_ms: i64,
    /// By region and id.
    feeds: Vec<FeedHealth>,
}

/// A feed with its ledger: `received` is the sum of the six outcomes.
#[derive(Serialize, utoipa::ToSchema)]
struct FeedHealth {
    /// Region that it feeds.
    #[schema(value_type = String)]
    region: Text,
    /// Name to show.
    title: Option<String>,
    /// Publisher and licence.
    attribution: Option<String>,
    /// How far the watermark is behind the time of the answer.
    watermark_age_ms: i64,
    /// How long ago the newest record came; missing when none has.
    received_age_ms: Option<i64>,
    /// How long its reports take from hop to hop, over the last five minutes; only of the live picture,
    /// not at past moments and in replays. Missing while nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    hops: Option<FeedHops>,
    #[serde(flatten)]
    #[schema(inline, value_type = schema::Feed)]
    feed: Feed,
}

/// All feeds of all regions
///
/// Each with its ledger, watermark, age and hops.
#[utoipa::path(
    get,
    operation_id = "list_feeds",
    path = "/v1/feeds",
    tag = "picture",
    params(At),
    responses((status = 200, description = "The feeds", body = schema::OrSeries<FeedList>), Problems)
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
            let feeds = shown.regions().zip(views).flat_map(|(region, view)| {
                live::feeds(view).map(move |feed| health(region, feed, time_ms, false))
            });
            let feeds = feeds.collect();
            json_bytes(&FeedList { origin: shown.origin, time_ms, feeds })
        });
        let regions = app.regions().cloned().collect();
        return past::respond(&app, regions, moments, at.known, "application/json", maker).await;
    }
    let time_ms = when.time_ms(&app);
    let is_live = when == When::Now && app.origin != Origin::Replay;
    let mut feeds = Vec::new();
    let mut versions = Vec::new();
    for region in app.regions() {
        at.of(&app, region, when).await?.look(&app, |view, _| {
            versions.push((view.epoch().clone(), view.sequence()));
            feeds.extend(live::feeds(view).map(|feed| health(region, feed, time_ms, is_live)));
        });
    }
    let tag = tag(time_ms, &[&"feeds", &versions]);
    let body = FeedList { origin: app.origin, time_ms, feeds };
    tagged(&headers, &tag, async { json(&body) }).await
}

fn health(region: &LiveRegion, feed: &Feed, time_ms: i64, is_live: bool) -> FeedHealth {
    let label = region.feeds().iter().find(|label| label.id == feed.id);
    FeedHealth {
        region: region.region().id.clone(),
        title: label.map(|label| label.title.clone()),
        attribution: label.map(|label| label.attribution.clone()),
        watermark_age_ms: time_ms.saturating_sub(feed.watermark_ms),
        received_age_ms: feed.last_received_ms.map(|last| time_ms.saturating_sub(last)),
        hops: is_live.then(|| region.hops().of(&feed.id)).flatten(),
        feed: feed.clone(),
    }
}
