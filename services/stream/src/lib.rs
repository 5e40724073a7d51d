//! The log: topics of numbered records, one partition a region, many readers.
//!
//! [`Log`] opens a [`Sink`] or a [`Source`] on a topic and partition. The log is the ground truth:
//! the picture is derived from it, so a processor can be killed and read on from its checkpoint.
//! The log is embedded in the process, or it is in Apache Kafka, where many processes share it.
//! [`recording`] is a file of raw records that can be played as if it came from the publishers.

mod embedded;
mod kafka;
mod log;
mod moving;
mod passage;
pub mod recording;
mod speed;
pub mod store;
mod trace;

pub use embedded::{EmbeddedLog, EmbeddedOptions};
pub use kafka::{
    Applied, Change, KafkaLog, KafkaOptions, KafkaOptionsError, Mechanism, Membership, Retention,
    Sasl, Tls, Tuning, apply_topics, begin_topics,
};
pub use log::{
    Append, Bounds, Checkpoint, Log, Record, STATE_BYTES_MAX, Sink, Source, StreamError, topic,
};
pub use moving::{Beginning, Moved, move_history, regions_with_history};
pub use passage::{Parcel, Passage, PassageClock, Passed};
pub use speed::{NoSpeed, Speed};
pub use store::StoreOptions;
pub use trace::{Span, TraceContext, Tracer};
