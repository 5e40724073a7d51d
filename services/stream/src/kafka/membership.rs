//! Which regions this process has: membership in a consumer group, with Kafka's own leader election.
//!
//! The group's consumer reads nothing. It holds the partitions of `events` paused, and each is a region
//! that this process works for and no other of its group does, as far as Kafka knows. Rebalances are
//! cooperative: who keeps a region goes on undisturbed. A process that was stopped for longer than its
//! session has lost its regions, and hears of it when it goes on; until it does, what it writes are
//! numbers that readers have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use tokio::sync::{mpsc, oneshot};

use super::client::{self, Context};
use super::control::Control;
use super::options::KafkaOptions;
use crate::StreamError;
use crate::log::topic;

/// How often the group is heard.
const POLL: Duration = Duration::from_millis(100);
/// Pause after trouble that stays.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// How long regions that are taken away may take to end in good order. Beyond it they are given up all
/// the same.
const RELEASE_PATIENCE: Duration = Duration::from_secs(5);
/// How long brokers may take to tell what members before us said.
const SAID_PATIENCE: Duration = Duration::from_secs(2);

/// Changes and offsets that wait to be heard: a few for each region.
const CHANGES_MAX: usize = 4_096;

/// What became of a region.
#[derive(Debug)]
pub enum Change {
    /// This process has it now. The text is what the member said of itself that has last told the group
    /// how far the region was done, as far as that is known.
    Assigned(String, Option<String>),
    /// It is to be given up: in good order, then the sender says so. The group waits some seconds.
    Revoked(String, oneshot::Sender<()>),
    /// It is another's already.
    Lost(String),
}

/// Membership of this process in a group; ends when it is dropped.
pub struct Membership {
    changes: mpsc::Receiver<Change>,
    commands: std::sync::mpsc::SyncSender<Command>,
    stop: Arc<AtomicBool>,
}

struct Command {
    partition: i32,
    next: u64,
    said: String,
}

struct Group {
    context: Context,
    control: Control,
    topic: String,
    changes: mpsc::Sender<Change>,
}

impl ClientContext for Group {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.context.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.context.generate_oauth_token(config)
    }
}

impl Group {
    fn regions(&self, partitions: &TopicPartitionList) -> Vec<String> {
        let elements = partitions.elements();
        let mine = elements.iter().filter(|element| element.topic() == self.topic);
        // A partition without a region is of a region that is no longer there.
        mine.filter_map(|element| self.control.region(element.partition()))
            .map(str::to_owned)
            .collect()
    }

    /// What members said of themselves that had the regions of some partitions before, by region.
    fn said(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &TopicPartitionList,
    ) -> BTreeMap<String, String> {
        if partitions.count() == 0 {
            return BTreeMap::new();
        }
        let committed = match consumer.committed_offsets(partitions.clone(), SAID_PATIENCE) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::warn!(%error, "it is not known who had the regions before");
                return BTreeMap::new();
            }
        };
        let elements = committed.elements();
        let said = elements
            .iter()
            .filter(|element| element.topic() == self.topic && !element.metadata().is_empty());
        let said = said.filter_map(|element| {
            let region = self.control.region(element.partition())?;
            Some((region.to_owned(), element.metadata().to_owned()))
        });
        said.collect()
    }
}

impl ConsumerContext for Group {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else { return };
        metrics::counter!("tilanne_kafka_rebalances_total").increment(1);
        let is_lost = consumer.assignment_lost();
        let mut released = Vec::new();
        for region in self.regions(partitions) {
            tracing::info!(region, is_lost, "region given up");
            let change = if is_lost {
                Change::Lost(region)
            } else {
                let (done, release) = oneshot::channel();
                released.push(release);
                Change::Revoked(region, done)
            };
            // Nobody listens any more at shutdown.
            let _ = self.changes.blocking_send(change);
        }
        let deadline = std::time::Instant::now() + RELEASE_PATIENCE;
        for mut release in released {
            while release.try_recv() == Err(oneshot::error::TryRecvError::Empty)
                && std::time::Instant::now() < deadline
            {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(partitions) = rebalance else { return };
        metrics::counter!("tilanne_kafka_rebalances_total").increment(1);
        if partitions.count() > 0
            && let Err(error) = consumer.pause(partitions)
        {
            tracing::warn!(%error, "a partition is held without a pause");
        }
        let mut said = self.said(consumer, partitions);
        for region in self.regions(partitions) {
            tracing::info!(region, "region taken");
            let said = said.remove(&region);
            let _ = self.changes.blocking_send(Change::Assigned(region, said));
        }
    }
}

/// Whether only people can mend it.
fn is_lasting(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::Fatal
                | Code::GroupAuthorizationFailed
                | Code::TopicAuthorizationFailed
                | Code::InvalidSessionTimeout
                | Code::FencedInstanceId
        )
    )
}

