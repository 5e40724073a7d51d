//! HTTP and WebSocket: the only crate that knows them.
//!
//! [`App`] holds a [`LiveRegion`] for each region; [`follow`] keeps it at the end of the log;
//! [`router`] answers from it and [`serve`] accepts connections. The gateway never writes the
//! picture. To add an endpoint, write `route/<name>.rs` and name it in `route/mod.rs`; to add a
//! format, write `encode/<name>.rs` and name it in `encode/mod.rs`.

mod answer;
mod app;
mod assets;
mod column;
mod comparison;
mod diff;
mod encode;
mod export;
mod extract;
mod follower;
mod geometry;
mod gtfs_rt;
mod history;
mod hops;
mod live;
mod negotiate;
mod options;
mod past;
mod problem;
mod push;
mod query;
mod replays;
mod route;
mod schema;
mod select;
mod server;
mod telemetry;
mod tile;
mod watched;

pub use app::{App, Clock};
pub use axum::Router;
pub use comparison::{Comparison, LOOK_EVERY_MS};
pub use futures_util::future::BoxFuture;
pub use metrics_exporter_prometheus::PrometheusHandle as MetricsHandle;

pub use diff::{Difference, diff};
pub use export::{ExportFormat, ExportProgress, ExportRequest, export};
pub use follower::{FollowError, follow};
pub use history::History;
pub use live::{FeedLabel, LiveRegion, Progress, RegionSetup};
pub use options::{
    ExportOptions, Options, OptionsError, Origin, PAGE_LIMIT_MAX, PushOptions, TileOptions,
};
pub use problem::Problem;
pub use replays::{
    EmissionWhatIf, FeedWhatIf, RegionWhatIf, ReplayChange, ReplayRequest, ReplayState,
    ReplayStatus, ReplayedRegion, Replays, WhatIf,
};
pub use route::{asyncapi, openapi, router};
pub use server::serve;
