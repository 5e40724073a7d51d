//! The state of every street: vehicles and detectors on the links of the network, window by window
//! of event time.
//!
//! Vehicles come here fix by fix, once none older is expected (see [`crate::vehicle`]), are matched
//! to the network, and what they drove is summed in cells of link and minute. When the watermarks
//! of the feeds that send vehicles have passed the end of a minute, it is closed: links, queues,
//! areas and the effect of traffic messages follow from its sums, from the detectors and from what
//! was learned before. All sums are of whole numbers, so that the order of arrival within the
//! lateness bound does not matter.

pub(crate) mod area;
pub(crate) mod cell;
pub(crate) mod detector;
pub(crate) mod emission;
pub(crate) mod flow;
pub(crate) mod link;
pub(crate) mod probe;
pub(crate) mod queue;
mod show;
pub(crate) mod situation;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use compact_str::format_compact;
use events::{DetectorMeasurement, Event, Text, TripDescriptor};
use network::LinkNumber;
use traffic::emission::{MeasuredWeather, StationWeather};
use traffic::matching::{Matches, Scratch, Unknown};

use crate::deadline::FeedNumber;
use crate::detector::{Detectors, mmdd};
use crate::fate::{Changes, FeedContext};
use crate::feed::NO_WATERMARK;
use crate::index::Index;
use crate::setup::StreetSetup;
use crate::situation::Situations;
use crate::vehicle::track;
use crate::{Layer, Object, VehicleMatch};
use cell::{Closed, OpenMinutes};
use detector::TiedDetectors;
use emission::{Emissions, Meter, Transit};
use link::{Links, Window};
use probe::{Answer, MINUTE_MS, Matching};
pub(crate) use probe::{Kind, Probe};
use queue::Queues;
use situation::Touching;

/// A feed whose watermark is behind the others' by more is not waited for: it has stopped.
const BEHIND_MS_MAX: i64 = 60_000;

/// Detectors are waited for so much longer than vehicles, milliseconds. Later means are taken as
/// they are: the newest that is not too old.
const DETECTORS_LATE_MS: i64 = 15_000;

/// So long is a vehicle taken to be on a slope like that of the link it was last known to be on,
/// milliseconds: answers come up to five seconds late, at one fix in ten seconds two fixes late.
const SLOPE_HOLDS_MS: i64 = 30_000;

/// Minutes that are closed one by one after a silence; those before them have nothing in them.
const SILENT_MINUTES_MAX: i64 = 120;

/// Minutes of a long window.
const LONG_MINUTES: i64 = 5;

/// Winter limits are in force from this day to that one, MMDD: Finland lowers limits from October
/// or November to March or April.
const WINTER_MMDD: (u32, u32) = (1_101, 331);

/// The streets of a region.
#[derive(Clone, Debug)]
pub(crate) struct Streets {
    pub(crate) setup: Arc<StreetSetup>,
    /// Watermarks of the feeds that send road vehicles or measurements.
    pub(crate) watermarks: BTreeMap<FeedNumber, i64>,
    /// Those of them that send road vehicles.
    pub(crate) vehicle_feeds: BTreeSet<FeedNumber>,
    pub(crate) open: OpenMinutes,
    pub(crate) links: Links,
    pub(crate) detectors: TiedDetectors,
    pub(crate) queues: Queues,
    pub(crate) queue_index: Index<()>,
    pub(crate) area_index: Index<()>,
    /// Where it is to be known what is emitted.
    pub(crate) emissions: Option<Emissions>,
    /// Follows from the situations layer.
    pub(crate) touching: Touching,
    /// Work memory.
    scratch: Scratch,
    matches: Matches,
    elsewhere: Transit,
}

/// A vehicle that moves: what it is on the street network, if it drives there, and what meters its
/// emission, if it is known by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moving {
    pub(crate) probe: Option<Box<Probe>>,
    pub(crate) meter: Option<Box<Meter>>,
}

impl Moving {
    /// Whether anything is to be known of its fixes.
    pub(crate) fn is_followed(&self) -> bool {
        self.probe.is_some() || self.meter.is_some()
    }
}

