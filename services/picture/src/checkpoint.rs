//! All that a picture knows, as bytes, to go on from after a restart.

mod convert;
mod emission;
mod message;
mod street;
mod weather;

use events::Text;
use prost::Message;

use crate::fate::FeedContext;
use crate::street::Streets;
use crate::{DecodeError, Object, Picture, Setup};
use message::{Kind, Part};
use street::{Read, Written};

/// Version of the encoding. Another version is not read, and then what was learned before the log
/// begins is lost. So what is new is a field that older checkpoints lack and older programs pass over;
/// a new version is for what has no such way.
const VERSION: u32 = 6;

/// Why a checkpoint cannot be gone on from. The remedy is the same for all: leave it and read the
/// log from its beginning.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Corruption, or a newer version.
    #[error("checkpoint is not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// It does not begin with a header, or speaks of a feed that it has not.
    #[error("checkpoint is incomplete: {0} is missing")]
    Incomplete(&'static str),
    /// It was written by a program with another encoding.
    #[error("checkpoint has version {found}, this program reads {VERSION}")]
    OtherVersion {
        /// Version in the header.
        found: u32,
    },
    /// It is of another region, or of another log.
    #[error("checkpoint is of region {region} and log {epoch}")]
    OtherPicture {
        /// Region in the header.
        region: String,
        /// Epoch in the header.
        epoch: String,
    },
}

impl From<prost::DecodeError> for RestoreError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Malformed(error.into())
    }
}

