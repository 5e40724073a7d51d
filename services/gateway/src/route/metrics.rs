//! The process's metrics, and the ledger of each feed as the picture has it.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Router, routing};
use picture::Feed;

use crate::app::App;
use crate::live;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/metrics", routing::get(get))
}

/// Metrics in Prometheus' text format
#[utoipa::path(
    get,
    operation_id = "get_metrics",
    path = "/metrics",
    tag = "service",
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> impl IntoResponse {
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    let mut text = app.metrics.render();
    ledger(&app, &mut text);
    ([(header::CONTENT_TYPE, media_type)], text)
}

/// The ledger, written out of one view at one moment, so that in every scrape the outcomes of a
/// feed add up to what it received. Names of feeds and regions need no escaping: they are of
/// `a-z 0-9 -`.
fn ledger(app: &App, text: &mut String) {
    let (mut received, mut outcomes, mut ages) = (String::new(), String::new(), String::new());
    let (mut imbalances, mut connections) = (String::new(), String::new());
    let now_ms = app.now_ms();
    for region in app.regions() {
        let shared = region.read();
        for feed in live::feeds(&shared.view) {
            let labels = format!("region=\"{}\",feed=\"{}\"", region.region().id, feed.id);
            line(&mut received, "tilanne_ledger_received_total", &labels, feed.received);
            for (outcome, count) in by_outcome(feed) {
                let labels = format!("{labels},outcome=\"{outcome}\"");
                line(&mut outcomes, "tilanne_ledger_records_total", &labels, count);
            }
            line(&mut imbalances, "tilanne_ledger_imbalances_total", &labels, feed.imbalances);
            let now = feed.connection.as_str_name().trim_start_matches("CONNECTION_");
            let state = format!("{labels},state=\"{}\"", now.to_ascii_lowercase());
            line(&mut connections, "tilanne_feed_connection", &state, 1);
            let behind_s = now_ms.saturating_sub(feed.watermark_ms) as f64 / 1_000.0;
            line(&mut ages, "tilanne_feed_watermark_age_seconds", &labels, behind_s);
        }
    }
    for (name, kind, help, lines) in [
        ("tilanne_ledger_received_total", "counter", "records received from a feed", received),
        (
            "tilanne_ledger_records_total",
            "counter",
            "what became of them; the outcomes of a feed add up to what it received",
            outcomes,
        ),
        (
            "tilanne_ledger_imbalances_total",
            "counter",
            "times that the count at the door was not the sum of outcomes",
            imbalances,
        ),
        ("tilanne_feed_connection", "gauge", "1 for the state that a feed is in", connections),
        ("tilanne_feed_watermark_age_seconds", "gauge", "how far back a feed is complete", ages),
    ] {
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{lines}")
            .expect("a string takes everything");
    }
}

fn line(text: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    writeln!(text, "{name}{{{labels}}} {value}").expect("a string takes everything");
}

fn by_outcome(feed: &Feed) -> [(&'static str, u64); 6] {
    [
        ("applied", feed.applied),
        ("superseded", feed.superseded),
        ("duplicate", feed.duplicate),
        ("rejected", feed.rejected),
        ("quarantined", feed.quarantined),
        ("dropped", feed.dropped),
    ]
}
