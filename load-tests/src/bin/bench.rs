//! Prints figures beside their targets: `cargo xtask bench [NAME] [--json] [--write]`. A name
//! may be a part of a group, such as `main/hfp`. With `--write` the figures of each group go into a
//! file of its name in `load-tests/results/` too.

// Standard output is what it prints its figures on.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use load_tests::bench::{BENCHES, BenchError, Figure, report};

/// That of the binary that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (mut json, mut write) = (false, false);
    let mut name = None;
    for argument in std::env::args().skip(1) {
        if argument == "--json" {
            json = true;
        } else if argument == "--write" {
            write = true;
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
    for bench in benches {
        let mut figures = Vec::new();
        let mut print = |figure: Figure| {
            println!("{}", if json { line(&figure) } else { row(&figure) });
            figures.push(figure);
        };
        let ran = bench.run(part, &mut print);
        let written = if write && ran.is_ok() { results(bench.name, &figures) } else { Ok(()) };
        if let Err(error) = ran.and(written) {
            eprintln!("{}: {error}", bench.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn results(group: &str, figures: &[Figure]) -> Result<(), BenchError> {
    let path = format!("load-tests/results/{group}.md");
    let text = report::markdown(&format!("cargo xtask bench {group}"), figures);
    std::fs::write(&path, text).map_err(|error| BenchError(format!("{path}: {error}")))
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
    let baseline = figure.baseline.map_or_else(String::new, |naive| format!("naive {naive:.2}"));
    let Figure { name, figure, unit, .. } = figure;
    format!("{name:<36} {figure:>14.3} {unit:<14} {target:<18} {met:<6} {baseline}")
}
