//! The process's metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Router, routing};

use crate::app::App;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/metrics", routing::get(get))
}

/// Metrics in Prometheus' text format
#[utoipa::path(
    get,
    operation_id = "get_metrics",
    path = "/metrics",
    tag = "service",
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> impl IntoResponse {
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], app.metrics.render())
}
