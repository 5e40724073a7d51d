//! The log: topics of numbered records, one partition a region, many readers.
//!
//! [`Log`] opens a [`Sink`] or a [`Source`] on a topic and partition. The log is the ground truth:
//! the picture is derived from it, so a processor can be killed and read on from its checkpoint.
//! [`recording`] is a file of raw records that can be played as if it came from the publishers.

mod embedded;
mod log;
pub mod recording;
mod speed;

pub use embedded::{EmbeddedLog, EmbeddedOptions};
pub use log::{Append, Bounds, Checkpoint, Log, Record, Sink, Source, StreamError, topic};
pub use speed::{NoSpeed, Speed};