impl Streets {
    pub(crate) fn new(setup: Arc<StreetSetup>) -> Self {
        let emissions = setup.emission().cloned().map(Emissions::new);
        let touching = Touching::new(setup.closed());
        Self {
            setup,
            emissions,
            watermarks: BTreeMap::new(),
            vehicle_feeds: BTreeSet::new(),
            open: OpenMinutes::default(),
            links: Links::new(),
            detectors: TiedDetectors::default(),
            queues: Queues::default(),
            queue_index: Index::new(Layer::Queues),
            area_index: Index::new(Layer::Areas),
            touching,
            scratch: Scratch::default(),
            matches: Matches::default(),
            elsewhere: Transit::default(),
        }
    }

    /// Drives a vehicle by fixes that are settled, in the order of event time.
    pub(crate) fn drive(
        &mut self,
        moving: &mut Moving,
        trip: Option<&TripDescriptor>,
        fixes: &[track::Fix],
    ) {
        let Some(first) = fixes.first() else { return };
        // Fixes of other vehicles may be older by as much as the lateness bound.
        self.open.open(first.time_ms.div_euclid(MINUTE_MS) - 1);
        let Moving { probe, meter } = moving;
        if meter.is_some() {
            self.prepare_emissions();
        }
        // One by one, for the slope of a fix is that of the link before it.
        for fix in fixes {
            if let Some(meter) = meter {
                let slope = self.slope(probe.as_deref(), fix.time_ms);
                if let Some(emissions) = &mut self.emissions {
                    emissions.feed(meter, fix, slope);
                }
            }
            if let Some(probe) = probe {
                probe.push(fix, meter.as_deref_mut(), &mut self.matching(trip));
            }
        }
        if probe.is_none() {
            self.let_go(meter.as_deref_mut());
        } else if meter.is_some() {
            self.take_elsewhere();
        }
    }

    /// Lets a vehicle go: its last seconds are told, and its last fixes answered.
    pub(crate) fn finish(&mut self, moving: &mut Moving) {
        let Moving { probe, meter } = moving;
        if let Some(meter) = meter {
            self.prepare_emissions();
            let last_ms = meter.last.map_or(i64::MAX, |last| last.time_ms);
            let slope = self.slope(probe.as_deref(), last_ms);
            if let Some(emissions) = &mut self.emissions {
                emissions.finish(meter, slope);
            }
        }
        if let Some(probe) = probe {
            probe.finish(meter.as_deref_mut(), &mut self.matching(None));
            self.take_elsewhere();
        }
        self.let_go(meter.as_deref_mut());
    }

    /// Rise over length of the link that a vehicle was on shortly before a time; 0 where that is not
    /// known. Matching answers some seconds late, and power does not wait for it.
    fn slope(&self, probe: Option<&Probe>, time_ms: i64) -> f64 {
        let answer = probe.and_then(|probe| probe.answer);
        let recent =
            answer.filter(|answer| time_ms.saturating_sub(answer.time_ms) <= SLOPE_HOLDS_MS);
        let link = recent.and_then(|answer| answer.link);
        let percent = link.and_then(|(link, _)| self.setup.network().gradient_percent(link));
        percent.unwrap_or_default() / 100.0
    }

    fn take_elsewhere(&mut self) {
        let elsewhere = std::mem::take(&mut self.elsewhere);
        if let Some(emissions) = &mut self.emissions {
            emissions.elsewhere(&elsewhere);
        }
    }

    /// What a vehicle emitted and has no place on a street.
    fn let_go(&mut self, meter: Option<&mut Meter>) {
        if let (Some(meter), Some(emissions)) = (meter, &mut self.emissions) {
            emissions.elsewhere(&meter.take(i64::MAX));
        }
    }

    /// Gets ready for what is emitted in the first open minute.
    fn prepare_emissions(&mut self) {
        let (Some(emissions), Some(first)) = (&mut self.emissions, self.open.first()) else {
            return;
        };
        let setup = Arc::clone(&emissions.setup);
        let calendar = &self.setup.options().calendar;
        let measured = emissions.measured;
        emissions.prepare(first, || setup.weather(calendar, first * MINUTE_MS, &measured));
    }

    /// What meters a vehicle's emission, if it is one that is known by itself.
    pub(crate) fn meter(&self, event: &Event, mode: &str) -> Option<Box<Meter>> {
        let setup = &self.emissions.as_ref()?.setup;
        let group = setup.transit_group(&event.feed, &event.entity, mode)?;
        Some(Box::new(Meter::new(group)))
    }

