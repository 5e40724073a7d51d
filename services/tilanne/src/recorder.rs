//! Metrics of the process, for Prometheus.

use anyhow::Result;
use gateway::MetricsHandle;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

/// How long records take from hop to hop: histograms, which add up over processes. All else that is timed
/// is a summary of its process.
const HOPS: [&str; 4] = [
    "tilanne_ingest_source_seconds",
    "tilanne_ingest_logged_seconds",
    "tilanne_processor_applied_seconds",
    "tilanne_gateway_sent_seconds",
];
/// Upper ends of their buckets, s.
const SECONDS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// Takes all metrics of the process from now on.
pub(crate) fn install() -> Result<MetricsHandle> {
    let mut builder = PrometheusBuilder::new();
    for hop in HOPS {
        builder = builder.set_buckets_for_metric(Matcher::Full(hop.to_owned()), &SECONDS)?;
    }
    Ok(builder.install_recorder()?)
}
