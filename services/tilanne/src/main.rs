//! `tilanne`: the binary. Wiring only: arguments, configuration, logging, runtime, services.

mod check;
mod cli;
mod config;
mod decode;
mod locate;
mod replay;
mod run;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tilanne: {error:#}");
            ExitCode::FAILURE
        }
    }
}
