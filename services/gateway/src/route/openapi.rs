//! The description of the API.

use std::sync::{Arc, OnceLock};

use axum::http::header;
use axum::response::IntoResponse;
use axum::{Router, routing};

use crate::app::App;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/openapi.json", routing::get(get))
}

/// This description
#[utoipa::path(
    get,
    operation_id = "get_description",
    path = "/openapi.json",
    tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(super) async fn get() -> impl IntoResponse {
    static BODY: OnceLock<String> = OnceLock::new();
    let body =
        BODY.get_or_init(|| super::openapi().to_json().expect("a description is always JSON"));
    ([(header::CONTENT_TYPE, "application/json")], body.as_str())
}
