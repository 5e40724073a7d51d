//! Ingest: what the cities' feeds send becomes checked events on the log.
//!
//! ```text
//! transport (mqtt, http_poll, file) ── RawRecord ──► bounded queue ──► FeedPipeline ──► log
//!                                                                       │ decode        ├ events
//!                                                                       │ gate          └ dead-letter
//!                                                                       └ tally, watermark
//! ```
//!
//! Transports know protocols and formats know contents; a feed joins some of the one with one of
//! the other. [`FeedPipeline`] is a state machine without clock or I/O, so that [`run_feeds`], which
//! runs it live, and [`play`], which plays a recording, decide the same of the same records. Every
//! record that came in at the door goes out as exactly one event or one count of a tally.

mod ahead;
mod calendar;
mod clock;
mod config;
mod error;
mod feed;
pub mod format;
mod gate;
mod hold;
pub mod import;
mod letter;
mod live;
mod metric;
mod outlet;
mod pipeline;
mod playback;
mod player;
mod source;
pub mod transport;
mod watermark;

pub use clock::{Clock, SystemClock};
pub use config::{CityConfig, FeedConfig, RegionConfig, SourceConfig, verdict_name};
pub use error::IngestError;
pub use format::OptionsError;
pub use hold::Hold;
pub use live::{run_feeds, run_held_feeds};
pub use pipeline::{FeedPipeline, Output};
pub use playback::{PLAYER_CURSOR, PlayerClock, PlayerOptions, play};
pub use player::play_all;
pub use stream::Speed;
