//! The pictures of a replay, and what tells whether two replays gave the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use events::{LogRecord, Text};
use gateway::{App, ReplayedRegion};
use picture::{Change, Delta, Layer, Picture, Setup, Snapshot, frame};
use prost::Message;

use crate::ReplayError;
use crate::source::{Item, What};

/// The pictures of all regions.
pub(crate) struct Stage {
    regions: Vec<Played>,
}

struct Played {
    region: Text,
    setup: Setup,
    /// None before its beginning.
    picture: Option<Picture>,
    /// It goes on where another process was: what comes before its log begins is done.
    is_ahead: bool,
    /// Offset of the next record that counts: what is below was counted before the replay was
    /// killed.
    next: u64,
    records: u64,
    deltas: u64,
    deltas_chain: Chain,
    indicators_chain: Chain,
    out: Vec<Delta>,
}

/// A hash that goes on over what comes, and can be kept and gone on with.
#[derive(Clone, Copy, Default)]
struct Chain([u8; blake3::OUT_LEN]);

impl Chain {
    fn add(&mut self, bytes: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(bytes);
        self.0 = *hasher.finalize().as_bytes();
    }

    fn hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

/// Where a replay is, milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Its first moment.
    pub(crate) from_ms: i64,
    /// Its time.
    pub(crate) time_ms: i64,
    /// Whether all between went through: what came of it is no result else.
    pub(crate) is_whole: bool,
}

impl Stage {
    pub(crate) fn new(regions: &[Text], setups: &BTreeMap<Text, Setup>) -> Self {
        let regions = regions.iter().map(|region| Played {
            region: region.clone(),
            setup: setups.get(region).cloned().unwrap_or_default(),
            picture: None,
            is_ahead: false,
            next: 0,
            records: 0,
            deltas: 0,
            deltas_chain: Chain::default(),
            indicators_chain: Chain::default(),
            out: Vec::new(),
        });
        Self { regions: regions.collect() }
    }

    /// Takes an item in. With `counts` its changes are hashed and given, as frames by the index of
    /// the region; without, the picture is on its way to the first moment that is wanted.
    pub(crate) fn apply(
        &mut self,
        item: &Item,
        counts: bool,
        frames: &mut Vec<(usize, Vec<u8>)>,
    ) -> Result<(), ReplayError> {
        let Some(played) = self.regions.get_mut(item.region) else { return Ok(()) };
        match &item.what {
            What::Begin { epoch, state } => played.begin(epoch, state.as_ref()),
            What::Record(offset, record) => {
                if let Some(frame) = played.record(*offset, record, counts) {
                    frames.push((item.region, frame));
                }
                Ok(())
            }
        }
    }

    /// The picture of a region, as the log says it: there the points of lines are in whole steps.
    pub(crate) fn snapshot(&self, region: usize) -> Result<Option<Snapshot>, ReplayError> {
        let Some(picture) = self.regions.get(region).and_then(|played| played.picture.as_ref())
        else {
            return Ok(None);
        };
        let encoded = picture.snapshot().encode();
        let snapshot = Snapshot::decode(&encoded).map_err(|error| ReplayError::Picture {
            region: self.regions[region].region.clone(),
            message: error.to_string(),
        })?;
        Ok(Some(snapshot))
    }

    /// What came of each region.
    pub(crate) fn report(&self) -> Vec<ReplayedRegion> {
        let reports = self.regions.iter().map(|played| {
            let snapshot = played.picture.as_ref().map(Picture::snapshot);
            ReplayedRegion {
                region: played.region.clone(),
                sequence: snapshot.as_ref().and_then(|snapshot| snapshot.sequence),
                objects: snapshot.as_ref().map_or(0, |snapshot| snapshot.objects.len()),
                records: played.records,
                deltas: played.deltas,
                picture_hash: snapshot.map(|snapshot| snapshot.hash()).unwrap_or_default(),
                deltas_hash: played.deltas_chain.hex(),
                indicators_hash: played.indicators_chain.hex(),
            }
        });
        reports.collect()
    }

    /// Records that went through all pictures.
    pub(crate) fn records(&self) -> u64 {
        self.regions.iter().map(|played| played.records).sum()
    }

    /// All that is needed to go on from here in another process.
    pub(crate) fn save(&self, place: Place) -> Vec<u8> {
        let regions = self.regions.iter().filter_map(|played| {
            let picture = played.picture.as_ref()?;
            Some(SavedRegion {
                region: played.region.to_string(),
                epoch: picture.epoch().to_string(),
                next: played.next,
                records: played.records,
                deltas: played.deltas,
                deltas_chain: played.deltas_chain.0.to_vec(),
                indicators_chain: played.indicators_chain.0.to_vec(),
                picture: picture.checkpoint(),
            })
        });
        let Place { from_ms, time_ms, is_whole } = place;
        Saved { regions: regions.collect(), from_ms, time_ms, is_whole }.encode_to_vec()
    }

