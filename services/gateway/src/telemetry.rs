//! Names of the metrics, in one place, and the count of requests.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::Unit;

pub(crate) const REQUESTS: &str = "tilanne_gateway_requests_total";
pub(crate) const REQUEST_SECONDS: &str = "tilanne_gateway_request_seconds";
pub(crate) const CONNECTIONS: &str = "tilanne_gateway_connections";
pub(crate) const CONNECTIONS_REFUSED: &str = "tilanne_gateway_connections_refused_total";
pub(crate) const CLIENTS: &str = "tilanne_gateway_push_clients";
pub(crate) const CLIENTS_REFUSED: &str = "tilanne_gateway_push_clients_refused_total";
pub(crate) const CLIENT_ERRORS: &str = "tilanne_gateway_push_client_errors_total";
pub(crate) const EVENTS_LEFT_OUT: &str = "tilanne_gateway_events_left_out_total";
pub(crate) const FRAMES: &str = "tilanne_gateway_push_frames_total";
pub(crate) const FRAME_BYTES: &str = "tilanne_gateway_push_frame_bytes_total";
pub(crate) const COALESCED: &str = "tilanne_gateway_push_coalesced_total";
pub(crate) const PAST_SECONDS: &str = "tilanne_gateway_past_view_seconds";
pub(crate) const RESYNCS: &str = "tilanne_gateway_push_resyncs_total";
pub(crate) const RESUMES: &str = "tilanne_gateway_push_resumes_total";
pub(crate) const STALLED: &str = "tilanne_gateway_push_stalled_total";
pub(crate) const TILES_CUT: &str = "tilanne_gateway_tiles_cut_total";
pub(crate) const TILES_MADE: &str = "tilanne_gateway_tiles_made_total";
pub(crate) const SENT_SECONDS: &str = "tilanne_gateway_sent_seconds";
pub(crate) const SHOWN_SECONDS: &str = "tilanne_gateway_shown_seconds";
pub(crate) const VIEW_CHANGES: &str = "tilanne_gateway_view_changes_total";
pub(crate) const VIEW_SEQUENCE: &str = "tilanne_gateway_view_sequence";

/// Says what the metrics mean, for the Prometheus page.
pub(crate) fn describe() {
    metrics::describe_counter!(REQUESTS, "HTTP requests by route, method and status");
    metrics::describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "time to the answer's head");
    metrics::describe_gauge!(CONNECTIONS, "HTTP connections, without those of the stream");
    metrics::describe_counter!(CONNECTIONS_REFUSED, "connections refused at the bound");
    metrics::describe_gauge!(CLIENTS, "clients of the stream");
    metrics::describe_counter!(CLIENTS_REFUSED, "clients of the stream refused at the bound");
    metrics::describe_counter!(
        CLIENT_ERRORS,
        "messages of clients that were answered by a problem"
    );
    metrics::describe_counter!(
        EVENTS_LEFT_OUT,
        "records of the log that do not decode, each once, to 1,024 a region"
    );
    metrics::describe_counter!(FRAMES, "frames sent, by kind");
    metrics::describe_counter!(FRAME_BYTES, Unit::Bytes, "bytes of frames sent");
    metrics::describe_counter!(
        COALESCED,
        "changes not sent since a newer one went in the same frame"
    );
    metrics::describe_counter!(
        RESYNCS,
        "layers read anew for clients that were too far behind in them"
    );
    metrics::describe_counter!(RESUMES, "subscriptions that read on from where they were");
    metrics::describe_counter!(
        STALLED,
        "clients disconnected since they took nothing or said nothing"
    );
    metrics::describe_histogram!(
        PAST_SECONDS,
        Unit::Seconds,
        "time to make the view of a past moment"
    );
    metrics::describe_counter!(TILES_CUT, "vector tiles with too many objects, by layer");
    metrics::describe_counter!(TILES_MADE, "vector tiles made, not found made, by layer");
    metrics::describe_histogram!(
        SENT_SECONDS,
        Unit::Seconds,
        "time from the picture's log to a frame for a client, of a sample, by region and feed"
    );
    metrics::describe_histogram!(
        SHOWN_SECONDS,
        Unit::Seconds,
        "time from what ingest said to the view that shows it, by region"
    );
    metrics::describe_counter!(VIEW_CHANGES, "changes read from the log, by region");
    metrics::describe_gauge!(VIEW_SEQUENCE, "sequence of the view, by region");
}

/// Counts requests. The labels are bounded: routes as they are declared, the usual methods.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };
    let start = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!(REQUEST_SECONDS, "route" => route.clone())
        .record(start.elapsed().as_secs_f64());
    metrics::counter!(REQUESTS, "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}
