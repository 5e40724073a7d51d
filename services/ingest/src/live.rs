//! All live feeds, each on its own: what breaks one leaves the others as they are.

use std::sync::Arc;
use std::time::Duration;

use events::Connection;
use metrics::counter;
use stream::{Log, StreamError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::Clock;
use crate::config::RegionConfig;
use crate::error::IngestError;
use crate::feed::{self, FeedContext, status_ticks};
use crate::hold::Hold;
use crate::metric;
use crate::outlet::Outlet;
use crate::pipeline::FeedPipeline;
use crate::transport::HostLimits;

/// Pause after the first crash of a feed; it doubles with each further one.
const RESTART_MIN: Duration = Duration::from_secs(1);
/// Longest pause after a crash. A feed that ran longer than this starts again with the shortest.
const RESTART_MAX: Duration = Duration::from_mins(1);

/// Runs the feeds of all regions until shutdown, or until all of them have ended.
///
/// A feed whose server is away or whose code crashes is restarted alone and says so in its status.
/// Only a log that takes nothing more ends the rest.
pub async fn run_feeds(
    log: Arc<dyn Log>,
    regions: &[RegionConfig],
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) -> Result<(), IngestError> {
    run(log, regions, clock, None, shutdown).await
}

/// Runs the feeds of all regions as [`run_feeds`] does, but holds their output back until that is
/// released.
pub async fn run_held_feeds(
    log: Arc<dyn Log>,
    regions: &[RegionConfig],
    clock: Arc<dyn Clock>,
    hold: Arc<Hold>,
    shutdown: CancellationToken,
) -> Result<(), IngestError> {
    run(log, regions, clock, Some(hold), shutdown).await
}

async fn run(
    log: Arc<dyn Log>,
    regions: &[RegionConfig],
    clock: Arc<dyn Clock>,
    hold: Option<Arc<Hold>>,
    shutdown: CancellationToken,
) -> Result<(), IngestError> {
    let stop = shutdown.child_token();
    let hosts = Arc::new(HostLimits::default());
    let mut feeds = JoinSet::new();
    for region in regions {
        let outlet = Outlet::open(log.as_ref(), &region.id, region.log_raw, hold.as_ref()).await?;
        let shared = Arc::new(region.clone());
        for feed in &region.feeds {
            let context = FeedContext {
                region: Arc::clone(&shared),
                feed: feed.clone(),
                outlet: outlet.clone(),
                clock: Arc::clone(&clock),
                hosts: Arc::clone(&hosts),
                shutdown: stop.clone(),
            };
            feeds.spawn(supervise(context));
        }
    }
    let mut result = Ok(());
    while let Some(ended) = feeds.join_next().await {
        let ended = ended.unwrap_or_else(|error| Err(IngestError::Crashed(error.to_string())));
        if let Err(error) = ended {
            stop.cancel();
            // What failed first is the cause; the rest are its consequences.
            result = result.and(Err(error));
        }
    }
    result
}

/// Runs one feed again and again until it ends in good order.
async fn supervise(context: FeedContext) -> Result<(), IngestError> {
    let mut pause = RESTART_MIN;
    loop {
        let now_ms = context.clock.now_ms();
        let pipeline = FeedPipeline::new(&context.feed, &context.region, now_ms)
            .map_err(|error| IngestError::options(&context.region.id, error))?;
        let started = tokio::time::Instant::now();
        let run = AbortOnDropHandle::new(tokio::spawn(feed::run(context.clone(), pipeline)));
        let error = match run.await {
            Ok(Ok(())) => return Ok(()),
            // What passes is waited out in the log.
            Ok(Err(
                error @ (StreamError::Storage(_) | StreamError::Kafka(_) | StreamError::Closed),
            )) => {
                return Err(error.into());
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => crash(error),
        };
        if started.elapsed() > RESTART_MAX {
            pause = RESTART_MIN;
        }
        let feed = context.feed.name.as_str();
        tracing::error!(feed, error, pause_s = pause.as_secs(), "feed crashed");
        counter!(metric::RESTARTS, "feed" => feed.to_owned()).increment(1);
        if !wait_down(&context, pause, &error).await? {
            return Ok(());
        }
        pause = (pause * 2).min(RESTART_MAX);
    }
}

/// What a task died of.
fn crash(error: tokio::task::JoinError) -> String {
    if !error.is_panic() {
        return "the task was cancelled".into();
    }
    let cause = error.into_panic();
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without text").to_owned()
}

/// Says that the feed is down until the pause is over; false at shutdown.
async fn wait_down(
    context: &FeedContext,
    pause: Duration,
    error: &str,
) -> Result<bool, IngestError> {
    let now_ms = context.clock.now_ms();
    let mut pipeline = FeedPipeline::new(&context.feed, &context.region, now_ms)
        .map_err(|error| IngestError::options(&context.region.id, error))?;
    let error = format!("the feed crashed and starts again: {error}");
    let over = tokio::time::sleep(pause);
    tokio::pin!(over);
    let mut ticks = status_ticks();
    loop {
        let now_ms = context.clock.now_ms();
        let status = pipeline.status(now_ms, Connection::Down, Some(&error));
        // A log that fails is found out by the run that follows, or by another feed.
        if let Err(error) = context.outlet.append(&[status], &[]).await {
            tracing::warn!(feed = context.feed.name.as_str(), %error, "no status written");
        }
        tokio::select! {
            () = context.shutdown.cancelled() => return Ok(false),
            () = &mut over => return Ok(true),
            _ = ticks.tick() => {}
        }
    }
}
