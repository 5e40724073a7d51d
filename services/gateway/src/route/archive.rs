//! What is archived.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Router, routing};
use serde::Serialize;

use crate::answer::json;
use crate::app::App;
use crate::extract::{NoParameters, Parameters};
use crate::problem::Problem;
use crate::schema::Problems;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/archive", routing::get(get))
}

/// What is archived.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Archived {
    /// Bytes of all of it.
    bytes: u64,
    /// By region, day and kind.
    parts: Vec<Part>,
}

/// What a kind of a day of a region takes.
#[derive(Serialize, utoipa::ToSchema)]
struct Part {
    /// Region.
    region: String,
    /// Day of UTC, by reception; empty of checkpoints.
    day: String,
    /// Kind of rows, or `checkpoint`.
    kind: String,
    /// Where it was thinned: one row of each vehicle, link and the like in a period of so many seconds is
    /// left. 0 where all rows are there.
    every_s: u32,
    /// Files.
    files: u64,
    /// Their bytes.
    bytes: u64,
    /// When the first of it was received, milliseconds since 1970-01-01 UTC.
    from_ms: i64,
    /// When the last of it was received.
    to_ms: i64,
}

/// What is archived
///
/// Disk or store used by region, day and kind. Empty where nothing is archived.
#[utoipa::path(
    get,
    operation_id = "list_archive",
    path = "/v1/archive",
    tag = "service",
    responses((status = 200, description = "What is archived", body = Archived), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let usage = match app.past() {
        Some(past) => past.archive().usage().await.map_err(|error| {
            tracing::error!(%error, "the archive could not be listed");
            Problem::unavailable("the archive cannot be read now; the log of the server says why")
        })?,
        None => Vec::new(),
    };
    let bytes = usage.iter().map(|usage| usage.bytes).sum();
    let parts = usage.into_iter().map(|usage| Part {
        region: usage.region,
        day: usage.day,
        kind: usage.kind,
        every_s: usage.every_s,
        files: usage.files,
        bytes: usage.bytes,
        from_ms: usage.from_ms,
        to_ms: usage.to_ms,
    });
    json(&Archived { bytes, parts: parts.collect() })
}
