//! The archive: what is written is read back, whatever happens in between.

mod crash;
mod generate;
mod roundtrip;
mod support;
mod upkeep;
