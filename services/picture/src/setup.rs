//! What a picture must know that is not in its log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use events::Text;
use events::wire::{AreaKind, WeatherSource};
use network::{AreaPolygon, Areas, LinkId, LinkNumber, Network, Region};
use traffic::emission::studded::{RoadState, StuddedShare, StuddedShares};
use traffic::emission::{
    Climate, EmissionModel, MeasuredWeather, Pollutant, RoadKind, StreetGroup, TrafficCurves,
    TransitCurves, TransitInterval, Weather, road_state_name,
};
use traffic::link::{Calendar, Junctions};
use traffic::matching::MatchOptions;

use crate::street::area::street_mm;
use crate::{AlertOptions, EmissionShare, EmissionWeather, FeedLimits};

/// What a picture must know that is not in its log. The same log with another setup gives another
/// picture.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Limits of feeds, by name; of others [`FeedLimits::default`].
    pub limits: BTreeMap<Text, FeedLimits>,
    /// The street network, where there is one: without it there are no links, queues and areas.
    pub streets: Option<Arc<StreetSetup>>,
    /// What operators want to be told of.
    pub alerts: AlertOptions,
}

impl From<BTreeMap<Text, FeedLimits>> for Setup {
    /// Without a street network.
    fn from(limits: BTreeMap<Text, FeedLimits>) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// The street network of a region and its areas.
#[derive(Debug)]
pub struct StreetSetup {
    network: Network,
    areas: Areas,
    street_mm: Vec<u64>,
    junctions: Junctions,
    /// Ascending.
    closed: Vec<LinkNumber>,
    options: StreetOptions,
    emission: Option<Arc<EmissionSetup>>,
}

/// What differs by region or by choice.
#[derive(Clone, Debug, PartialEq)]
pub struct StreetOptions {
    /// Map matching.
    pub matching: MatchOptions,
    /// Local time and holidays, for what is usual at an hour of the week.
    pub calendar: Calendar,
    /// A minute is closed so long after the watermark has passed its end, milliseconds: answers of
    /// map matching come late by five seconds, and by as much as the fixes are apart where that is
    /// more.
    pub close_after_ms: i64,
    /// Links that are closed to all traffic: nobody is matched there, and their flow is 0, so that
    /// what junctions take in goes elsewhere.
    pub closed: Vec<LinkId>,
}

impl Default for StreetOptions {
    fn default() -> Self {
        Self {
            matching: MatchOptions::default(),
            calendar: Calendar::default(),
            close_after_ms: 6_000,
            closed: Vec::new(),
        }
    }
}

impl StreetSetup {
    /// With the areas of a region.
    pub fn new(network: Network, region: &Region, options: StreetOptions) -> Self {
        Self::with_polygons(network, region, &[], options)
    }

    /// With the areas of a region and polygons, see [`Areas::with_polygons`].
    pub fn with_polygons(
        network: Network,
        region: &Region,
        polygons: &[AreaPolygon],
        options: StreetOptions,
    ) -> Self {
        let areas = Areas::with_polygons(&network, region, polygons);
        let street_mm = street_mm(&network, &areas);
        let junctions = Junctions::new(&network);
        // A link that a newer map has no more needs no closing.
        let closed = options.closed.iter().filter_map(|&id| network.find(id));
        let mut closed: Vec<LinkNumber> = closed.collect();
        closed.sort_unstable();
        Self { network, areas, street_mm, junctions, closed, options, emission: None }
    }

    /// The streets.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The areas that they are in.
    pub fn areas(&self) -> &Areas {
        &self.areas
    }

    /// Millimetres of street in each of them.
    pub(crate) fn street_mm(&self) -> &[u64] {
        &self.street_mm
    }

    /// Where the flows of links meet.
    pub(crate) fn junctions(&self) -> &Junctions {
        &self.junctions
    }

    /// Links that are closed whatever messages say, ascending.
    pub(crate) fn closed(&self) -> &[LinkNumber] {
        &self.closed
    }

    /// What differs by region or by choice.
    pub fn options(&self) -> &StreetOptions {
        &self.options
    }