    fn matching(&mut self, trip: Option<&TripDescriptor>) -> Matching<'_> {
        let network = self.setup.network();
        let route = trip.and_then(|trip| {
            let direction = trip.direction_id.and_then(|id| u8::try_from(id).ok());
            Some(network.schedule().route_links(trip.route_id.as_deref()?, direction))
        });
        Matching {
            network,
            plane: network.plane(),
            options: &self.setup.options().matching,
            closed: self.touching.closed(),
            route: route.unwrap_or_default(),
            scratch: &mut self.scratch,
            matches: &mut self.matches,
            links: &self.links,
            open: &mut self.open,
            elsewhere: &mut self.elsewhere,
        }
    }

    /// An answer as the vehicle's object has it.
    pub(crate) fn vehicle_match(&self, answer: &Answer) -> VehicleMatch {
        let network = self.setup.network();
        let unknown = answer.unknown.map_or("", |unknown| match unknown {
            Unknown::OffNetwork => "off_network",
            Unknown::Tunnel => "tunnel",
            Unknown::Ferry => "ferry",
            Unknown::ClosedStreet => "closed_street",
            Unknown::Ambiguous => "ambiguous",
            Unknown::OutOfOrder => "out_of_order",
        });
        let (link, along_m) = match answer.link {
            Some((link, along_m)) => (network.id(link).to_string().into(), along_m.into()),
            None => (Text::default(), 0.0),
        };
        VehicleMatch {
            event_time_ms: answer.time_ms,
            link,
            along_m,
            confidence: answer.confidence.into(),
            unknown: Text::const_new(unknown),
        }
    }

    /// Objects of links, queues and areas, by layer and id.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        let links = self.links.index.objects();
        let emissions = self.emissions.iter().flat_map(Emissions::objects);
        links.chain(self.queue_index.objects()).chain(self.area_index.objects()).chain(emissions)
    }

    /// Takes a detector's measurement in.
    pub(crate) fn measure(
        &mut self,
        feed: FeedNumber,
        event: &Event,
        measurement: &DetectorMeasurement,
    ) {
        self.watermarks.entry(feed).or_insert(NO_WATERMARK);
        let id = format_compact!("{}:{}", event.feed, event.entity);
        self.detectors.measure(&id, event.event_time_ms, measurement);
    }

    /// Looks anew where the detector of an event is, if it is there at all.
    pub(crate) fn describe(&mut self, event: &Event, detectors: &Detectors) {
        let id = format_compact!("{}:{}", event.feed, event.entity);
        match detectors.station_of(&id) {
            Some(station) => self.detectors.describe(self.setup.network(), &id, station),
            None => self.detectors.remove(&id),
        }
    }

    /// Nothing comes of a feed any more.
    pub(crate) fn forget(&mut self, feed: FeedNumber, name: &str) {
        self.watermarks.remove(&feed);
        self.vehicle_feeds.remove(&feed);
        self.detectors.forget(name);
    }

    /// From now on minutes wait for a feed, which has sent a road vehicle.
    pub(crate) fn follow(&mut self, feed: FeedNumber) {
        self.watermarks.entry(feed).or_insert(NO_WATERMARK);
        self.vehicle_feeds.insert(feed);
    }

    /// Whether minutes wait for a feed: it has sent road vehicles or a detector's measurement.
    pub(crate) fn follows(&self, feed: FeedNumber) -> bool {
        self.watermarks.contains_key(&feed)
    }

    /// Goes on to the watermark of a feed of road vehicles, and closes the minutes that all such
    /// feeds have passed. `weather` is what stations said about a time.
    pub(crate) fn advance(
        &mut self,
        feed: &FeedContext,
        situations: &mut Situations,
        weather: &impl Fn(i64) -> Vec<StationWeather>,
        changes: &mut Changes<'_>,
    ) {
        self.watermarks.insert(feed.number, feed.watermark_ms);
        let complete_ms = self.complete_ms();
        // A feed of vehicles has sent some and not said yet how far it is.
        if complete_ms == NO_WATERMARK {
            return;
        }
        let due_ms = complete_ms.saturating_sub(self.setup.options().close_after_ms);
        self.open.open(due_ms.div_euclid(MINUTE_MS));
        while let Some(first) = self.open.first() {
            let end_ms = (first + 1) * MINUTE_MS;
            if end_ms > due_ms {
                break;
            }
            // What was seen before a silence is of the five minutes that it was seen in.
            if first % LONG_MINUTES == 0 {
                self.open.skip_to(due_ms.div_euclid(MINUTE_MS) - SILENT_MINUTES_MAX);
            }
            self.close(situations, changes);
            // With it the next minute is worked out, from its first fix on.
            if let Some(emissions) = &mut self.emissions {
                emissions.measured = MeasuredWeather::of(&weather(end_ms), &emissions.measured);
            }
        }
    }

    /// Until when what is waited for has come: fixes of vehicles, and for a while the means of
    /// detectors, which are published once a minute and late.
    fn complete_ms(&self) -> i64 {
        let (vehicles, detectors): (Vec<_>, Vec<_>) =
            self.watermarks.iter().partition(|(feed, _)| self.vehicle_feeds.contains(feed));
        let vehicles_ms = reached(vehicles.into_iter().map(|(_, &at_ms)| at_ms));
        let detectors_ms = reached(detectors.into_iter().map(|(_, &at_ms)| at_ms));
        match (vehicles_ms, detectors_ms) {
            (Some(vehicles_ms), Some(detectors_ms)) => {
                vehicles_ms.min(detectors_ms.max(vehicles_ms.saturating_sub(DETECTORS_LATE_MS)))
            }
            (vehicles_ms, detectors_ms) => vehicles_ms.or(detectors_ms).unwrap_or(NO_WATERMARK),
        }
    }

    /// Closes the first open minute.
    fn close(&mut self, situations: &mut Situations, changes: &mut Changes<'_>) {
        let Some(minute) = self.open.first() else { return };
        let end_ms = (minute + 1) * MINUTE_MS;
        self.prepare_emissions();
        let Closed { cells, transit } = self.open.close();
        let setup = Arc::clone(&self.setup);
        let network = setup.network();
        self.touching.refresh(network, &situations.index, end_ms);
        let day = mmdd(end_ms - 1);
        let Self { links, detectors, touching, .. } = self;
        let window = Window {
            network,
            detectors,
            situations: touching,
            junctions: setup.junctions(),
            slot: setup.options().calendar.week_five_minutes(end_ms - 1),
            end_ms,
            minutes: 1,
            winter: day >= WINTER_MMDD.0 || day <= WINTER_MMDD.1,
        };
        let mut shown: BTreeMap<LinkNumber, Arc<Object>> = BTreeMap::new();
        shown.extend(links.minute(&window, &cells));
        links.learn_minute(&window, &cells);
        let long = (minute + 1) % LONG_MINUTES == 0;
        let long_window = Window { minutes: LONG_MINUTES, ..window };
        if long {
            shown.extend(links.five_minutes(&long_window));
        }
        for object in shown.values() {
            changes.updated(Arc::clone(object));
        }
        let mut five = None;
        if let Some(emissions) = &mut self.emissions {
            emissions.minute(&window, &shown, &transit, changes);
            five = long.then(|| emissions.five_minutes(&long_window, &shown, changes));
        }
        self.show_queues(end_ms, changes);
        self.show_areas(end_ms, changes);
        self.show_effects(end_ms, situations, changes);
        self.show_area_emissions(end_ms, five, changes);
    }

    /// Finds the messages on links anew after a restart.
    pub(crate) fn refresh_situations(&mut self, situations: &Situations) {
        if let Some(first) = self.open.first() {
            let network = self.setup.network();
            self.touching.refresh(network, &situations.index, first * MINUTE_MS);
        }
    }
}

/// Where the feeds with these watermarks are together; one that has stopped is not waited for.
fn reached(watermarks_ms: impl Iterator<Item = i64> + Clone) -> Option<i64> {
    let newest_ms = watermarks_ms.clone().max()?;
    let behind_ms = newest_ms.saturating_sub(BEHIND_MS_MAX);
    watermarks_ms.filter(|&at_ms| at_ms >= behind_ms).min()
}
