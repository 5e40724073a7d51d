//! Reading, decoding and the picture on threads of their own, with bounded channels between them.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use events::{LogRecord, RawRecord};
use ingest::RegionConfig;
use picture::Picture;
use stream::StreamError;

use crate::bench::BenchError;
use crate::bench::process::thread_cpu;

/// Records that go from thread to thread together: few enough for a cache, enough that a wake-up costs
/// nothing a record.
const BATCH_RECORDS: usize = 512;
/// Batches that wait between two threads: enough that neither stops where two cores serve three.
const BATCHES_MAX: usize = 32;

/// What a replay took.
pub(super) struct Replayed {
    /// From the first byte to the last change.
    pub(super) wall: Duration,
    /// Processor time of reading, of decoding and verdicts, and of the picture.
    pub(super) read: Duration,
    pub(super) decode: Duration,
    pub(super) apply: Duration,
}

/// Plays a recording into a picture as fast as it goes.
pub(super) fn replay(
    recording: impl Iterator<Item = Result<RawRecord, StreamError>> + Send,
    region: &RegionConfig,
    picture: &mut Picture,
) -> Result<Replayed, BenchError> {
    let start = Instant::now();
    let (raw_out, raw_in) = sync_channel(BATCHES_MAX);
    let (records_out, records_in) = sync_channel::<Vec<LogRecord>>(BATCHES_MAX);
    let (read, decode, apply) = std::thread::scope(|scope| {
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let read = named("read").spawn_scoped(scope, move || {
            let mut batch = Vec::with_capacity(BATCH_RECORDS);
            for record in recording {
                batch.push(record);
                if batch.len() == BATCH_RECORDS {
                    let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_RECORDS));
                    if raw_out.send(full).is_err() {
                        break;
                    }
                }
            }
            // Nobody takes it where decoding has failed.
            let _ = raw_out.send(batch);
            thread_cpu()
        });
        let decode = named("decode").spawn_scoped(scope, move || {
            let mut batch = Vec::with_capacity(BATCH_RECORDS);
            let regions = std::slice::from_ref(region);
            let played = ingest::play_all(batches(&raw_in), regions, |_, record| {
                batch.push(record);
                if batch.len() == BATCH_RECORDS {
                    let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_RECORDS));
                    // The picture takes all until there is no more.
                    let _ = records_out.send(full);
                }
            });
            let _ = records_out.send(batch);
            played.map_err(BenchError::new)?;
            thread_cpu()
        });
        let (read, decode) = (read.map_err(BenchError::new)?, decode.map_err(BenchError::new)?);
        let before = thread_cpu()?;
        let (mut next, mut out) = (0, Vec::new());
        for batch in records_in {
            for record in &batch {
                picture.apply(next, record, &mut out);
                out.clear();
                next += 1;
            }
        }
        let apply = thread_cpu()?.saturating_sub(before);
        let died = |_| BenchError::new("a thread of the replay died");
        Ok::<_, BenchError>((read.join().map_err(died)??, decode.join().map_err(died)??, apply))
    })?;
    Ok(Replayed { wall: start.elapsed(), read, decode, apply })
}

fn batches<T>(input: &Receiver<Vec<T>>) -> impl Iterator<Item = T> + '_ {
    input.iter().flatten()
}
