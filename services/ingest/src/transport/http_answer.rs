//! One answer of a web server: data, nothing new, or a failure with what to do about it.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode};

use super::http_poll::Resource;

/// Longest pause that a server is granted: a mistaken header must not silence a feed for days.
const PAUSE_MAX: Duration = Duration::from_hours(1);
/// Pause when the server says that it is asked too often, but not for how long.
const PAUSE_DEFAULT: Duration = Duration::from_mins(1);
/// Bytes set aside for a body before it comes; the size that a server claims is not trusted.
const BODY_START_BYTES: usize = 64 << 10;

/// An answer that is no failure.
pub(super) enum Answer {
    /// Data, inflated.
    Body(Bytes),
    /// The same as last time.
    Unchanged,
    /// More than the bound; the text says how much.
    TooLarge(String),
}

/// A failure, and how long the server wants not to be asked.
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) pause: Option<Duration>,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, pause: None }
    }
}

/// Asks and reads within the bounds.
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) credentials: Option<(String, String)>,
    pub(super) bytes_max: usize,
}

impl Reader {
    /// Asks for a resource, only for news when the last answer said how.
    pub(super) async fn read(
        &self,
        resource: &mut Resource,
        now_ms: i64,
    ) -> Result<Answer, Failure> {
        let mut request = self.client.get(resource.url.clone());
        if let Some((username, password)) = &self.credentials {
            request = request.basic_auth(username, Some(password));
        }
        if let Some(etag) = &resource.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &resource.last_modified {
            request = request.header(IF_MODIFIED_SINCE, last_modified);
        }
        let response = request.send().await.map_err(|error| causes(&error))?;
        say_end(resource, response.headers());
        match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
            StatusCode::OK => {}
            status => return Err(refused(status, response.headers(), now_ms)),
        }
        let etag = response.headers().get(ETAG).cloned();
        let last_modified = response.headers().get(LAST_MODIFIED).cloned();
        let answer = self.body(response).await?;
        // Kept only now: of a body that was cut off, the rest must come again.
        resource.etag = etag;
        resource.last_modified = last_modified;
        Ok(answer)
    }

    async fn body(&self, mut response: Response) -> Result<Answer, Failure> {
        let is_html_type = response.headers().get(CONTENT_TYPE).is_some_and(|value| {
            let value = value.as_bytes().to_ascii_lowercase();
            value.starts_with(b"text/html") || value.starts_with(b"application/xhtml")
        });
        if is_html_type {
            return Err(not_data());
        }
        let mut body = BytesMut::with_capacity(BODY_START_BYTES);
        while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error))? {
            if body.len() + chunk.len() > self.bytes_max {
                let message = format!("body is over payload_bytes_max {}", self.bytes_max);
                return Ok(Answer::TooLarge(message));
            }
            body.extend_from_slice(&chunk);
        }
        if is_html(&body) { Err(not_data()) } else { Ok(Answer::Body(body.freeze())) }
    }
}

fn not_data() -> Failure {
    Failure::from("answered 200 with a web page in place of data: is the address right?".to_owned())
}

/// Whether a body is a web page, whatever the server calls it.
fn is_html(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    [b"<!doctype html".as_slice(), b"<html"]
        .iter()
        .any(|start| body.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

fn refused(status: StatusCode, headers: &HeaderMap, now_ms: i64) -> Failure {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let asked = asked.and_then(|value| pause(value, now_ms));
    let is_busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let unsaid = (status == StatusCode::TOO_MANY_REQUESTS).then_some(PAUSE_DEFAULT);
    let pause = asked.filter(|_| is_busy).or(unsaid).map(|pause| pause.min(PAUSE_MAX));
    let advice = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ": check username_env, password_env or headers_env"
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => ": check the path",
        StatusCode::NOT_ACCEPTABLE => ": it cannot answer in the form that was asked for (gzip)",
        StatusCode::TOO_MANY_REQUESTS => ": asked too often, lower requests_per_min_max",
        _ if status.is_redirection() => ": it points to no other address",
        _ => "",
    };
    let wait = pause.map(|pause| format!("; asking again after {} s", pause.as_secs()));
    let message = format!("answered {status}{advice}{}", wait.unwrap_or_default());
    Failure { message, pause }
}

/// The time of a `Retry-After` header, which is seconds or a date.
fn pause(value: &str, now_ms: i64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    let wait_ms = date.as_millisecond().saturating_sub(now_ms);
    Some(Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default()))
}

/// Logs once that the publisher will switch the resource off (RFC 8594 and RFC 9745).
fn say_end(resource: &mut Resource, headers: &HeaderMap) {
    let text = |name: &'static str| {
        headers.get(HeaderName::from_static(name)).and_then(|value| value.to_str().ok())
    };
    let (deprecation, sunset) = (text("deprecation"), text("sunset"));
    if (deprecation.is_some() || sunset.is_some()) && !resource.is_end_said {
        resource.is_end_said = true;
        let (url, link) = (&resource.url, text("link"));
        tracing::warn!(%url, deprecation, sunset, link, "the publisher will switch this off");
    }
}

/// An error with what caused it, without the address: the caller says it.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut message = if error.is_timeout() {
        "no whole answer in time".to_owned()
    } else if error.is_connect() {
        "cannot connect".to_owned()
    } else if error.is_redirect() {
        "redirects too often".to_owned()
    } else if error.is_body() || error.is_decode() {
        "answer is cut off or not valid gzip".to_owned()
    } else {
        "request failed".to_owned()
    };
    // The innermost cause says most; those between repeat it.
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    if let Some(cause) = causes.last() {
        message = format!("{message}: {cause}");
    }
    message
}
