//! Writes the extract of a made-up country: `cargo run --release -p load-tests --bin generate-osm`.

use std::fs::File;
use std::io::BufWriter;
use std::process::ExitCode;

use load_tests::osm::Country;

const USAGE: &str = "usage: generate-osm OUT [CITIES_A_SIDE BLOCKS HOUSES]
       without numbers as large as Finland: 60 million nodes, 1.1 million streets";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Option<Vec<u32>> =
        arguments.iter().skip(1).map(|number| number.parse().ok()).collect();
    let (out, country) = match (arguments.first(), numbers.as_deref()) {
        (Some(out), Some([])) => (out, Country::FINLAND),
        (Some(out), Some(&[cities_a_side, blocks, houses])) => {
            (out, Country { cities_a_side, blocks, houses })
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match File::create(out).and_then(|file| country.write(BufWriter::new(file))) {
        Ok(counts) => {
            eprintln!("{out}: {counts:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{out}: {error}");
            ExitCode::FAILURE
        }
    }
}
