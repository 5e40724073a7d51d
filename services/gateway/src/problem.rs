//! Problem details (RFC 9457): the one shape of every error.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Longest detail that is sent, bytes: details quote what the client sent.
const DETAIL_BYTES_MAX: usize = 512;

/// Our fault, told without its inside.
const INTERNAL: &str = "the answer could not be made; the log of the server says why";

/// What went wrong, for machines (`status`) and people (`detail`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says which kind of problem it is.
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    pub kind: &'static str,
    /// Name of the status.
    pub title: &'static str,
    /// The HTTP status, on the WebSocket stream too.
    pub status: u16,
    /// What, where, and what to do.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
        }
    }

    /// What was asked for cannot be: say where in the request, and what to do.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The same of what a body says, where that of a query was read.
    pub(crate) fn of_a_body(self) -> Self {
        let detail = self.detail.trim_start_matches("query: ").to_owned();
        Self { detail, ..self }
    }

    /// Our fault: the reason goes to the log only.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "could not answer a request");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("text and a number are always JSON");
        let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
        (status, headers, body).into_response()
    }
}

/// Answers paths that are no route.
pub(crate) fn no_route(path: &str) -> Problem {
    Problem::not_found(format!("nothing is at /{path}; /openapi.json lists what there is"))
}

/// Turns errors of libraries (limits, timeouts, handshakes, panics) into problems. Their headers,
/// such as `Allow`, stay.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    if !is_error || media_type == Some(&HeaderValue::from_static(MEDIA_TYPE)) {
        return response;
    }
    let problem = Problem::new(status, detail(status));
    let mut headers = response.into_parts().0.headers;
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_TYPE);
    let mut response = problem.into_response();
    for (name, value) in &headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}

fn detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "`Allow` says which methods are",
        StatusCode::REQUEST_TIMEOUT => "the answer took too long; ask for less at a time",
        StatusCode::PAYLOAD_TOO_LARGE => "the request has a body that is too large",
        StatusCode::INTERNAL_SERVER_ERROR => INTERNAL,
        _ => "the request could not be served",
    }
}
