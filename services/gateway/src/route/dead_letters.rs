//! What was rejected or quarantined, with the bytes as received: to see what a publisher really
//! sent, and to decode it again (`tilanne decode`).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Router, routing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::DeadLetter;
use prost::Message;
use serde::{Deserialize, Serialize};
use stream::{Record, topic};

use super::topic_page::Page;
use crate::answer::json;
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::problem::Problem;
use crate::schema::Problems;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/dead-letters", routing::get(get))
}

/// Which dead letters.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Only letters of this feed. Those of others count towards `limit`, as they are read too.
    feed: Option<String>,
    /// Most letters to read, 1,000 at most.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
    /// Only letters before this offset: `first` of the page before.
    #[param(minimum = 0)]
    before: Option<i64>,
}

/// Dead letters of a region.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DeadLetters {
    /// Region.
    region: String,
    /// Offset of the oldest letter that was read: older ones are before it.
    first: u64,
    /// Whether there are older ones.
    more: bool,
    /// Newest first.
    letters: Vec<Letter>,
}

/// A dead letter.
#[derive(Serialize, utoipa::ToSchema)]
struct Letter {
    /// Offset in the topic.
    offset: u64,
    /// Feed.
    feed: String,
    /// Source within the feed.
    source: String,
    /// MQTT topic or HTTP path.
    topic: String,
    /// When it was received, milliseconds since 1970-01-01 UTC.
    received_time_ms: i64,
    /// `rejected` or `quarantined`.
    outcome: &'static str,
    /// Reject reason or verdict.
    reason: String,
    /// Field or entity that it is about.
    field: String,
    /// What is wrong.
    message: String,
    /// The payload, when it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// The payload in base64, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

/// Dead letters, newest first
#[utoipa::path(
    get,
    operation_id = "list_dead_letters",
    path = "/v1/regions/{region}/dead-letters",
    tag = "picture",
    params(("region" = String, Path, description = "Id of the region"), Query),
    responses((status = 200, description = "Dead letters", body = DeadLetters), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Parameters(query): Parameters<Query>,
) -> Result<Response, Problem> {
    let letter = |record: &Record| {
        let letter = DeadLetter::decode(record.payload.as_ref()).ok()?;
        entry(record.offset, letter, query.feed.as_deref())
    };
    let (limit, before) = (query.limit, query.before);
    let page = Page::read(&app, topic::DEAD_LETTER, &region, limit, before, letter).await?;
    let Page { entries: letters, start: first, oldest } = page;
    json(&DeadLetters { region, first, more: first > oldest, letters })
}

fn entry(offset: u64, letter: DeadLetter, feed: Option<&str>) -> Option<Letter> {
    let outcome =
        if letter.outcome() == events::Outcome::Rejected { "rejected" } else { "quarantined" };
    let raw = letter.raw.unwrap_or_default();
    if feed.is_some_and(|feed| feed != raw.feed) {
        return None;
    }
    let (payload, payload_base64) = match String::from_utf8(raw.payload.to_vec()) {
        Ok(text) => (Some(text), None),
        Err(binary) => (None, Some(STANDARD.encode(binary.as_bytes()))),
    };
    Some(Letter {
        offset,
        feed: raw.feed,
        source: raw.source,
        topic: raw.topic,
        received_time_ms: raw.received_time_ms,
        outcome,
        reason: letter.reason,
        field: letter.field,
        message: letter.message,
        payload,
        payload_base64,
    })
}
