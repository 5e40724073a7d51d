//! The loop from the event log through the picture to the picture log, with checkpoints.
//!
//! One task a region: [`run_region`] restores the newest checkpoint, reads `events`, applies,
//! appends the deltas to `picture` and checkpoints now and then. It may be killed at any moment:
//! the next run goes on from the checkpoint and gives the same deltas the same numbers, so readers
//! drop what they have. It writes nothing that cannot be derived again from `events`; what operators
//! are to be told of goes to `alerts`, and records that do not decode to `dead-letter`. [`stand_by`]
//! does the same without writing, to take over in an instant.

mod alarm;
mod aside;
mod error;
mod options;
mod parking;
mod passing;
mod region;
mod standby;

pub use error::ProcessorError;
pub use options::{ProcessorOptions, RegionConfig};
pub use region::{run_region, take_over};
pub use standby::{Warm, stand_by};
