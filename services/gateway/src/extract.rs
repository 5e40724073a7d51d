//! What is read from a request, with problems that say what would be right.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The query, all of whose parameters must be known: a misspelt filter must not be an absent one.
pub(crate) struct Parameters<T>(pub(crate) T);

/// For routes without parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

impl<S, T> FromRequestParts<S> for Parameters<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parameters(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query.
pub(crate) fn parameters<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build();
    let uri = uri.map_err(|error| Problem::bad_request(format!("query: {error}")))?;
    Query::<T>::try_from_uri(&uri).map(|Query(query)| query).map_err(|rejection| {
        let reason = match &rejection {
            QueryRejection::FailedToDeserializeQueryString(error) => {
                std::error::Error::source(error).map(ToString::to_string)
            }
            _ => None,
        };
        let reason = reason.unwrap_or_else(|| rejection.body_text());
        Problem::bad_request(format!("query: {reason}"))
    })
}

/// The variable segments of the path, percent-decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Segments<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments))
            .map_err(|rejection| Problem::bad_request(format!("path: {}", rejection.body_text())))
    }
}

/// A body of JSON. That it must say so keeps pages of other origins from sending one without asking:
/// browsers ask first for anything but a form.
pub(crate) fn json_body<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<T, Problem> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        let detail = "the body must be JSON, and Content-Type say application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    serde_json::from_slice(body).map_err(|error| Problem::bad_request(format!("body: {error}")))
}
