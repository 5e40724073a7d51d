//! The state machine: log records in, changes out.

use std::sync::Arc;

use events::{Alert, Body, EntityKind, Event, FeedStatus, LogRecord, Tally, Text};
use rustc_hash::FxHashMap;
use traffic::emission::Masses;

use crate::alert::Alerts;
use crate::deadline::FeedNumber;
use crate::detector::Detectors;
use crate::fate::{Changes, Fate, FeedContext};
use crate::feed::FeedState;
use crate::limits::FEEDS_MAX;
use crate::situation::Situations;
use crate::street::Streets;
use crate::street::emission::Ledger;
use crate::trip::Trips;
use crate::vehicle::Vehicles;
use crate::weather::WeatherStations;
use crate::{Delta, Setup, Snapshot};

/// What vehicles known one by one have emitted since the region's beginning: `vehicles` is the sum
/// of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmissionBalance {
    /// All of it.
    pub vehicles: Masses,
    /// On links, in minutes that are closed.
    pub streets: Masses,
    /// Away from the streets, or where nobody knows.
    pub elsewhere: Masses,
    /// In open minutes, or waiting for map matching.
    pub open: Masses,
}

/// The live picture of one region.
#[derive(Clone, Debug)]
pub struct Picture {
    pub(crate) region: Text,
    pub(crate) epoch: Text,
    pub(crate) setup: Setup,
    /// Offset of the newest record that is in.
    pub(crate) sequence: Option<u64>,
    pub(crate) feeds: Vec<FeedState>,
    /// For look-up only.
    pub(crate) feed_numbers: FxHashMap<Text, FeedNumber>,
    pub(crate) vehicles: Vehicles,
    pub(crate) detectors: Detectors,
    pub(crate) situations: Situations,
    pub(crate) trips: Trips,
    pub(crate) weather: WeatherStations,
    /// Boxed: most of a picture's moves are from one thread to another.
    pub(crate) streets: Option<Box<Streets>>,
    /// Empty where nobody asks for alerts.
    pub(crate) alerts: Alerts,
}

impl Picture {
    /// An empty picture of a region. `epoch` is the identity of the log that offsets belong to; a
    /// feed that the setup does not name gets [`FeedLimits::default`](crate::FeedLimits::default).
    pub fn new(region: Text, epoch: Text, setup: impl Into<Setup>) -> Self {
        let setup = setup.into();
        let streets = setup.streets.as_ref().map(|streets| Streets::new(Arc::clone(streets)));
        Self {
            streets: streets.map(Box::new),
            region,
            epoch,
            setup,
            sequence: None,
            feeds: Vec::new(),
            feed_numbers: FxHashMap::default(),
            vehicles: Vehicles::new(),
            detectors: Detectors::new(),
            situations: Situations::new(),
            trips: Trips::new(),
            weather: WeatherStations::new(),
            alerts: Alerts::default(),
        }
    }

    /// Takes one record of the log in and appends what changed to `out`, numbered by the record's
    /// offset. A record that is in already (offset not above the newest) is ignored.
    pub fn apply(&mut self, offset: u64, record: &LogRecord, out: &mut Vec<Delta>) {
        if self.sequence.is_some_and(|newest| offset <= newest) {
            return;
        }
        self.sequence = Some(offset);
        let mut changes = Changes::new(offset, out);
        match record {
            LogRecord::Event(event) => self.event(event, &mut changes),
            LogRecord::Tally(tally) => self.tally(tally),
            LogRecord::FeedStatus(status) => self.status(status, &mut changes),
        }
    }

    /// What operators are to be told of after some changes. Takes all that [`Self::apply`] gave, once and
    /// in order, whole records at a time; what is known of alerts goes into the checkpoint.
    ///
    /// ```
    /// use events::{Connection, FeedStatus, LogRecord};
    /// use picture::{Picture, Setup};
    ///
    /// let mut picture = Picture::new("region".into(), "log-1".into(), Setup::default());
    /// let mut alerts = Vec::new();
    /// for minute in 0..3 {
    ///     let status = FeedStatus {
    ///         feed: "trams".into(),
    ///         received_time_ms: minute * 60_000,
    ///         connection: Connection::Down.into(),
    ///         ..FeedStatus::default()
    ///     };
    ///     let mut deltas = Vec::new();
    ///     picture.apply(minute as u64, &LogRecord::FeedStatus(status), &mut deltas);
    ///     alerts.extend(picture.alerts(&deltas));
    /// }
    /// assert_eq!(alerts[0].id, "feed/trams");
    /// assert_eq!((alerts[0].since_ms, alerts[0].time_ms), (0, 120_000));
    /// ```
    pub fn alerts(&mut self, deltas: &[Delta]) -> Vec<Alert> {
        self.alerts.observe(&self.setup.alerts, deltas)
    }

    /// Offset of the newest record that is in.
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// What vehicles known one by one have emitted, and where it went; none without emissions.
    pub fn emission_balance(&self) -> Option<EmissionBalance> {
        let streets = self.streets.as_ref()?;
        let Ledger { vehicles, links, elsewhere } = streets.emissions.as_ref()?.ledger;
        let mut open = Masses::default();
        for (_, _, emitted) in streets.open.transit() {
            open.add(&emitted.masses);
        }
        for slot in self.vehicles.index.sorted() {
            if let Some(meter) = &self.vehicles.index.slot(slot).state.moving.meter {
                meter.waiting.iter().for_each(|(_, emitted)| open.add(&emitted.masses));
            }
        }
        Some(EmissionBalance { vehicles, streets: links, elsewhere, open })
    }

