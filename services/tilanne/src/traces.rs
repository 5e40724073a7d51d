//! Traces: table `[traces]` of the configuration, and what exports their spans to OpenTelemetry. Without
//! the table no event is followed and nothing is started.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};
use serde::Deserialize;
use stream::{Span, TraceContext, Tracer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where collectors take traces, below their address.
const PATH: &str = "/v1/traces";
/// Spans that wait to be exported; more are lost, and counted.
const SPANS_MAX: usize = 8_192;
/// Spans of one request.
const BATCH_MAX: usize = 512;
/// How long spans wait for others.
const EXPORT_EVERY: Duration = Duration::from_secs(1);
/// How long a collector may take.
const EXPORT_PATIENCE: Duration = Duration::from_secs(5);

/// Table `[traces]`. Every key is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TraceOptions {
    /// One event in so many is followed on its way; 0 follows none. Those that another process follows
    /// go on being followed.
    pub(crate) one_in: u64,
    /// Address of a collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`.
    pub(crate) otlp_url: Option<String>,
}

impl TraceOptions {
    /// Says which key cannot be, and why.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        let Some(url) = &self.otlp_url else { return Ok(()) };
        let address = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if address.is_some_and(|address| !address.is_empty()) {
            return Ok(());
        }
        let message = format!("{url:?} is no address such as http://127.0.0.1:4318");
        Err(("traces.otlp_url".into(), message))
    }
}

/// Who follows events, and who exports what becomes of them, where that is wanted.
pub(crate) fn start(options: &TraceOptions) -> Result<(Tracer, Option<Exporting>)> {
    let Some(url) = &options.otlp_url else { return Ok((Tracer::new(options.one_in, None), None)) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}{PATH}", url.trim_end_matches('/')))
        .with_timeout(EXPORT_PATIENCE)
        .build();
    let mut exporter = exporter.context("traces.otlp_url")?;
    exporter.set_resource(&Resource::builder().with_service_name("tilanne").build());
    let (sender, spans) = mpsc::channel(SPANS_MAX);
    let scope = InstrumentationScope::builder("tilanne").with_version(env!("CARGO_PKG_VERSION"));
    let exporting = Exporting { exporter, spans, scope: scope.build(), is_failing: false };
    Ok((Tracer::new(options.one_in, Some(sender)), Some(exporting)))
}

/// Exports spans to a collector.
pub(crate) struct Exporting {
    exporter: opentelemetry_otlp::SpanExporter,
    spans: mpsc::Receiver<Span>,
    scope: InstrumentationScope,
    is_failing: bool,
}

impl Exporting {
    /// Exports until told to stop, then what is left.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::new();
        while stop.run_until_cancelled(tokio::time::sleep(EXPORT_EVERY)).await.is_some() {
            self.export(&mut batch).await;
        }
        self.export(&mut batch).await;
    }

    /// Exports what waits now.
    async fn export(&mut self, batch: &mut Vec<SpanData>) {
        for _ in 0..SPANS_MAX / BATCH_MAX {
            while batch.len() < BATCH_MAX
                && let Ok(span) = self.spans.try_recv()
            {
                batch.push(data(span, &self.scope));
            }
            if batch.is_empty() {
                return;
            }
            let exported = self.exporter.export(std::mem::take(batch)).await;
            // A collector that is away is no reason for a line each second.
            match (&exported, self.is_failing) {
                (Err(error), false) => tracing::warn!(%error, "spans are not exported"),
                (Ok(()), true) => tracing::info!("spans are exported again"),
                _ => {}
            }
            self.is_failing = exported.is_err();
        }
    }
}

/// A span as OpenTelemetry has it.
fn data(span: Span, scope: &InstrumentationScope) -> SpanData {
    let Span { context, parent, name, start_ms, end_ms, attributes } = span;
    let TraceContext { trace_id, span_id } = context;
    let time = |time_ms: i64| -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(time_ms).unwrap_or_default())
    };
    let (flags, state) = (TraceFlags::SAMPLED, TraceState::default());
    SpanData {
        span_context: SpanContext::new(trace_id.into(), span_id.into(), flags, false, state),
        parent_span_id: parent.map_or(0, |parent| parent.span_id).into(),
        parent_span_is_remote: parent.is_some(),
        span_kind: if parent.is_some() { SpanKind::Consumer } else { SpanKind::Producer },
        name: name.into(),
        start_time: time(start_ms),
        end_time: time(end_ms),
        attributes: attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: scope.clone(),
    }
}
