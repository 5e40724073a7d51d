//! Messages as they were received, one a file: answers of a feed that is polled, such as
//! GTFS-Realtime and the JSON of Digitraffic. A zip is as many as it has entries.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use events::RawRecord;
use zip::ZipArchive;

use super::{ImportError, Part, Reader, Records, Setup, open};
use crate::format::{Decoder, DecoderContext, format};

/// Largest message, bytes, unpacked.
const MESSAGE_BYTES_MAX: u64 = 256 << 20;

/// Of a clock that is so far from others it is known that it is wrong, and not just late.
pub(super) const ASTRAY_MS: i64 = 10 * 60_000;

/// `message`: see the module.
pub(super) struct Message;

impl Reader for Message {
    fn name(&self) -> &'static str {
        "message"
    }

    fn format(&self) -> Option<&'static str> {
        None
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        let one = Reading {
            clock: Clock::new(setup),
            decoder: decoder(setup)?,
            file: file.to_owned(),
            setup: Arc::clone(setup),
        };
        if file.extension().is_some_and(|extension| extension == "zip") {
            return zipped(one);
        }
        let mut one = Some(one);
        Ok(Box::new(std::iter::from_fn(move || {
            let mut reading = one.take()?;
            let read = open(&reading.file, &reading.setup).and_then(|input| reading.read(input));
            Some(read.map(|payload| reading.part(payload)))
        })))
    }
}

/// The messages of a zip, in the order of their names: archives are named by time.
fn zipped(mut reading: Reading) -> Result<Records, ImportError> {
    let failed = |file: &Path, error: &dyn std::fmt::Display| ImportError::file(file, error);
    let file = File::open(&reading.file).map_err(|error| failed(&reading.file, &error))?;
    let zip = ZipArchive::new(BufReader::new(file));
    let zip = zip.map_err(|error| failed(&reading.file, &error))?;
    let mut names: Vec<String> = zip.file_names().flatten().map(Cow::into_owned).collect();
    // Archives made on a Mac have a shadow of each file.
    names.retain(|name| !name.ends_with('/') && !name.starts_with("__MACOSX/"));
    names.sort_unstable();
    let zip = Rc::new(RefCell::new(zip));
    Ok(Box::new(names.into_iter().map(move |name| {
        let mut zip = zip.borrow_mut();
        let entry = zip
            .by_name(&name)
            .map_err(|error| ImportError::file(&reading.file, format!("entry {name}: {error}")))?;
        let packed = entry.compressed_size();
        let payload = reading.read(entry)?;
        reading.setup.bytes_read.fetch_add(packed, Ordering::Relaxed);
        Ok(reading.part(payload))
    })))
}

struct Reading {
    clock: Clock,
    decoder: Box<dyn Decoder>,
    file: PathBuf,
    setup: Arc<Setup>,
}

impl Reading {
    fn read(&self, input: impl Read) -> Result<Vec<u8>, ImportError> {
        let mut payload = Vec::new();
        let read = input.take(MESSAGE_BYTES_MAX + 1).read_to_end(&mut payload);
        read.map_err(|error| ImportError::file(&self.file, error))?;
        if payload.len() as u64 > MESSAGE_BYTES_MAX {
            let message = format!("a message of more than {MESSAGE_BYTES_MAX} bytes");
            return Err(ImportError::file(&self.file, message));
        }
        Ok(payload)
    }

    fn part(&mut self, payload: Vec<u8>) -> Part {
        let time_ms = made_ms(self.decoder.as_mut(), "", &payload);
        match self.clock.at(time_ms) {
            Some(time_ms) => self.setup.record(&self.file, "", time_ms, payload),
            None => Part::LeftOut(format!(
                "{}: nothing in it says when it was received; give --start",
                self.file.display()
            )),
        }
    }
}

/// When messages were received: a message that does not say so came with the one before.
pub(super) struct Clock {
    last_ms: Option<i64>,
}

impl Clock {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { last_ms: setup.start.map(jiff::Timestamp::as_millisecond) }
    }

    pub(super) fn at(&mut self, time_ms: Option<i64>) -> Option<i64> {
        self.last_ms = time_ms.or(self.last_ms);
        self.last_ms
    }
}

/// A decoder of the feed's format.
pub(super) fn decoder(setup: &Setup) -> Result<Box<dyn Decoder>, ImportError> {
    let context = DecoderContext {
        feed: setup.feed.name.clone(),
        region: setup.region.id.clone(),
        time_zone: setup.time_zone.clone(),
    };
    let format = format(&setup.feed.format).map_err(ImportError::Options)?;
    format.decoder(&context, &setup.feed.options).map_err(ImportError::Options)
}

/// When a message was made, which stands in for when it was received: what its publisher says of the
/// whole, else the newest time in it. A time that is ten minutes ahead of nine tenths of the others is
/// left out: a vehicle whose clock is ahead must not make all that others say late.
pub(super) fn made_ms(decoder: &mut dyn Decoder, topic: &str, payload: &[u8]) -> Option<i64> {
    let raw = RawRecord {
        topic: topic.to_owned(),
        payload: payload.to_vec().into(),
        ..RawRecord::default()
    };
    let message = decoder.decode(&raw);
    if message.made_time_ms.is_some() {
        return message.made_time_ms;
    }
    let times = message.events.iter().map(|event| event.event_time_ms);
    // Formats fall back to the time of reception, which is not known here.
    let mut times: Vec<i64> = times.filter(|&time_ms| time_ms > 0).collect();
    times.sort_unstable();
    let most_ms = *times.get(times.len().saturating_sub(1) * 9 / 10)?;
    times.into_iter().rev().find(|time_ms| time_ms - most_ms <= ASTRAY_MS)
}