impl Membership {
    pub(super) fn join(
        options: &KafkaOptions,
        control: Control,
        group: &str,
    ) -> Result<Self, StreamError> {
        let mut config = client::reader_config(options)?;
        let session_ms = options.session_timeout_ms;
        config
            .set("group.id", format!("{}{group}", options.topic_prefix))
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", session_ms.to_string())
            .set("heartbeat.interval.ms", (session_ms / 6).max(200).to_string())
            .set("auto.offset.reset", "latest")
            .set("enable.auto.offset.store", "false")
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "64");
        if let Some(instance) = &options.instance {
            config.set("group.instance.id", instance);
        }
        let (changes, heard) = mpsc::channel(CHANGES_MAX);
        let topic = options.topic(topic::EVENTS);
        let context = Group { context: Context::new(options), control, topic, changes };
        let topic = context.topic.clone();
        let consumer: BaseConsumer<Group> = config
            .create_with_context(context)
            .map_err(|error| StreamError::Kafka(format!("group {group}: {error}")))?;
        consumer
            .subscribe(&[&topic])
            .map_err(|error| StreamError::Kafka(format!("group {group}: {error}")))?;
        let (commands, commanded) = std::sync::mpsc::sync_channel::<Command>(CHANGES_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            while !stopped.load(Ordering::Relaxed) {
                match consumer.poll(POLL) {
                    // What was on its way when the partition was paused.
                    None | Some(Ok(_)) => {}
                    Some(Err(error)) if is_lasting(&error) => {
                        tracing::error!(target: "stream::kafka", %error, "no region is taken");
                        std::thread::sleep(TROUBLE_PAUSE);
                    }
                    Some(Err(error)) => {
                        tracing::debug!(target: "stream::kafka", %error, "group");
                    }
                }
                for command in commanded.try_iter() {
                    commit(&consumer, &topic, &command);
                }
            }
            consumer.unsubscribe();
            // Gives the regions up, with the callbacks above.
            let until = std::time::Instant::now() + RELEASE_PATIENCE;
            while consumer.assignment().is_ok_and(|assigned| assigned.count() > 0)
                && std::time::Instant::now() < until
            {
                let _ = consumer.poll(POLL);
            }
        };
        let thread = std::thread::Builder::new().name("kafka-group".into()).spawn(run);
        thread.map_err(|error| StreamError::Storage(format!("thread: {error}")))?;
        Ok(Self { changes: heard, commands, stop })
    }

    /// The next change. Cancel-safe.
    pub async fn next(&mut self) -> Result<Change, StreamError> {
        self.changes.recv().await.ok_or(StreamError::Closed)
    }

    /// Tells the group how far a partition is done, for tools that show lag, and what this member says of
    /// itself, for the next one that has it.
    pub(super) fn commit(&self, partition: i32, next: u64, said: String) {
        // One more later does as well.
        let _ = self.commands.try_send(Command { partition, next, said });
    }

    /// Leaves the group. Changes that give regions up come meanwhile, and [`Self::next`] must be read.
    pub fn leave(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.leave();
        // Its thread ends within its patience; nothing waits for it here, on a thread of the runtime.
        self.changes.close();
    }
}

fn commit(consumer: &BaseConsumer<Group>, topic: &str, command: &Command) {
    let Command { partition, next, said } = command;
    let mut offsets = TopicPartitionList::new();
    let mut element = offsets.add_partition(topic, *partition);
    if !said.is_empty() {
        element.set_metadata(said);
    }
    let offset = Offset::Offset(i64::try_from(*next).unwrap_or(i64::MAX));
    let set = element.set_offset(offset);
    let committed = set.and_then(|()| consumer.commit(&offsets, CommitMode::Async));
    if let Err(error) = committed {
        tracing::debug!(target: "stream::kafka", %error, "offset not committed");
    }
}
