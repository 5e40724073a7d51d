//! What operators are to be told of: a queue that is not usual, a message that the traffic contradicts, a
//! feed that is silent or not heard of, counts that do not add up.
//!
//! Each is told when it has lasted, and again when it has been over for as long: what comes and goes in
//! between would only teach people not to look. Time is that of the feeds' statuses. It is all made from
//! deltas, so that a run after a crash tells the same with the same numbers.

use std::collections::BTreeMap;

use events::{Alert, AlertKind, Connection, Text, bounded_text, wire};

use crate::{Change, Delta, Feed, Layer, Object, Queue, Situation};

/// What a region's operators want to be told of.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertOptions {
    /// How long something is wrong before it is told, and right before it is over, milliseconds: two
    /// minutes, of which windows of streets and polls of feeds have one each.
    pub lasts_ms: i64,
    /// Shorter queues are not told, metres; 0.
    pub queue_length_m_min: f64,
    /// Queues that cost a vehicle less are not told, seconds; 0.
    pub queue_delay_s_min: f64,
    /// What is told of; all.
    pub kinds: Vec<AlertKind>,
}

impl AlertOptions {
    /// All that there is to be told of.
    pub const KINDS: [AlertKind; 4] =
        [AlertKind::Queue, AlertKind::Contradiction, AlertKind::Feed, AlertKind::Ledger];

    /// Whether a queue is to be told when it lasts.
    fn is_wrong(&self, queue: &Queue) -> bool {
        queue.irregular
            && queue.length_m >= self.queue_length_m_min
            && queue.delay_s >= self.queue_delay_s_min
    }
}

impl Default for AlertOptions {
    fn default() -> Self {
        Self {
            lasts_ms: 120_000,
            queue_length_m_min: 0.0,
            queue_delay_s_min: 0.0,
            kinds: Self::KINDS.into(),
        }
    }
}

/// A feed whose status is older than another's by so much has no ingest, milliseconds: feeds say theirs
/// each second, and of two processes that read the same feed the other takes over in less.
const UNHEARD_AFTER_MS: i64 = 30_000;

/// All that is wrong, or was until just now, by the id of its alert. No more than there are queues,
/// situations and feeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alerts {
    /// Newest time of a status.
    pub(crate) time_ms: i64,
    /// Time of the newest status by feed.
    pub(crate) heard_ms: BTreeMap<Text, i64>,
    pub(crate) matters: BTreeMap<Text, Matter>,
}

/// Something that is wrong, or was until just now.
#[derive(Clone, Debug)]
pub(crate) struct Matter {
    /// As it would be told now.
    pub(crate) alert: Alert,
    pub(crate) is_wrong: bool,
    pub(crate) is_told: bool,
    /// Since when it is wrong, or right.
    pub(crate) changed_ms: i64,
}

impl Alerts {
    /// Whether anything was ever observed.
    pub(crate) fn has_begun(&self) -> bool {
        self.time_ms != 0 || !self.matters.is_empty()
    }

    /// Takes the deltas of some records and gives what is to be told.
    pub(crate) fn observe(&mut self, options: &AlertOptions, deltas: &[Delta]) -> Vec<Alert> {
        let mut told = Vec::new();
        for of_record in deltas.chunk_by(|a, b| a.sequence == b.sequence) {
            let before_ms = self.time_ms;
            for delta in of_record {
                if let Change::Updated(object) = &delta.change
                    && let Object::Feed(feed) = object.as_ref()
                {
                    self.time_ms = self.time_ms.max(feed.status_time_ms);
                    self.heard_ms.insert(feed.id.clone(), feed.status_time_ms);
                }
            }
            for delta in of_record {
                self.change(options, &delta.change);
            }
            if self.time_ms > before_ms {
                self.miss_feeds();
                self.tell(options, of_record[0].sequence, &mut told);
            }
        }
        told
    }

    fn change(&mut self, options: &AlertOptions, change: &Change) {
        match change {
            Change::Updated(object) => match object.as_ref() {
                Object::Queue(queue) => {
                    let is_wrong = options.is_wrong(queue);
                    self.set(AlertKind::Queue, &queue.id, is_wrong, || queue_alert(queue));
                }
                Object::Situation(situation) => {
                    let effect = situation.effect.as_ref();
                    let is_wrong = effect.is_some_and(|effect| effect.contradicted);
                    self.set(AlertKind::Contradiction, &situation.id, is_wrong, || {
                        contradiction_alert(object, situation)
                    });
                }
                Object::Feed(feed) => {
                    let is_wrong = matches!(feed.connection, Connection::Down | Connection::Idle);
                    self.set(AlertKind::Feed, &feed.id, is_wrong, || feed_alert(feed));
                    let is_wrong = feed.imbalances > 0;
                    self.set(AlertKind::Ledger, &feed.id, is_wrong, || ledger_alert(feed));
                }
                _ => {}
            },
            Change::Removed { layer: Layer::Queues, id, .. } => self.right(AlertKind::Queue, id),
            Change::Removed { layer: Layer::Situations, id, .. } => {
                self.right(AlertKind::Contradiction, id);
            }
            Change::Removed { layer: Layer::Feeds, id, .. } => {
                self.heard_ms.remove(id);
                self.right(AlertKind::Feed, id);
                self.right(AlertKind::Ledger, id);
            }
            Change::Removed { .. } => {}
        }
    }