    /// Id of the region.
    pub fn region(&self) -> &Text {
        &self.region
    }

    /// Identity of the log that sequences belong to.
    pub fn epoch(&self) -> &Text {
        &self.epoch
    }

    /// All of it, as of the newest record; feeds as of their newest status.
    pub fn snapshot(&self) -> Snapshot {
        let mut feeds: Vec<_> = self.feeds.iter().filter_map(|f| f.shown.clone()).collect();
        feeds.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        let objects = self.vehicles.index.objects().cloned();
        let objects = objects
            .chain(self.detectors.index.objects().cloned())
            .chain(self.situations.index.objects().cloned())
            .chain(self.trips.index.objects().cloned())
            .chain(feeds)
            .chain(self.streets.iter().flat_map(|streets| streets.objects()).cloned())
            .chain(self.weather.index.objects().cloned());
        Snapshot {
            region: self.region.clone(),
            epoch: self.epoch.clone(),
            sequence: self.sequence,
            objects: objects.collect(),
        }
    }

    fn event(&mut self, event: &Event, changes: &mut Changes<'_>) {
        let Some(number) = self.feed_number(&event.feed) else {
            return;
        };
        let feed = self.context(number);
        let fate = match &event.body {
            Body::VehiclePosition(report) => {
                let streets = self.streets.as_deref_mut();
                self.vehicles.report(&feed, event, report, streets, changes)
            }
            Body::TripUpdate(update) => self.trips.update(&feed, event, update, changes),
            Body::DetectorMeasurement(measurement) => {
                let fate = self.detectors.measurement(&feed, event, measurement, changes);
                if let (Fate::Applied, Some(streets)) = (fate, &mut self.streets) {
                    streets.measure(number, event, measurement);
                }
                fate
            }
            Body::DetectorStation(station) => {
                let fate = self.detectors.station(&feed, event, station, changes);
                if let (Fate::Applied, Some(streets)) = (fate, &mut self.streets) {
                    streets.describe(event, &self.detectors);
                }
                fate
            }
            Body::SituationRecord(record) => self.situations.version(&feed, event, record, changes),
            Body::WeatherMeasurement(measurement) => {
                self.weather.measurement(&feed, event, measurement, changes)
            }
            Body::WeatherStation(station) => self.weather.station(&feed, event, station, changes),
            Body::Retraction(kind) => match kind {
                EntityKind::Vehicle => self.vehicles.retract(&feed, event, changes),
                EntityKind::Trip => self.trips.retract(&feed, event, changes),
                EntityKind::Detector => {
                    let fate = self.detectors.retract(&feed, event, changes);
                    if let Some(streets) = &mut self.streets {
                        streets.describe(event, &self.detectors);
                    }
                    fate
                }
                EntityKind::Situation => self.situations.retract(&feed, event, changes),
                EntityKind::Weather => self.weather.retract(&feed, event, changes),
                EntityKind::Unspecified => Fate::Dropped("unknown_kind"),
            },
        };
        self.feeds[number as usize].count_event(event, fate);
    }

    fn tally(&mut self, tally: &Tally) {
        if let Some(number) = self.feed_number(&tally.feed) {
            self.feeds[number as usize].count_tally(tally);
        }
    }

    fn status(&mut self, status: &FeedStatus, changes: &mut Changes<'_>) {
        let Some(number) = self.feed_number(&status.feed) else {
            return;
        };
        let shown = self.feeds[number as usize].status(status);
        let feed = self.context(number);
        if let Some(streets) = self.streets.as_deref_mut() {
            self.vehicles.settle(&feed, streets);
        }
        self.vehicles.expire(&feed, self.streets.as_deref_mut(), changes);
        self.detectors.expire(&feed, shown.feed(), changes);
        self.situations.expire(&feed, changes);
        self.trips.expire(&feed, changes);
        self.weather.expire(&feed, shown.feed(), changes);
        if let Some(streets) = self.streets.as_deref_mut()
            && streets.follows(number)
        {
            let (weather, feeds) = (&self.weather, &self.feeds);
            let weather =
                |at_ms| weather.settled(at_ms, |feed| feeds[feed as usize].ledger.watermark_ms);
            streets.advance(&feed, &mut self.situations, &weather, changes);
        }
        changes.updated(shown);
        self.forget_silent_feeds(status.received_time_ms, changes);
    }

    pub(crate) fn context(&self, number: FeedNumber) -> FeedContext {
        let feed = &self.feeds[number as usize];
        FeedContext {
            number,
            limits: feed.limits,
            watermark_ms: feed.ledger.watermark_ms,
            relisted_since_ms: feed.relisted_since_ms(),
        }
    }

    /// Number of a feed, new ones counted on; none when there are too many.
    pub(crate) fn feed_number(&mut self, name: &str) -> Option<FeedNumber> {
        if let Some(&number) = self.feed_numbers.get(name) {
            return Some(number);
        }
        if self.feeds.len() >= FEEDS_MAX {
            return None;
        }
        let number = self.feeds.len() as FeedNumber;
        let limits = self.setup.limits.get(name).copied().unwrap_or_default();
        self.feeds.push(FeedState::new(name.into(), limits));
        self.feed_numbers.insert(name.into(), number);
        Some(number)
    }
}
