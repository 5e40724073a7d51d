//! The past: what the log carried, as Parquet that anybody's tools open as it lies, and the way back
//! from there to the picture of any moment.
//!
//! [`record`] follows a topic of the log and writes files by region, day and kind; [`Archive`] reads
//! them back, record by record in the order of the log, finds the checkpoint to start from, says what
//! there is, merges small files of days that are over, thins them and removes what the rules no longer
//! keep.
//! This is the only crate that knows Parquet and files of Arrow. It knows nothing of the picture: a
//! checkpoint is bytes to it.
//!
//! ```text
//! ROOT/region=helsinki/day=2026-11-26/kind=vehicle_position/EPOCH.FIRST-LAST.FROM-TO.parquet
//! ROOT/_checkpoints/region=helsinki/EPOCH.EVENTS_NEXT.SAVED.checkpoint
//! ```
//!
//! - **A day is a day of UTC by reception**, so that it is over when it is over and no hour is doubled.
//! - **What is in a file is in its name**: the log's epoch, the first and last offset of the stretch of
//!   the topic that it is of, and the time of reception at its ends. So the recorder knows from a
//!   listing where to go on.
//! - **A stretch is there when its last file is**: each stretch has one file of every kind that came,
//!   and that of the topic's [`last kind`](Topic::last_kind) is put after the others.
//! - **A file is put whole**: written beside and renamed on a disk, one object in a store.

mod archive;
mod background;
mod checkpoint;
mod column;
mod compact;
mod error;
mod export;
mod file;
mod foreign;
mod geo;
mod kind;
mod kind_rows;
mod merge;
mod name;
mod options;
mod record;
mod rows;
mod table;
mod thin;
mod topic;
mod upload;
mod usage;

pub use archive::{Archive, Moment, Span};
pub use background::Background;
pub use compact::{Upkeep, upkeep};
pub use error::ArchiveError;
pub use export::TableFile;
pub use foreign::foreign_rows;
pub use kind::Kind;
pub use merge::{RawReplay, Replay};
pub use name::{Day, Segment};
pub use object_store::ObjectStore;
pub use options::{ArchiveOptions, KeepDays, OptionsError};
pub use record::{Recorded, record};
pub use stream::StoreOptions;
pub use thin::Thinning;
pub use topic::Topic;
pub use usage::Usage;