    /// Finds feeds of which nothing is heard.
    fn miss_feeds(&mut self) {
        let heard_since_ms = self.time_ms.saturating_sub(UNHEARD_AFTER_MS);
        let missed = self.heard_ms.iter().filter(|(_, heard_ms)| **heard_ms < heard_since_ms);
        let missed: Vec<Text> = missed.map(|(id, _)| id.clone()).collect();
        for id in missed {
            self.set(AlertKind::Feed, &id, true, || unheard_alert(&id));
        }
    }

    fn set(&mut self, kind: AlertKind, id: &Text, is_wrong: bool, alert: impl FnOnce() -> Alert) {
        if !is_wrong {
            self.right(kind, id);
            return;
        }
        let time_ms = self.time_ms;
        let key = key(kind, id);
        let named = Alert {
            id: key.to_string(),
            kind: kind.into(),
            object_id: id.to_string(),
            since_ms: time_ms,
            ..alert()
        };
        let matter = self.matters.entry(key).or_insert_with(|| Matter {
            alert: named.clone(),
            is_wrong: true,
            is_told: false,
            changed_ms: time_ms,
        });
        let since_ms = matter.alert.since_ms;
        matter.alert = Alert { since_ms, ..named };
        if !matter.is_wrong {
            (matter.is_wrong, matter.changed_ms) = (true, time_ms);
        }
    }

    fn right(&mut self, kind: AlertKind, id: &Text) {
        // Nearly always nothing is wrong, and then no name is made.
        if self.matters.is_empty() {
            return;
        }
        let key = key(kind, id);
        let Some(matter) = self.matters.get_mut(&key) else { return };
        if !matter.is_told {
            self.matters.remove(&key);
        } else if matter.is_wrong {
            (matter.is_wrong, matter.changed_ms) = (false, self.time_ms);
        }
    }

    /// Tells what has lasted, by id.
    fn tell(&mut self, options: &AlertOptions, sequence: u64, told: &mut Vec<Alert>) {
        let time_ms = self.time_ms;
        self.matters.retain(|_, matter| {
            let is_due = matter.is_wrong != matter.is_told;
            if !is_due || time_ms - matter.changed_ms < options.lasts_ms {
                return true;
            }
            let is_over = !matter.is_wrong;
            // What nobody wants to hear of any more still ends where it was told.
            if !is_over && !options.kinds.contains(&matter.alert.kind()) {
                return true;
            }
            told.push(Alert { sequence, time_ms, is_over, ..matter.alert.clone() });
            matter.is_told = true;
            !is_over
        });
    }
}

/// Id of an alert.
fn key(kind: AlertKind, id: &Text) -> Text {
    let kind = match kind {
        AlertKind::Unspecified => "unspecified",
        AlertKind::Queue => "queue",
        AlertKind::Contradiction => "contradiction",
        AlertKind::Feed => "feed",
        AlertKind::Ledger => "ledger",
    };
    format!("{kind}/{id}").into()
}

fn queue_alert(queue: &Queue) -> Alert {
    let (length_m, delay_s) = (queue.length_m, queue.delay_s);
    Alert {
        layer: wire::Layer::Queues.into(),
        message: format!(
            "A queue of {length_m:.0} m costs {delay_s:.0} s, which is not usual at this hour."
        ),
        position: Some(queue.position.into()),
        length_m: Some(length_m),
        delay_s: Some(delay_s),
        situations: queue.situations.iter().map(ToString::to_string).collect(),
        ..Alert::default()
    }
}

fn contradiction_alert(object: &Object, situation: &Situation) -> Alert {
    let title = bounded_text(&situation.record.title);
    Alert {
        layer: wire::Layer::Situations.into(),
        message: format!("The traffic does not show what a message says: {title}"),
        position: object.position().map(Into::into),
        ..Alert::default()
    }
}

fn feed_alert(feed: &Feed) -> Alert {
    let name = &feed.id;
    let message = match (feed.connection, &feed.error) {
        (Connection::Idle, _) => format!("The feed {name} is connected, but nothing comes."),
        (_, Some(error)) => format!("The feed {name} is not connected: {error}"),
        (_, None) => format!("The feed {name} is not connected."),
    };
    let message = bounded_text(&message);
    Alert { layer: wire::Layer::Feeds.into(), message, ..Alert::default() }
}

fn unheard_alert(name: &Text) -> Alert {
    let message = format!(
        "Nothing is heard of the feed {name}: its ingest has stopped, or it is not configured any more."
    );
    Alert { layer: wire::Layer::Feeds.into(), message, ..Alert::default() }
}

fn ledger_alert(feed: &Feed) -> Alert {
    let message = format!("The counts of the feed {} do not add up.", feed.id);
    Alert { layer: wire::Layer::Feeds.into(), message, ..Alert::default() }
}