    /// With what the traffic emits: the model, which of its fleets a city's traffic is (by the id of
    /// the city; the first is of all others), and the weather of the region.
    #[must_use]
    pub fn with_emission(
        mut self,
        model: Arc<EmissionModel>,
        fleets: &BTreeMap<Text, usize>,
        climate: EmissionClimate,
    ) -> Self {
        let mut groups: Vec<StreetGroup> = Vec::new();
        let group = |link: LinkNumber| {
            let city = self.areas.of(link).iter().find_map(|&area| {
                let area = &self.areas.all()[area as usize];
                (area.kind == AreaKind::City).then(|| area.id.trim_start_matches("city:"))
            });
            let fleet = city.and_then(|city| fleets.get(city)).copied().unwrap_or_default();
            let gradient_percent = self.network.gradient_percent(link).unwrap_or_default();
            let group = StreetGroup {
                fleet,
                road: RoadKind::of(self.network.class(link)),
                slope_percent: StreetGroup::slope_percent(gradient_percent),
            };
            let known = groups.iter().position(|&known| known == group);
            known.unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            }) as u16
        };
        let group_of = (0..self.network.len() as LinkNumber).map(group).collect();
        self.emission = Some(Arc::new(EmissionSetup {
            transit_intervals: model.transit_intervals(),
            model,
            climate,
            groups,
            group_of,
            made: Mutex::default(),
        }));
        self
    }

    /// What the traffic emits, where that is to be known.
    pub(crate) fn emission(&self) -> Option<&Arc<EmissionSetup>> {
        self.emission.as_ref()
    }
}

/// Weather and tyres of a region where nobody measures them.
#[derive(Clone, Debug, Default)]
pub struct EmissionClimate {
    /// Temperatures.
    pub climate: Climate,
    /// Studded tyres by day, and the place in that table; none are taken for none.
    pub studded: Option<(Arc<StuddedShares>, Text)>,
}

/// What the emissions of a region follow from, beside its traffic.
#[derive(Debug)]
pub(crate) struct EmissionSetup {
    model: Arc<EmissionModel>,
    /// By group of vehicles known one by one. The same in any weather, so that what a vehicle shows
    /// does not depend on which weather's curves are at hand.
    transit_intervals: Vec<TransitInterval>,
    climate: EmissionClimate,
    /// Links that are alike.
    groups: Vec<StreetGroup>,
    /// By link.
    group_of: Vec<u16>,
    /// Those that were made last: pictures that begin anew, as of a past moment, want them again.
    made: Mutex<Option<(Weather, Arc<WeatherCurves>)>>,
}

/// Curves of a weather.
#[derive(Debug)]
pub(crate) struct WeatherCurves {
    /// By factor set and group of links.
    pub(crate) by_set: Vec<Vec<LinkCurves>>,
    /// Of vehicles known one by one.
    pub(crate) transit: Vec<Vec<TransitCurves>>,
}

/// Curves of links that are alike, and by speed what groups of vehicles have to do with them.
#[derive(Clone, Debug)]
pub(crate) struct LinkCurves {
    pub(crate) curves: TrafficCurves,
    pub(crate) shares: Vec<(f64, Arc<[EmissionShare]>)>,
}

impl EmissionSetup {
    /// Number of the group of a link.
    pub(crate) fn group(&self, link: LinkNumber) -> usize {
        usize::from(self.group_of[link as usize])
    }

