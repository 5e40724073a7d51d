//! Whether the views are worth asking.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Router, routing};
use serde::Serialize;

use crate::answer::json;
use crate::app::App;
use crate::live::Progress;
use crate::problem::Problem;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/readyz", routing::get(get))
}

/// That all regions follow the log.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    /// Always `ready`.
    status: &'static str,
    /// The regions.
    regions: Vec<String>,
}

/// Whether all regions have caught up with the log
#[utoipa::path(
    get,
    operation_id = "get_readiness",
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "They have", body = Readiness),
        (
            status = 503,
            description = "Which have not, and why",
            body = Problem,
            content_type = "application/problem+json"
        )
    )
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let reasons = app.regions().filter_map(|region| {
        let id = &region.region().id;
        match region.progress() {
            Progress::Following => None,
            Progress::CatchingUp => Some(format!("{id} is still reading the log")),
            Progress::Stopped(why) => Some(format!("{id} has stopped: {why}")),
        }
    });
    let reasons: Vec<String> = reasons.collect();
    if !reasons.is_empty() {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(Problem::new(status, reasons.join("; ")));
    }
    let regions = app.regions().map(|region| region.region().id.to_string());
    json(&Readiness { status: "ready", regions: regions.collect() })
}
