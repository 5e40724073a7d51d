//! The archive: what is written is read back, whatever happens in between.

mod as_of;
mod background;
mod crash;
mod damaged;
mod diff;
mod export;
mod foreign;
mod generate;
mod judge;
mod others;
mod raw;
mod replayed;
mod resumed;
mod roundtrip;
mod s3;
mod series;
mod size;
mod support;
mod thin;
mod unsettled;
mod upkeep;
