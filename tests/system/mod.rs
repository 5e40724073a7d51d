//! The real binary from outside: command line, HTTP, a browser, a kill at any moment.

mod archive;
mod bad_input;
mod browser;
mod check;
mod clients;
mod day;
mod decode;
mod demo;
mod emission;
mod feed_stops;
mod import;
pub(crate) mod kill;
mod network;
pub(crate) mod process;
mod replay;
mod streets;
