//! Replays: what was recorded, through the code that runs live, on a clock of its own.
//!
//! [`Input`] says what: archived events, or recordings that are decoded anew. [`Replay`] lets it
//! through pictures of its own at any speed, and shows them through an [`App`](gateway::App) of its
//! own, so that all routes, tiles and streams are those of live, with the replay's time in every
//! frame. [`Host`] runs several for the API, isolated from live and from each other.

mod engine;
mod error;
mod host;
mod pace;
mod saved;
mod source;
mod stage;
mod status;

pub use engine::{Lane, Replay, Start};
pub use error::ReplayError;
pub use host::{Host, HostOptions, HostSetup, SetupsIf};
pub use saved::SavedState;
pub use source::Input;
pub use status::{Order, Status};