    /// Goes on from what [`Self::save`] gave.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<Place, ReplayError> {
        let damaged = |what: &dyn std::fmt::Display| ReplayError::State(what.to_string());
        let saved = Saved::decode(bytes).map_err(|error| damaged(&error))?;
        let Saved { from_ms, time_ms, is_whole, .. } = saved;
        let place = Place { from_ms, time_ms, is_whole };
        for saved in saved.regions {
            let Some(played) = self.regions.iter_mut().find(|p| p.region == saved.region) else {
                return Err(damaged(&format!("region {} is not replayed", saved.region)));
            };
            let (region, setup) = (played.region.clone(), played.setup.clone());
            let picture =
                Picture::restore(region, saved.epoch.as_str().into(), setup, &saved.picture);
            played.picture = Some(picture.map_err(|error| damaged(&error))?);
            played.is_ahead = true;
            let chain = |bytes: Vec<u8>| {
                let length = bytes.len();
                let wrong = move |_| damaged(&format!("a hash of {length} bytes"));
                bytes.try_into().map(Chain).map_err(wrong)
            };
            played.deltas_chain = chain(saved.deltas_chain)?;
            played.indicators_chain = chain(saved.indicators_chain)?;
            (played.next, played.records, played.deltas) =
                (saved.next, saved.records, saved.deltas);
        }
        Ok(place)
    }
}

impl Played {
    fn begin(&mut self, epoch: &Text, state: Option<&Bytes>) -> Result<(), ReplayError> {
        if self.is_ahead {
            self.is_ahead = self.picture.as_ref().is_some_and(|picture| picture.epoch() != epoch);
            return Ok(());
        }
        let (region, setup) = (self.region.clone(), self.setup.clone());
        let picture = match state {
            None => Picture::new(region, epoch.clone(), setup),
            Some(state) => {
                Picture::restore(region, epoch.clone(), setup, state).map_err(|error| {
                    ReplayError::Picture {
                        region: self.region.clone(),
                        message: format!("its checkpoint: {error}"),
                    }
                })?
            }
        };
        self.next = 0;
        self.picture = Some(picture);
        Ok(())
    }

    /// Changes of a record as a frame, when there are any.
    fn record(&mut self, offset: u64, record: &LogRecord, counts: bool) -> Option<Vec<u8>> {
        let picture = self.picture.as_mut()?;
        if self.is_ahead || offset < self.next {
            return None;
        }
        self.next = offset + 1;
        self.out.clear();
        picture.apply(offset, record, &mut self.out);
        if !counts {
            return None;
        }
        self.records += 1;
        if self.out.is_empty() {
            return None;
        }
        self.deltas += self.out.len() as u64;
        let frame = frame::encode(&self.out);
        self.deltas_chain.add(&frame);
        for delta in self.out.iter().filter(|delta| is_indicator(delta)) {
            self.indicators_chain.add(&delta.encode());
        }
        Some(frame)
    }
}

/// Hands changes to the views, as the log would.
pub(crate) fn show(
    regions: &[Text],
    app: &App,
    frames: Vec<(usize, Vec<u8>)>,
) -> Result<(), ReplayError> {
    let mut of_regions = vec![Vec::new(); regions.len()];
    for (region, frame) in frames {
        let deltas = picture::frame::decode(&frame).map_err(|error| ReplayError::Picture {
            region: regions[region].clone(),
            message: error.to_string(),
        })?;
        of_regions[region].push(deltas);
    }
    for (region, frames) in regions.iter().zip(of_regions) {
        if let Some(live) = app.region(region).filter(|_| !frames.is_empty()) {
            live.apply(frames);
        }
    }
    Ok(())
}

/// Whether a change is of an area, or of what an area emits.
fn is_indicator(delta: &Delta) -> bool {
    let layer = match &delta.change {
        Change::Updated(object) => object.layer(),
        Change::Removed { layer, .. } => *layer,
    };
    matches!(layer, Layer::Areas | Layer::AreaEmissions)
}

/// Progress of a replay.
#[derive(Clone, PartialEq, Message)]
struct Saved {
    #[prost(message, repeated, tag = "1")]
    regions: Vec<SavedRegion>,
    #[prost(int64, tag = "2")]
    from_ms: i64,
    #[prost(int64, tag = "3")]
    time_ms: i64,
    #[prost(bool, tag = "4")]
    is_whole: bool,
}

#[derive(Clone, PartialEq, Message)]
struct SavedRegion {
    #[prost(string, tag = "1")]
    region: String,
    #[prost(string, tag = "2")]
    epoch: String,
    #[prost(uint64, tag = "3")]
    next: u64,
    #[prost(uint64, tag = "4")]
    records: u64,
    #[prost(uint64, tag = "5")]
    deltas: u64,
    #[prost(bytes = "vec", tag = "6")]
    deltas_chain: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    indicators_chain: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    picture: Vec<u8>,
}
