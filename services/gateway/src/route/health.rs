//! Whether the process is alive.

use std::sync::Arc;

use axum::response::Response;
use axum::{Router, routing};
use serde::Serialize;

use crate::answer::json;
use crate::app::App;
use crate::problem::Problem;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/healthz", routing::get(get))
}

/// That the process answers.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Whether the process is alive
#[utoipa::path(
    get,
    operation_id = "get_health",
    path = "/healthz",
    tag = "service",
    responses((status = 200, description = "It is", body = Health))
)]
pub(super) async fn get() -> Result<Response, Problem> {
    json(&Health { status: "ok" })
}
