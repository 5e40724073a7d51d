//! What the pictures of regions must know, made of their configuration: as it is, or with something
//! otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::replay::SetupsIf;
use events::Text;
use gateway::{FeedWhatIf, RegionWhatIf, WhatIf};
use ingest::RegionConfig;
use network::{AreaPolygon, LinkId, Network};
use picture::{
    AlertOptions, Calendar, EmissionClimate, FeedLimits, Setup, StreetOptions, StreetSetup,
};
use traffic::emission::Climate;

use crate::config::ConfigError;
use crate::factors::{self, Factors};

/// What the pictures must know, by region. Reads street networks and polygons.
pub(crate) fn setups(
    regions: &[RegionConfig],
    factors: Option<&Factors>,
) -> Result<BTreeMap<Text, Setup>, ConfigError> {
    regions.iter().map(|region| Ok((region.id.clone(), setup(region, factors)?))).collect()
}

/// Makes what the pictures must know where something is otherwise. `regions` and `emission` are as
/// loaded.
pub(crate) fn setups_if(regions: Vec<RegionConfig>, emission: Option<PathBuf>) -> SetupsIf {
    Arc::new(move |what_if| setups_otherwise(regions.clone(), emission.as_deref(), what_if))
}

fn setups_otherwise(
    mut regions: Vec<RegionConfig>,
    emission: Option<&Path>,
    what_if: &WhatIf,
) -> Result<BTreeMap<Text, Setup>, String> {
    for id in what_if.regions.keys() {
        if regions.iter().all(|region| region.id != *id) {
            return Err(format!("what_if.regions: there is no region {id:?}"));
        }
    }
    for name in what_if.feeds.keys() {
        if regions.iter().flat_map(|region| &region.feeds).all(|feed| feed.name != *name) {
            return Err(format!("what_if.feeds: there is no feed {name:?}"));
        }
    }
    for region in &mut regions {
        if let Some(RegionWhatIf { closed_links, close_after_s, temperature_c }) =
            what_if.regions.get(&region.id).cloned()
        {
            region.closed_links.extend(closed_links.unwrap_or_default());
            region.close_after_s = close_after_s.unwrap_or(region.close_after_s);
            region.temperature_c = temperature_c.or(region.temperature_c);
        }
        for feed in &mut region.feeds {
            let Some(FeedWhatIf { lateness_s, expire_after_s, speed_km_h_max }) =
                what_if.feeds.get(&feed.name).cloned()
            else {
                continue;
            };
            feed.lateness_s = lateness_s.unwrap_or(feed.lateness_s);
            feed.expire_after_s = expire_after_s.unwrap_or(feed.expire_after_s);
            feed.speed_km_h_max = speed_km_h_max.unwrap_or(feed.speed_km_h_max);
        }
        region.validate().map_err(|error| {
            format!("what_if.regions.{}: {}: {}", region.id, error.key, error.message)
        })?;
    }
    let read = |folder| factors::read_if(folder, &what_if.emission);
    let said = |error: &dyn std::fmt::Display| format!("what_if: {error}");
    let factors = emission.map(read).transpose().map_err(|error| said(&error))?;
    setups(&regions, factors.as_ref()).map_err(|error| said(&error))
}

/// Reads the polygons of a region's areas.
fn polygons(region: &RegionConfig) -> Result<Vec<AreaPolygon>, ConfigError> {
    let mut all = Vec::new();
    for area in &region.areas {
        let path = &area.file;
        let bytes = std::fs::read(path)
            .map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let name = area.name.as_ref().unwrap_or(&area.id);
        let read = AreaPolygon::read(area.kind, &bytes, &area.id, name);
        all.extend(read.map_err(|source| ConfigError::Polygons { path: path.clone(), source })?);
    }
    Ok(all)
}

/// What the picture of a region must know. Reads its street network.
fn setup(region: &RegionConfig, factors: Option<&Factors>) -> Result<Setup, ConfigError> {
    let streets = region.network.as_ref().map(|path| -> Result<_, ConfigError> {
        let error = |message: String| {
            let (region, path) = (region.id.clone(), path.clone());
            ConfigError::Network { region, path, message }
        };
        let bytes = std::fs::read(path).map_err(|reason| {
            error(format!("{reason}; make it with `tilanne network import`, or leave out the key"))
        })?;
        let network = Network::from_bytes(&bytes).map_err(|reason| error(reason.to_string()))?;
        let bad = |reason: ingest::OptionsError| error(reason.to_string());
        let offsets = region.utc_offsets().map_err(bad)?;
        let calendar = Calendar::new(offsets, region.holiday_days().map_err(bad)?);
        let options = StreetOptions {
            calendar,
            close_after_ms: region.close_after_s.saturating_mul(1_000),
            closed: closed_links(region, &network).map_err(error)?,
            ..StreetOptions::default()
        };
        let polygons = polygons(region)?;
        let setup = StreetSetup::with_polygons(network, &region.region(), &polygons, options);
        Ok(Arc::new(match factors {
            Some(factors) => with_emission(setup, region, factors),
            None => setup,
        }))
    });
    let alerts = AlertOptions {
        lasts_ms: region.alerts.lasts_s.saturating_mul(1_000),
        queue_length_m_min: region.alerts.queue_length_m_min,
        queue_delay_s_min: region.alerts.queue_delay_s_min,
        kinds: region.alerts.kinds.clone(),
    };
    Ok(Setup { limits: limits(region), streets: streets.transpose()?, alerts })
}

/// The links that a region says are closed.
fn closed_links(region: &RegionConfig, network: &Network) -> Result<Vec<LinkId>, String> {
    let links = region.closed_links.iter().map(|text| {
        let id: LinkId = text.parse().map_err(|error| format!("closed_links: {error}"))?;
        let is_there = network.find(id).is_some();
        is_there.then_some(id).ok_or_else(|| format!("closed_links: it has no link {text}"))
    });
    links.collect()
}

fn with_emission(setup: StreetSetup, region: &RegionConfig, factors: &Factors) -> StreetSetup {
    let place = region.cities.first().map_or_else(|| region.id.clone(), |city| city.id.clone());
    let climate = EmissionClimate {
        climate: region.temperature_c.map(Climate).unwrap_or_default(),
        studded: Some((Arc::clone(&factors.studded), place)),
    };
    setup.with_emission(Arc::clone(&factors.model), &factors.fleets, climate)
}

/// What the picture of a region needs to know of its feeds.
fn limits(region: &RegionConfig) -> BTreeMap<Text, FeedLimits> {
    let limits = region.feeds.iter().map(|feed| {
        let limits = FeedLimits {
            lateness_ms: feed.lateness_s.saturating_mul(1_000),
            expire_after_ms: feed.expire_after_s.saturating_mul(1_000),
            speed_km_h_max: feed.speed_km_h_max,
            relists_after_ms: feed.relists_after_s().map(|after_s| after_s.saturating_mul(1_000)),
            ..FeedLimits::default()
        };
        (feed.name.clone(), limits)
    });
    limits.collect()
}
