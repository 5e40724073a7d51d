//! `tilanne`: the binary. Wiring only: arguments, configuration, logging, runtime, services.

// Standard output is what a command prints its answer on.
#![allow(clippy::print_stdout)]

mod archive;
mod assigned;
mod bar;
mod check;
mod cli;
mod config;
mod decode;
mod emission;
mod export;
mod factors;
mod fingerprint;
mod import;
mod locate;
mod network;
mod orders;
mod parts;
mod recorder;
mod replay;
mod run;
mod setups;
mod subscribe;
mod topics;
mod traces;

use std::process::ExitCode;

use clap::Parser;

/// A message costs a dozen small allocations in several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tilanne: {error:#}");
            ExitCode::FAILURE
        }
    }
}
