//! What the dashboard must know before it draws.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Router, routing};
use serde::Serialize;

use crate::answer::json;
use crate::app::App;
use crate::extract::{NoParameters, Parameters};
use crate::options::Origin;
use crate::problem::Problem;
use crate::schema::Problems;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/config", routing::get(get))
}

/// What the operator chose that a dashboard must know.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Config<'a> {
    /// Where the picture comes from; to be shown.
    origin: Origin,
    /// Time of the server.
    time_ms: i64,
    /// Background map style (MapLibre), when the operator chose one.
    map_style_url: Option<&'a str>,
    /// Languages to offer, the first is the default.
    languages: &'a [String],
    /// Most objects a page.
    page_limit_max: usize,
    /// Most subscriptions of one stream.
    subscriptions_max: usize,
    /// Most objects of one subscription.
    subscription_objects_max: usize,
    /// Shortest time between two frames.
    flush_interval_ms: u64,
}

/// Settings for dashboards
#[utoipa::path(
    get,
    operation_id = "get_config",
    path = "/v1/config",
    tag = "service",
    responses((status = 200, description = "Settings", body = Config), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let options = &app.options;
    json(&Config {
        origin: app.origin,
        time_ms: app.now_ms(),
        map_style_url: options.map_style_url.as_deref(),
        languages: &options.languages,
        page_limit_max: options.page_limit_max,
        subscriptions_max: options.push.subscriptions_max,
        subscription_objects_max: options.push.objects_max,
        flush_interval_ms: options.push.flush_interval_ms,
    })
}
