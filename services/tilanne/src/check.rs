//! `tilanne check`: is a configuration sound?

use std::process::ExitCode;

use crate::cli::ConfigArguments;
use crate::config;
use crate::factors::Factors;

/// Reads the configuration as `run` would and says what it holds, or what is wrong and where.
pub(crate) fn check(arguments: &ConfigArguments) -> anyhow::Result<ExitCode> {
    let loaded = config::load(arguments)?;
    if let Some(replay) = &loaded.config.replay {
        let file = &replay.file;
        anyhow::ensure!(file.is_file(), "replay.file: {} is not a file", file.display());
    }
    if let Some(Factors { model, .. }) = &loaded.factors {
        for set in &model.sets {
            let classes = set.classes().all().len();
            println!("emission {} {}: {classes} classes", set.name(), set.version());
        }
        println!(
            "  {} fleets, {} groups of vehicles",
            model.fleets.len(),
            model.transit.groups().len()
        );
    }
    for region in &loaded.regions {
        println!(
            "region {}: {} cities, {} feeds",
            region.id,
            region.cities.len(),
            region.feeds.len()
        );
        match loaded.setups.get(&region.id).and_then(|setup| setup.streets.as_ref()) {
            Some(streets) => println!("  network: {} links", streets.network().len()),
            None => println!("  network: none"),
        }
        for variable in region.missing_environment() {
            println!("  missing: {variable}");
        }
    }
    println!("{} is sound", arguments.config.display());
    Ok(ExitCode::SUCCESS)
}
