//! Events of a region's vehicles, made before anything is measured: what the simulator's feed says,
//! decoded and checked by the pipeline of ingest, in the bytes that go onto the log.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use events::{Connection, FeedStatus, LogRecord, RawRecord, Text};
use ingest::{FeedPipeline, RegionConfig};

use crate::bench::BenchError;
use crate::bench::process::thread_cpu;
use crate::simulator;

/// Messages that are decoded together; their memory is free before the next ones are.
const PART_MESSAGES: usize = 50_000;
/// Feed of the records that only move the picture on.
const MARKS: &str = "marks";

/// A record of the log.
pub(super) struct Made {
    pub(super) payload: Bytes,
    /// Vehicle and event time, where it is an event.
    pub(super) of: Option<(Text, i64)>,
}

/// Records of a region, in the order of the log: events, and a status of the feed each second.
#[derive(Default)]
pub(super) struct Load {
    pub(super) made: Vec<Made>,
    /// Processor time of decoding and checking.
    decode: Duration,
    /// Processor time of encoding for the log.
    encode: Duration,
}

/// Id of a region.
pub(super) fn region(number: usize) -> String {
    format!("bench-{number}")
}

/// File of a region: a feed without a source, since the bench is who appends.
pub(super) fn region_file(number: usize) -> String {
    format!(
        "id = \"{}\"\nname = \"Bench {number}\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [24.2, 59.9, 25.6, 60.7]\n\
         [[feed]]\nname = \"vehicles-{number}\"\nformat = \"hfp\"\n",
        region(number)
    )
}

/// A record that changes the picture whatever is in it: when its offset is shown, all before it is.
pub(super) fn mark() -> Bytes {
    let status = FeedStatus { feed: MARKS.into(), ..FeedStatus::default() };
    LogRecord::FeedStatus(status).encode().into()
}

impl Load {
    /// At least so many records of a region with so many vehicles.
    pub(super) fn new(number: usize, vehicles: usize, records: usize) -> Result<Self, BenchError> {
        let config: RegionConfig = toml::from_str(&region_file(number)).map_err(BenchError::new)?;
        let feed = config.feeds.first().ok_or_else(|| BenchError::new("a region has no feed"))?;
        let mut pipeline = FeedPipeline::new(feed, &config, 0).map_err(BenchError::new)?;
        let seed = number as u64 + 1;
        let mut messages = simulator::hfp_messages(seed, vehicles, records).into_iter();
        let mut load = Self { made: Vec::with_capacity(records), ..Self::default() };
        let mut second = i64::MIN;
        loop {
            let part: Vec<RawRecord> = messages.by_ref().take(PART_MESSAGES).collect();
            if part.is_empty() {
                break;
            }
            let start = thread_cpu()?;
            let mut decoded = Vec::with_capacity(part.len());
            for raw in &part {
                let now_s = raw.received_time_ms.div_euclid(1_000);
                if now_s > second {
                    second = now_s;
                    decoded.push(pipeline.status(now_s * 1_000, Connection::Live, None));
                }
                decoded.extend(pipeline.record(raw, 0).records);
            }
            let between = thread_cpu()?;
            load.made.extend(decoded.iter().map(Made::new));
            load.decode += between.saturating_sub(start);
            load.encode += thread_cpu()?.saturating_sub(between);
        }
        let events = load.made.iter().filter(|made| made.of.is_some()).count();
        if load.made.len() < records || events < records * 9 / 10 {
            return Err(BenchError(format!("only {events} of {records} messages became events")));
        }
        Ok(load)
    }

    /// Payloads of some records.
    pub(super) fn payloads(&self, range: Range<usize>) -> Vec<Bytes> {
        self.made[range].iter().map(|made| made.payload.clone()).collect()
    }

    /// Mean size of a record, bytes.
    pub(super) fn record_bytes(&self) -> f64 {
        let bytes: usize = self.made.iter().map(|made| made.payload.len()).sum();
        bytes as f64 / self.made.len() as f64
    }

    /// Processor time of decoding and of encoding a record, microseconds.
    pub(super) fn us_per_record(&self) -> [f64; 2] {
        [self.decode, self.encode].map(|time| time.as_secs_f64() * 1e6 / self.made.len() as f64)
    }
}

impl Made {
    fn new(record: &LogRecord) -> Self {
        let of = if let LogRecord::Event(event) = record {
            Some((event.entity.clone(), event.event_time_ms))
        } else {
            None
        };
        Self { payload: record.encode().into(), of }
    }
}
