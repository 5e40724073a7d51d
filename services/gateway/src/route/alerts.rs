//! What operators are to be told of: what has been wrong for as long as the region's file says, and what
//! is over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Router, routing};
use events::{Alert, Position};
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
    Router::new().route("/v1/regions/{region}/alerts", routing::get(get))
}

/// Which alerts.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Most alerts, 1,000 at most.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
    /// Only alerts before this offset: `first` of the page before.
    #[param(minimum = 0)]
    before: Option<i64>,
}

/// Alerts of a region.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AlertPage {
    /// Region.
    region: String,
    /// Offset of the oldest alert that was read: older ones are before it.
    first: u64,
    /// Whether there are older ones.
    more: bool,
    /// Newest first.
    alerts: Vec<AlertEntry>,
}

/// Something that has been wrong for as long as the region's configuration says, two minutes unless it
/// says otherwise; or right again for as long.
#[derive(Serialize, utoipa::ToSchema)]
struct AlertEntry {
    /// Offset in the topic.
    offset: u64,
    /// `<kind>/<object_id>`, the same when it is over.
    id: String,
    /// Of the event at which it was noticed. An alert with the same id and sequence is the same one again.
    sequence: u64,
    /// `queue`, one that is not usual at this hour; `contradiction`, of a message by the traffic on its
    /// links; `feed`, one that is silent; `ledger`, counts of a feed that do not add up.
    #[schema(value_type = String)]
    kind: events::AlertKind,
    /// Whether this is its end.
    is_over: bool,
    /// Layer of the object that it is about.
    #[schema(value_type = String)]
    layer: events::wire::Layer,
    /// The object.
    object_id: String,
    /// When it was noticed, milliseconds since 1970-01-01 UTC.
    time_ms: i64,
    /// Since when it is wrong, or was.
    since_ms: i64,
    /// What is wrong, in English.
    message: String,
    /// Where, if it has a place, degrees east and north.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<[f64; 2]>,
    /// Of a queue: its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    length_m: Option<f64>,
    /// Of a queue: what a vehicle loses in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_s: Option<f64>,
    /// Of a queue: traffic messages on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    situations: Vec<String>,
}

/// Alerts, newest first
#[utoipa::path(
    get,
    operation_id = "list_alerts",
    path = "/v1/regions/{region}/alerts",
    tag = "picture",
    params(("region" = String, Path, description = "Id of the region"), Query),
    responses((status = 200, description = "Alerts", body = AlertPage), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Parameters(query): Parameters<Query>,
) -> Result<Response, Problem> {
    let page = Page::read(&app, topic::ALERTS, &region, query.limit, query.before, entry).await?;
    let Page { entries: alerts, start: first, oldest } = page;
    json(&AlertPage { region, first, more: first > oldest, alerts })
}

/// None of what another program has written that is no alert.
fn entry(record: &Record) -> Option<AlertEntry> {
    let alert = Alert::decode(record.payload.as_ref()).ok()?;
    let (kind, layer) = (alert.kind(), alert.layer());
    let position = alert.position.and_then(|position| Position::try_from(position).ok());
    Some(AlertEntry {
        offset: record.offset,
        id: alert.id,
        sequence: alert.sequence,
        kind,
        is_over: alert.is_over,
        layer,
        object_id: alert.object_id,
        time_ms: alert.time_ms,
        since_ms: alert.since_ms,
        message: alert.message,
        position: position.map(|position| [position.longitude_deg, position.latitude_deg]),
        length_m: alert.length_m,
        delay_s: alert.delay_s,
        situations: alert.situations,
    })
}