impl Picture {
    /// All that the picture knows, hidden state included. Canonical: pictures that behave the same
    /// give the same bytes.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut links = Written::default();
        let mut body = Vec::new();
        let mut put = |kind| put_part(&mut body, kind);
        for feed in &self.feeds {
            put(Kind::Feed(feed.into()));
        }
        for number in self.vehicles.index.sorted() {
            let slot = self.vehicles.index.slot(number);
            let object = slot.object().map(AsRef::as_ref);
            let vehicle = message::Vehicle::new(
                slot.id(),
                &slot.state,
                object,
                self.streets.as_deref(),
                &mut links,
            );
            put(Kind::Vehicle(Box::new(vehicle)));
        }
        for number in self.detectors.index.sorted() {
            let slot = self.detectors.index.slot(number);
            put(Kind::Detector(message::Detector::new(slot.id(), &slot.state)));
        }
        for number in self.situations.index.sorted() {
            let slot = self.situations.index.slot(number);
            let object = slot.object().map(AsRef::as_ref);
            let situation = message::Situation::new(slot.id(), &slot.state, object);
            put(Kind::Situation(Box::new(situation)));
        }
        for number in self.trips.index.sorted() {
            let slot = self.trips.index.slot(number);
            let object = slot.object().map(AsRef::as_ref);
            put(Kind::Trip(message::Trip::new(slot.id(), &slot.state, object)));
        }
        for number in self.weather.index.sorted() {
            let slot = self.weather.index.slot(number);
            put(Kind::Weather(weather::WeatherPart::new(slot.id(), &slot.state)));
        }
        if self.alerts.has_begun() {
            put(Kind::Alerts((&self.alerts).into()));
        }
        if let Some(streets) = &self.streets {
            streets.put(&mut links, &mut put);
            streets.put_emissions(&mut links, &mut put);
        }
        let mut bytes = Vec::with_capacity(body.len());
        put_part(
            &mut bytes,
            Kind::Header(message::Header {
                version: VERSION,
                region: self.region.to_string(),
                epoch: self.epoch.to_string(),
                sequence: self.sequence,
            }),
        );
        if let Some(streets) = &self.streets {
            put_part(&mut bytes, Kind::Links(links.table(streets.setup.network())));
        }
        bytes.extend(body);
        bytes
    }

    /// A picture that behaves, for ever after, like the one that wrote the checkpoint.
    pub fn restore(
        region: Text,
        epoch: Text,
        setup: impl Into<Setup>,
        mut bytes: &[u8],
    ) -> Result<Self, RestoreError> {
        let mut picture = Self::new(region, epoch, setup);
        let Some(Kind::Header(header)) = next_part(&mut bytes)? else {
            return Err(RestoreError::Incomplete("the header"));
        };
        if header.version != VERSION {
            return Err(RestoreError::OtherVersion { found: header.version });
        }
        if header.region != picture.region || header.epoch != picture.epoch {
            return Err(RestoreError::OtherPicture { region: header.region, epoch: header.epoch });
        }
        picture.sequence = header.sequence;
        let mut links = Read::default();
        let (mut areas, mut area_emissions) = (Vec::new(), Vec::new());
        let mut closed = None;
        while let Some(part) = next_part(&mut bytes)? {
            match part {
                Kind::Links(table) => {
                    if let Some(streets) = &picture.streets {
                        links = Read::new(&table, streets.setup.network());
                    }
                }
                Kind::Shares(part) => {
                    links.shares.push(part.shares.into_iter().map(Into::into).collect());
                }
                Kind::Streets(header) => {
                    closed = links.closed(&header);
                    picture.restore_part(Kind::Streets(header), &links)?;
                }
                Kind::Area(area) => areas.push(area),
                Kind::AreaEmission(area) => area_emissions.push(*area),
                part => picture.restore_part(part, &links)?,
            }
        }
        let shown = picture.feeds.iter().filter_map(|feed| Some((feed, feed.shown.as_ref()?)));
        let heard = shown.map(|(feed, _)| (feed.ledger.id.clone(), feed.ledger.status_time_ms));
        picture.alerts.heard_ms = heard.collect();
        picture.vehicles.index.build_tree();
        picture.detectors.index.build_tree();
        picture.situations.index.build_tree();
        picture.trips.index.build_tree();
        picture.weather.index.build_tree();
        if let Some(streets) = &mut picture.streets {
            streets.restore_areas(areas);
            streets.restore_area_emissions(area_emissions)?;
            streets.restored(&picture.detectors, &picture.situations, closed);
        }
        Ok(picture)
    }

    fn restore_part(&mut self, part: Kind, links: &Read) -> Result<(), RestoreError> {
        match part {
            Kind::Header(_)
            | Kind::Links(_)
            | Kind::Shares(_)
            | Kind::Area(_)
            | Kind::AreaEmission(_) => {}
            Kind::Feed(feed) => self.restore_feed(feed),
            Kind::Alerts(alerts) => self.alerts = alerts.into(),
            Kind::Vehicle(mut vehicle) => {
                let feed = self.restored_context(vehicle.feed)?;
                let mut state = vehicle.state();
                if let (Some(streets), Some(probe)) = (&self.streets, vehicle.probe.take()) {
                    let probe = street::probe(*probe, links, streets.setup.network());
                    state.moving.probe = Some(Box::new(probe));
                }
                if let (Some(streets), Some(part)) = (&mut self.streets, vehicle.meter.take()) {
                    state.moving.meter = streets.restore_meter(&part)?;
                }
                let object = vehicle.object.map(TryInto::try_into).transpose()?;
                let object = object.map(Object::Vehicle);
                self.vehicles.restore(&feed, vehicle.id.into(), state, object);
            }
            Kind::Detector(detector) => {
                let feed = self.restored_context(detector.feed)?;
                let name = self.feeds[detector.feed as usize].ledger.id.clone();
                let id = Text::from(detector.id.as_str());
                self.detectors.restore(&feed, id, name, detector.state()?);
            }
            Kind::Situation(situation) => {
                let feed = self.restored_context(situation.feed)?;
                let state = situation.state();
                let object = situation.object.map(TryInto::try_into).transpose()?;
                let object = object.map(Object::Situation);
                self.situations.restore(&feed, situation.id.into(), state, object);
            }
            Kind::Trip(trip) => {
                let feed = self.restored_context(trip.feed)?;
                let state = trip.state();
                let object = trip.object.map(|trip| Object::Trip(trip.into()));
                self.trips.restore(&feed, trip.id.into(), state, object);
            }
            Kind::Weather(weather) => {
                let feed = self.restored_context(weather.feed)?;
                let name = self.feeds[weather.feed as usize].ledger.id.clone();
                let id = Text::from(weather.id.as_str());
                self.weather.restore(&feed, id, name, weather.state()?);
            }
            Kind::Streets(_)
            | Kind::Cell(_)
            | Kind::Link(_)
            | Kind::Tied(_)
            | Kind::Queue(_)
            | Kind::EmissionLedger(_)
            | Kind::Emitted(_)
            | Kind::LinkEmission(_) => {
                // Without a network there is nowhere to put them.
                if let Some(streets) = &mut self.streets {
                    restore_street(streets, part, links)?;
                }
            }
        }
        Ok(())
    }

    fn restore_feed(&mut self, feed: message::Feed) {
        let limits = |name: &str| self.setup.limits.get(name).copied().unwrap_or_default();
        let feed = feed.state(limits);
        let number = self.feeds.len() as u32;
        self.feed_numbers.insert(feed.ledger.id.clone(), number);
        self.feeds.push(feed);
    }

    fn restored_context(&self, feed: u32) -> Result<FeedContext, RestoreError> {
        if (feed as usize) < self.feeds.len() {
            Ok(self.context(feed))
        } else {
            Err(RestoreError::Incomplete("a feed"))
        }
    }
}

fn restore_street(streets: &mut Streets, part: Kind, links: &Read) -> Result<(), RestoreError> {
    match part {
        Kind::Streets(header) => streets.restore_header(header),
        Kind::Cell(cell) => streets.restore_cell(&cell, links),
        Kind::Link(link) => streets.restore_link(*link, links),
        Kind::EmissionLedger(ledger) => streets.restore_emission_ledger(&ledger),
        Kind::Emitted(emitted) => streets.restore_emitted(&emitted, links),
        Kind::LinkEmission(link) => streets.restore_link_emission(*link, links),
        Kind::Tied(tied) => {
            streets.restore_tied(tied);
            Ok(())
        }
        Kind::Queue(queue) => {
            streets.restore_queue(*queue, links);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn put_part(bytes: &mut Vec<u8>, kind: Kind) {
    bytes.extend(Part { kind: Some(kind) }.encode_length_delimited_to_vec());
}

fn next_part(bytes: &mut &[u8]) -> Result<Option<Kind>, RestoreError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let part = Part::decode_length_delimited(bytes)?;
    let kind = part.kind.ok_or(DecodeError::UnknownKind("part"))?;
    Ok(Some(kind))
}
