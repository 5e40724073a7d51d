//! Exports as jobs.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use futures_util::stream;
use serde::Serialize;
use tokio::io::AsyncReadExt;

use crate::answer::{json, json_bytes};
use crate::app::App;
use crate::export::{ExportRequest, Exports, Job};
use crate::extract::{NoParameters, Parameters, Segments, json_body};
use crate::problem::Problem;
use crate::schema::{self, Problems, ProblemsOfBodies, ProblemsOfFiles};

/// Bytes of a file that are read at a time.
const READ_BYTES: usize = 64 << 10;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/exports", routing::get(list).post(add))
        .route("/v1/exports/{id}", routing::get(get).delete(remove))
        .route("/v1/exports/{id}/file", routing::get(file))
}

/// All exports.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ExportList {
    /// In the order in which they were asked for.
    exports: Vec<Job>,
}

/// All exports
///
/// That are waiting, being written, done or failed. What is done is removed some time after, with its
/// file.
#[utoipa::path(
    get,
    operation_id = "list_exports",
    path = "/v1/exports",
    tag = "exports",
    responses((status = 200, description = "The exports", body = ExportList), Problems)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    json(&ExportList { exports: app.exports()?.list() })
}

/// Export a layer over a range of time
///
/// As a file: without `step` a row for every change of an object that was received after `from` and by
/// `to` (every report of a vehicle, every window of a link), with it a row for each object at each
/// moment. `at_ms` says when it was known. One export runs at a time, the others wait.
#[utoipa::path(
    post,
    operation_id = "add_export",
    path = "/v1/exports",
    tag = "exports",
    request_body = ExportRequest,
    responses(
        (
            status = 202,
            description = "It waits for its turn; `Location` is where it can be watched",
            body = Job,
            headers(("location" = String, description = "Address of the export"))
        ),
        ProblemsOfBodies
    )
)]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request: ExportRequest = json_body(&headers, &body)?;
    let plan = request.plan(&app)?;
    let job = Exports::add(&app, request, plan)?;
    let mut response = (StatusCode::ACCEPTED, json(&job)?).into_response();
    let location = HeaderValue::try_from(format!("/v1/exports/{}", job.id));
    let location = location.map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// One export
#[utoipa::path(
    get,
    operation_id = "get_export",
    path = "/v1/exports/{id}",
    tag = "exports",
    params(("id" = String, Path, description = "Id of the export")),
    responses((status = 200, description = "The export", body = Job), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let body = json_bytes(&app.exports()?.job(&id)?)?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}

/// Delete an export
///
/// With its file. One that is being written stops.
#[utoipa::path(
    delete,
    operation_id = "delete_export",
    path = "/v1/exports/{id}",
    tag = "exports",
    params(("id" = String, Path, description = "Id of the export")),
    responses((status = 204, description = "It is gone"), Problems)
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    app.exports()?.remove(&id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The file of an export
#[utoipa::path(
    get,
    operation_id = "get_export_file",
    path = "/v1/exports/{id}/file",
    tag = "exports",
    params(("id" = String, Path, description = "Id of the export")),
    responses(
        (
            status = 200,
            description = "The file, in the format that was asked for",
            content(
                (schema::FileOfExport = "application/vnd.apache.parquet"),
                (schema::FileOfExport = "application/flatgeobuf"),
                (schema::FileOfExport = "application/vnd.apache.arrow.stream"),
                (schema::FileOfExport = "application/geo+json"),
                (schema::FileOfExport = "application/x-ndjson"),
                (schema::FileOfExport = "text/csv")
            )
        ),
        ProblemsOfFiles
    )
)]
pub(super) async fn file(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let (job, path) = app.exports()?.file(&id)?;
    let file = tokio::fs::File::open(&path).await.map_err(|error| Problem::internal(&error))?;
    let parts = stream::try_unfold(file, |mut file| async move {
        let mut part = vec![0; READ_BYTES];
        let count = file.read(&mut part).await?;
        part.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then(|| (Bytes::from(part), file)))
    });
    let name = format!("attachment; filename=\"{}\"", job.request.file_name());
    let mut response = Body::from_stream(parts).into_response();
    for (key, value) in [
        (header::CONTENT_TYPE, job.request.format.media_type().to_owned()),
        (header::CONTENT_LENGTH, job.bytes.to_string()),
        (header::CONTENT_DISPOSITION, name),
    ] {
        let value = HeaderValue::try_from(value).map_err(|error| Problem::internal(&error))?;
        response.headers_mut().insert(key, value);
    }
    Ok(response)
}
