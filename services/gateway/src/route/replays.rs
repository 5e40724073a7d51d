//! Replays, and the pictures that they show.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing};
use serde::Serialize;
use tower::ServiceExt;

use crate::answer::json;
use crate::app::App;
use crate::extract::{NoParameters, Parameters, Segments, json_body};
use crate::problem::Problem;
use crate::replays::{ReplayChange, ReplayRequest, ReplayStatus, Replays};
use crate::schema::{self, Problems, ProblemsOfBodies};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/replays", routing::get(list).post(start))
        .route("/v1/replays/{id}", routing::get(get).patch(change).delete(end))
        .route("/v1/replays/{id}/differences", routing::get(differences))
}

/// Replays that are there.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ReplayList {
    /// Oldest first.
    replays: Vec<ReplayStatus>,
}

/// The replays
#[utoipa::path(
    get,
    operation_id = "list_replays",
    path = "/v1/replays",
    tag = "replay",
    responses((status = 200, description = "The replays", body = ReplayList), Problems)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let replays = app.replays().map(Replays::list).unwrap_or_default();
    json(&ReplayList { replays })
}

/// Start a replay
///
/// What is archived, from one moment to another, through a picture of its own. The picture has all the
/// routes of the live one, below the `address` of the answer, and the page there shows it. It goes on
/// by itself at its speed; a replay that nobody looks at ends.
#[utoipa::path(
    post,
    operation_id = "start_replay",
    path = "/v1/replays",
    tag = "replay",
    request_body = ReplayRequest,
    responses(
        (
            status = 201,
            description = "It begins",
            body = ReplayStatus,
            headers(("Location" = String, description = "Where it is told what to do"))
        ),
        ProblemsOfBodies
    )
)]
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = json_body::<ReplayRequest>(&headers, &body)?;
    let status = host(&app)?.start(request).await?;
    let location = format!("/v1/replays/{}", status.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], json(&status)?).into_response())
}

/// How a replay is
#[utoipa::path(
    get,
    operation_id = "get_replay",
    path = "/v1/replays/{id}",
    tag = "replay",
    params(("id" = String, Path, description = "Id of the replay")),
    responses((status = 200, description = "How it is", body = ReplayStatus), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let status = app.replays().and_then(|replays| replays.get(&id));
    json(&status.ok_or_else(|| no_replay(&id))?)
}

/// Tell a replay what to do
///
/// Pause, play on, faster or slower, go to a moment, go on by a step.
#[utoipa::path(
    patch,
    operation_id = "change_replay",
    path = "/v1/replays/{id}",
    tag = "replay",
    params(("id" = String, Path, description = "Id of the replay")),
    request_body = ReplayChange,
    responses(
        (status = 200, description = "How it is, having heard of it", body = ReplayStatus),
        ProblemsOfBodies
    )
)]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let change = json_body::<ReplayChange>(&headers, &body)?;
    json(&host(&app)?.change(&id, change).await?)
}

/// What differs in a what-if
///
/// Means over the time that was played, of each number of links, areas and what they emit: as it was,
/// as it would have been, and the one minus the other. It is looked every five minutes of the replay's
/// time, and what is the same has no row. As a layer, at the moment that the replay is at, differences
/// are at `v1/regions/{region}/diff/{layer}` below its address.
#[utoipa::path(
    get,
    operation_id = "get_replay_differences",
    path = "/v1/replays/{id}/differences",
    tag = "replay",
    params(("id" = String, Path, description = "Id of the replay")),
    responses(
        (
            status = 200,
            description = "Region, layer, id, property, looks, before, after, difference",
            body = schema::Table,
            content_type = "text/csv"
        ),
        Problems
    )
)]
pub(super) async fn differences(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found(format!("there is no what-if {id:?} among the replays"));
    // Of a city it has a million rows, and this thread serves others meanwhile.
    let of = id.clone();
    let writing = move || app.replays().and_then(|replays| replays.differences(&of));
    let table = tokio::task::spawn_blocking(writing).await;
    let table = table.map_err(|error| Problem::internal(&error))?.ok_or_else(none)?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")];
    Ok((headers, table).into_response())
}

/// End a replay
///
/// Clients of its stream are told, and its memory is given back.
#[utoipa::path(
    delete,
    operation_id = "end_replay",
    path = "/v1/replays/{id}",
    tag = "replay",
    params(("id" = String, Path, description = "Id of the replay")),
    responses((status = 204, description = "It has ended"), Problems)
)]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let is_ended = app.replays().is_some_and(|replays| replays.end(&id));
    if is_ended { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(no_replay(&id)) }
}

/// Folder of the pictures of replays.
const FOLDER: &str = "/replays/";

/// Answers what is asked of a replay from its own picture, as if it were the only one.
pub(super) async fn pictures(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
    let Some(below) = path.strip_prefix(FOLDER) else { return next.run(request).await };
    let Some((id, rest)) = below.split_once('/') else {
        // A page's links are relative to its folder.
        return Redirect::permanent(&format!("{}/", request.uri().path())).into_response();
    };
    let Some(router) = app.replays().and_then(|replays| replays.router(id)) else {
        return no_replay(id).into_response();
    };
    match format!("/{rest}").parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => return Problem::bad_request(format!("path: {error}")).into_response(),
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn host(app: &App) -> Result<&dyn Replays, Problem> {
    app.replays().ok_or_else(|| {
        let detail = "there are no replays here: nothing is archived, or replays_max is 0";
        Problem::not_found(detail)
    })
}

fn no_replay(id: &str) -> Problem {
    Problem::not_found(format!("there is no replay {id:?}; /v1/replays lists them"))
}
