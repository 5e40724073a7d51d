//! Work on regions that a group of processes shares: who has which region is Kafka's to say.
//!
//! Each region has a task in every process of the group. It waits, or stands by, until the region is
//! this process's, works on it then, and gives it up when it is to go to another. One that fails is tried
//! again (`orders.rs`), and the others go on meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use events::Text;
use ingest::{Hold, RegionConfig, SystemClock};
use processor::{ProcessorOptions, run_region, stand_by, take_over};
use stream::{Change, KafkaLog, Log, Membership};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::orders::{Failures, Order, Orders, hopeless};

/// Orders that wait for a region's task: they come as often as processes come and go.
const ORDERS_MAX: usize = 16;
/// How often the group is told how far the regions are.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// How long that may take.
const COMMIT_PATIENCE: Duration = Duration::from_secs(1);
/// How long work may take to end in good order when a region is given up.
const GIVE_PATIENCE: Duration = Duration::from_secs(4);

/// Joins a group and runs the regions' tasks until shutdown, or until all regions that this process has
/// fail again and again. `fingerprints` say by region what its result follows from.
pub(crate) async fn share(
    kafka: &KafkaLog,
    group: &'static str,
    regions: impl Iterator<Item = Text>,
    fingerprints: &BTreeMap<Text, String>,
    stop: CancellationToken,
    work: impl Fn(Text, Orders) -> JoinHandle<Result<()>>,
) -> Result<()> {
    let mut membership = kafka.join(group)?;
    let mut tasks = JoinSet::new();
    let mut orders = BTreeMap::new();
    let (told, mut failures) = watch::channel(Failures::new());
    let told = Arc::new(told);
    for region in regions {
        let (sender, receiver) = mpsc::channel(ORDERS_MAX);
        let heard = Orders::new(group, region.clone(), receiver, Arc::clone(&told));
        let task = AbortOnDropHandle::new(work(region.clone(), heard));
        let name = region.clone();
        tasks.spawn(async move { task.await?.with_context(|| format!("region {name}")) });
        orders.insert(region, sender);
    }
    let mut is_leaving = false;
    let mut held = BTreeSet::new();
    let mut ticks = tokio::time::interval(COMMIT_EVERY);
    loop {
        let change = tokio::select! {
            _ = ticks.tick() => {
                // The group must be heard whatever the store of checkpoints does.
                let commits = commit(kafka, &membership, &held, fingerprints);
                let _ = tokio::time::timeout(COMMIT_PATIENCE, commits).await;
                continue;
            }
            () = stop.cancelled(), if !is_leaving => {
                // Leaving gives the regions up one after another, as changes.
                is_leaving = true;
                membership.leave();
                continue;
            }
            change = membership.next() => change,
            Some(ended) = tasks.join_next() => {
                ended??;
                anyhow::bail!("a region's task of group {group} ended by itself");
            }
            Ok(()) = failures.changed(), if !is_leaving => {
                if let Some(why) = hopeless(&failures.borrow_and_update(), &held) {
                    anyhow::bail!("group {group}: {why}");
                }
                continue;
            }
        };
        let Ok(change) = change else { break };
        let (region, order) = match change {
            Change::Assigned(region, before) => {
                // One that was taken out of the configuration keeps its partition, and fails never.
                if orders.contains_key(region.as_str()) {
                    owned(group, &region).set(1.0);
                    held.insert(region.clone());
                }
                let ours = fingerprints.get(region.as_str());
                let is_same = is_same(&region, before.as_deref(), ours.map(String::as_str));
                (region, Order::Take { is_same })
            }
            Change::Revoked(region, done) => {
                owned(group, &region).set(0.0);
                held.remove(&region);
                (region, Order::Give(done))
            }
            Change::Lost(region) => {
                owned(group, &region).set(0.0);
                held.remove(&region);
                (region, Order::Lose)
            }
        };
        if let Some(sender) = orders.get(region.as_str()) {
            // A task that has ended is found out above.
            drop(sender.send(order).await);
        } else {
            tracing::warn!(region, "a region of the log is not configured here");
        }
    }
    drop(orders);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Whether this process has a region.
fn owned(group: &str, region: &str) -> metrics::Gauge {
    let labels = [("group", group.to_owned()), ("region", region.to_owned())];
    metrics::gauge!("tilanne_region_owned", &labels)
}

/// Whether who had a region before had our fingerprint, as far as is known; says so where he had not.
/// Each change of a configuration comes by here once; processors that go on with different ones are told
/// apart by its coming again.
fn is_same(region: &str, before: Option<&str>, ours: Option<&str>) -> bool {
    let (Some(before), Some(ours)) = (before, ours) else { return true };
    if before == ours {
        return true;
    }
    metrics::counter!("tilanne_processor_configuration_changes_total", "region" => region.to_owned())
        .increment(1);
    tracing::warn!(
        region,
        before,
        ours,
        "the processor that had this region before is of another version or configuration: its \
         checkpoint is gone on from; if it still runs, give both the same"
    );
    false
}

/// Tells Kafka how far the regions are that this process has, so that its tools show how far behind, and
/// with which fingerprint. It decides nothing: who takes a region over goes by its checkpoint.
async fn commit(
    kafka: &KafkaLog,
    membership: &Membership,
    held: &BTreeSet<String>,
    fingerprints: &BTreeMap<Text, String>,
) {
    for region in held {
        let ours = fingerprints.get(region.as_str()).map_or("", String::as_str);
        match kafka.checkpoint_next(region).await {
            Ok(Some(next)) => kafka.commit(membership, region, next, ours),
            Ok(None) => {}
            Err(error) => tracing::warn!(region, %error, "no offset committed"),
        }
    }
}

/// Runs what a region's task does while it has the region; false when that is over for good.
async fn have(
    orders: &mut Orders,
    stop: CancellationToken,
    mut work: AbortOnDropHandle<Result<()>>,
) -> Result<bool> {
    let done = loop {
        tokio::select! {
            ended = &mut work => {
                ended??;
                anyhow::bail!("it ended by itself");
            }
            order = orders.next() => match order {
                Some(Order::Take { .. }) => {}
                Some(Order::Give(done)) => break Some(done),
                // What it would still save is of the past.
                Some(Order::Lose) => {
                    stop.cancel();
                    work.abort();
                    let _ = (&mut work).await;
                    return Ok(true);
                }
                None => break None,
            }
        }
    };
    stop.cancel();
    if let Ok(ended) = tokio::time::timeout(GIVE_PATIENCE, work).await {
        ended??;
    } else {
        tracing::warn!("a region is given up before its work has ended in good order");
    }
    let is_given = done.is_some();
    if let Some(done) = done {
        // The group may have lost its patience.
        let _ = done.send(());
    }
    Ok(is_given)
}

/// Processes a region while it is this process's, with what else belongs to it; stands by before, where
/// that is wanted.
pub(crate) async fn process(
    log: Arc<dyn Log>,
    config: processor::RegionConfig,
    options: ProcessorOptions,
    standby: bool,
    beside: impl Fn(&CancellationToken) -> JoinSet<Result<()>> + Send + Sync + 'static,
    mut orders: Orders,
) -> Result<()> {
    loop {
        let started = Instant::now();
        let worked = process_once(&log, &config, options, standby, &beside, &mut orders).await;
        if !orders.goes_on(worked, started.elapsed()).await? {
            return Ok(());
        }
    }
}

/// The same until the region is given up; false when that is for good.
async fn process_once(
    log: &Arc<dyn Log>,
    config: &processor::RegionConfig,
    options: ProcessorOptions,
    standby: bool,
    beside: &(impl Fn(&CancellationToken) -> JoinSet<Result<()>> + Sync),
    orders: &mut Orders,
) -> Result<bool> {
    let stop = CancellationToken::new();
    let standing = if standby {
        let (promoted, end) = (CancellationToken::new(), stop.clone());
        let standing = stand_by(Arc::clone(log), config.clone(), options, promoted.clone(), end);
        // A task of its own: a panic in it is this region's alone.
        let mut standing = AbortOnDropHandle::new(tokio::spawn(standing));
        tokio::select! {
            ended = &mut standing => {
                ended??;
                anyhow::bail!("standby ended by itself");
            }
            is_taken = orders.taken() => {
                if !is_taken {
                    return Ok(false);
                }
                promoted.cancel();
                Some(standing)
            }
        }
    } else {
        if !orders.taken().await {
            return Ok(false);
        }
        None
    };
    // What a standby has does not follow what was written where the other was of another configuration:
    // the checkpoint does, as after any restart.
    let standing = standing.filter(|_| orders.is_same());
    let mut others = beside(&stop);
    let (log, config, inner) = (Arc::clone(log), config.clone(), stop.clone());
    let work = tokio::spawn(async move {
        // A standby that has not even begun waits for its checkpoint, and orders come meanwhile.
        let warm = match standing {
            Some(standing) => standing.await??,
            None => None,
        };
        match warm {
            Some(warm) => take_over(warm, options, inner).await?,
            None => run_region(log, config, options, inner).await?,
        }
        while let Some(ended) = others.join_next().await {
            ended??;
        }
        Ok(())
    });
    have(orders, stop, AbortOnDropHandle::new(work)).await
}

/// Reads a region's feeds while it is this process's. With a time to `keep` what they give it reads them
/// before as well, and writes what came in that time when it takes the region.
pub(crate) async fn ingest(
    log: Arc<dyn Log>,
    region: RegionConfig,
    keep: Option<Duration>,
    mut orders: Orders,
) -> Result<()> {
    loop {
        let started = Instant::now();
        let worked = ingest_once(&log, &region, keep, &mut orders).await;
        if !orders.goes_on(worked, started.elapsed()).await? {
            return Ok(());
        }
    }
}

/// The same until the region is given up; false when that is for good.
async fn ingest_once(
    log: &Arc<dyn Log>,
    region: &RegionConfig,
    keep: Option<Duration>,
    orders: &mut Orders,
) -> Result<bool> {
    let stop = CancellationToken::new();
    let held = keep.map(|keep| Arc::new(Hold::new(keep)));
    let start = || {
        let feeds = feeds(Arc::clone(log), region.clone(), held.clone(), stop.clone());
        AbortOnDropHandle::new(tokio::spawn(feeds))
    };
    let work = if let Some(hold) = &held {
        let mut work = start();
        tokio::select! {
            is_taken = orders.taken() => if !is_taken {
                return Ok(false);
            },
            ended = &mut work => {
                ended??;
                anyhow::bail!("feeds ended by themselves");
            }
        }
        hold.release().await?;
        work
    } else {
        if !orders.taken().await {
            return Ok(false);
        }
        start()
    };
    have(orders, stop, work).await
}

async fn feeds(
    log: Arc<dyn Log>,
    region: RegionConfig,
    held: Option<Arc<Hold>>,
    stop: CancellationToken,
) -> Result<()> {
    let (regions, clock) = ([region], Arc::new(SystemClock));
    match held {
        Some(held) => {
            ingest::run_held_feeds(log, &regions, clock, held, stop.clone()).await?;
        }
        None => ingest::run_feeds(log, &regions, clock, stop.clone()).await?,
    }
    // Feeds may end, as files do; the region stays.
    stop.cancelled().await;
    Ok(())
}
