//! Prints figures beside their targets: `cargo xtask bench [NAME] [--json]`. A name
//! may be a part of a group, such as `main/hfp`.

// Standard output is what it prints its figures on.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use load_tests::bench::{BENCHES, Figure};

fn main() -> ExitCode {
    let mut json = false;
    let mut name = None;
    for argument in std::env::args().skip(1) {
        if argument == "--json" {
            json = true;
        } else {
            name = Some(argument);
        }
    }
    let named = name.as_deref().map(|name| name.split_once('/').unwrap_or((name, "")));
    let group = named.map(|(group, _)| group);
    let part = named.map(|(_, part)| part).filter(|part| !part.is_empty());
    let chosen = |bench: &&load_tests::bench::Bench| group.is_none_or(|group| group == bench.name);
    let mut benches = BENCHES.iter().filter(chosen).peekable();
    if benches.peek().is_none() {
        let known: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        eprintln!("no bench {name:?}; there are: {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    // Somebody else's installation is as good: all of them serve TLS, and here all is loopback.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut print =
        |figure: Figure| println!("{}", if json { line(&figure) } else { row(&figure) });
    for bench in benches {
        if let Err(error) = bench.run(part, &mut print) {
            eprintln!("{}: {error}", bench.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn line(figure: &Figure) -> String {
    serde_json::to_string(figure).unwrap_or_default()
}

fn row(figure: &Figure) -> String {
    let target = figure.target.map_or_else(String::new, |target| format!("target {target}"));
    let met = match figure.met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    let Figure { name, figure, unit, .. } = figure;
    format!("{name:<36} {figure:>14.3} {unit:<14} {target:<18} {met}")
}