    /// The weather of a time: what is measured, else what is usual.
    pub(crate) fn weather(
        &self,
        calendar: &Calendar,
        time_ms: i64,
        measured: &MeasuredWeather,
    ) -> Weather {
        let (year, month, day) = calendar.date(time_ms);
        let EmissionClimate { climate, studded } = &self.climate;
        let studded = studded.as_ref().and_then(|(shares, place)| {
            shares.at(place, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
        });
        Weather {
            temperature_c: measured
                .temperature_c
                .unwrap_or_else(|| climate.temperature_c(month, day).round()),
            road: measured.road.unwrap_or(RoadState::Dry),
            studded: studded.unwrap_or(StuddedShare::default()),
            year,
        }
    }

    /// A weather as objects have it.
    pub(crate) fn shown_weather(weather: &Weather, measured: &MeasuredWeather) -> EmissionWeather {
        let source = |is_measured: bool| {
            if is_measured { WeatherSource::Measured } else { WeatherSource::Usual }
        };
        EmissionWeather {
            temperature_c: weather.temperature_c,
            temperature_source: source(measured.temperature_c.is_some()),
            road_state: Text::const_new(road_state_name(weather.road)),
            road_source: source(measured.road.is_some()),
            temperature_stations: measured.temperature_stations,
            road_stations: measured.road_stations,
        }
    }

    /// Curves of a weather.
    pub(crate) fn curves(&self, weather: &Weather) -> Arc<WeatherCurves> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, curves)) = &*made()
            && known == weather
        {
            return Arc::clone(curves);
        }
        let of_set = |set: usize| {
            let groups = self.groups.iter();
            groups.map(|group| LinkCurves::new(self.model.curves(set, group, weather))).collect()
        };
        let by_set = (0..self.model.sets.len()).map(of_set).collect();
        let transit = self.model.transit_curves(&self.slopes_percent(), weather);
        let curves = Arc::new(WeatherCurves { by_set, transit });
        *made() = Some((*weather, Arc::clone(&curves)));
        curves
    }

    /// Slopes of the streets, ascending, and level ground, where vehicles are whose street is not known.
    fn slopes_percent(&self) -> Vec<f64> {
        let of_groups = self.groups.iter().map(|group| group.slope_percent);
        let mut slopes: Vec<f64> = of_groups.chain([0.0]).collect();
        slopes.sort_by(f64::total_cmp);
        slopes.dedup_by(|a, b| a.total_cmp(b).is_eq());
        slopes
    }

    /// Name and version of the factors that are shown.
    pub(crate) fn factor_set(&self) -> Text {
        self.model.sets.first().map(set_name).unwrap_or_default()
    }

    /// Those of the others.
    pub(crate) fn other_sets(&self) -> impl Iterator<Item = Text> {
        self.model.sets.iter().skip(1).map(set_name)
    }

    /// Name and year of the mix of links that are alike, and their kind of road.
    pub(crate) fn mix_name(&self, group: usize) -> Text {
        let StreetGroup { fleet, road, .. } = self.groups[group];
        let mix = &self.model.fleets[fleet];
        format!("{} {} {}", mix.name, mix.year, road.name()).into()
    }

    /// Slope that links that are alike are taken to have, percent.
    pub(crate) fn slope_percent(&self, group: usize) -> f64 {
        self.groups[group].slope_percent
    }

    /// The group of a vehicle that is known by itself.
    pub(crate) fn transit_group(&self, feed: &str, vehicle: &str, mode: &str) -> Option<u16> {
        u16::try_from(self.model.transit.find(feed, vehicle, mode)?).ok()
    }

    /// Number of the group of a name.
    pub(crate) fn transit_group_named(&self, name: &str) -> Option<u16> {
        let mut groups = self.model.transit.groups().iter();
        u16::try_from(groups.position(|group| group.name == name)?).ok()
    }

    /// Name of such a group.
    pub(crate) fn transit_name(&self, group: u16) -> &str {
        self.model.transit.groups().get(usize::from(group)).map_or("", |group| &group.name)
    }

    /// How far single vehicles of such a group may be from what is most likely.
    pub(crate) fn transit_interval(&self, group: u16) -> TransitInterval {
        self.transit_intervals.get(usize::from(group)).copied().unwrap_or_default()
    }
}

fn set_name(set: &traffic::emission::FactorSet) -> Text {
    format!("{} {}", set.name(), set.version()).into()
}

const CO2: [Pollutant; 2] = [Pollutant::Co2Fossil, Pollutant::Co2Biogenic];
const NOX: [Pollutant; 1] = [Pollutant::Nox];
const PM: [Pollutant; 1] = [Pollutant::PmExhaust];

impl LinkCurves {
    fn new(curves: TrafficCurves) -> Self {
        let shares = curves.groups.iter().map(|(speed_km_h, groups)| {
            let total = |of: &[Pollutant]| -> f64 {
                groups.iter().flat_map(|group| of.iter().map(|of| group.rates[of.index()])).sum()
            };
            let totals = [total(&CO2), total(&NOX), total(&PM)];
            let mut shares: Vec<EmissionShare> = groups
                .iter()
                .map(|group| {
                    let share = |of: &[Pollutant], total: f64| {
                        let part: f64 = of.iter().map(|of| group.rates[of.index()]).sum();
                        if total > 0.0 { part / total } else { 0.0 }
                    };
                    EmissionShare {
                        group: group.group.as_str().into(),
                        vehicle_km: group.share,
                        co2: share(&CO2, totals[0]),
                        nox: share(&NOX, totals[1]),
                        pm: share(&PM, totals[2]),
                    }
                })
                .collect();
            shares.sort_by(|a, b| b.vehicle_km.total_cmp(&a.vehicle_km));
            (*speed_km_h, shares.into())
        });
        let shares = shares.collect();
        Self { curves, shares }
    }
}
