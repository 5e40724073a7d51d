//! The stream of changes, over WebSocket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::extract::{NoParameters, Parameters};
use crate::options::PushOptions;
use crate::problem::Problem;
use crate::push::Format;
use crate::schema::Problems;
use crate::{push, telemetry};

/// When a refused client should come back: clients come and go within seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("5");

/// Clients say little; what is read is copied out of the buffer at once.
const READ_BUFFER_BYTES: usize = 1_024;

pub(super) fn routes(options: &PushOptions) -> Router<Arc<App>> {
    let routes = Router::new().route("/v1/stream", routing::get(get));
    if options.echo { routes.route("/echo", routing::any(echo)) } else { routes }
}

/// The stream of changes (WebSocket)
///
/// Text messages of JSON: the client sends `ClientMessage`, the server `ServerMessage`. A
/// subscription gets a snapshot and then deltas. `previous` of a delta is the `sequence` of the
/// subscription's message before: if it is not, something was missed; subscribe anew. Subscribing
/// again under the same id replaces layers and box, and only the difference is sent. What is too
/// large for one message goes on in the next ones, and all but the last say `more`. A client that
/// was too slow gets all of the layers that it has fallen behind in, as a delta; a snapshot, which
/// replaces what it has, when the log is another one. A box with more objects than the server keeps
/// for one subscription is refused with 413: take a smaller one.
#[utoipa::path(
    get,
    operation_id = "open_stream",
    path = "/v1/stream",
    tag = "picture",
    responses(
        (status = 101, description = "The stream is open"),
        (
            status = 426,
            description = "Not a WebSocket handshake",
            body = Problem,
            content_type = "application/problem+json"
        ),
        Problems
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return no_handshake(&rejection),
    };
    let permit = match admit(&app) {
        Ok(permit) => permit,
        Err(problem) => return ([(header::RETRY_AFTER, RETRY_AFTER_S)], problem).into_response(),
    };
    let upgrade = bounded(upgrade, &app).protocols(Format::ALL.map(Format::subprotocol));
    let chosen = upgrade.selected_protocol().and_then(|name| name.to_str().ok());
    let format = Format::ALL.into_iter().find(|format| chosen == Some(format.subprotocol()));
    let format = format.unwrap_or(Format::Json);
    upgrade.on_upgrade(move |socket| push::serve(app, socket, format, permit))
}

/// Sockets of all routes have the same bounds.
fn bounded(upgrade: WebSocketUpgrade, app: &App) -> WebSocketUpgrade {
    let bytes_max = app.options.push.message_bytes_max;
    let upgrade = upgrade.max_message_size(bytes_max).max_frame_size(bytes_max);
    upgrade.read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0)
}

/// Answers each message with itself, so that a conformance suite can judge the sockets of the stream.
async fn echo(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade) -> Response {
    bounded(upgrade, &app).on_upgrade(push::echo)
}

/// A place among the clients, or the problem that there is none.
pub(super) fn admit(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&app.clients).try_acquire_owned().map_err(|_| {
        metrics::counter!(telemetry::CLIENTS_REFUSED).increment(1);
        let detail =
            format!("the stream has its {} clients; come back later", app.options.push.clients_max);
        Problem::unavailable(detail)
    })
}

fn no_handshake(rejection: &WebSocketUpgradeRejection) -> Response {
    let detail = format!("this is a WebSocket: {}", rejection.body_text());
    let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, detail);
    let headers = [
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
    ];
    (headers, problem).into_response()
}
