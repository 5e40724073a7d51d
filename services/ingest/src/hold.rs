//! Output that is held back: that of feeds which another process reads and writes.
//!
//! A process that stands by reads the same feeds, decodes them, and keeps what it would write for some
//! seconds. When it takes over, it writes that first: what the other one has written too is a duplicate
//! then, and what it has not is not lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use stream::{Append, Sink, StreamError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::metric;

/// Bytes that a region's output may take while it is held back; of more, the oldest go.
const BYTES_MAX: usize = 128 << 20;
/// What an append takes beside its records.
const APPEND_BYTES: usize = 256;

/// Holds the output of a region's feeds back until it is released.
pub struct Hold {
    keep: Duration,
    is_released: AtomicBool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    appends: VecDeque<HeldAppend>,
    bytes: usize,
}

struct HeldAppend {
    at: Instant,
    sink: Arc<dyn Sink>,
    append: Append,
    bytes: usize,
}

impl Hold {
    /// Keeps what came in the last `keep`: longer than another process can be gone before this one takes
    /// over.
    pub fn new(keep: Duration) -> Self {
        Self { keep, is_released: AtomicBool::new(false), held: Mutex::default() }
    }

    /// Writes what is held, in its order; from then on nothing is held back.
    pub async fn release(&self) -> Result<(), StreamError> {
        // Who appends meanwhile waits for the lock, and writes after it.
        let mut held = self.held.lock().await;
        while let Some(HeldAppend { sink, append, .. }) = held.appends.front() {
            sink.append(append.clone()).await?;
            held.appends.pop_front();
        }
        held.bytes = 0;
        self.is_released.store(true, Ordering::Release);
        Ok(())
    }

    /// Keeps an append; gives it back when nothing is held back any more.
    async fn keep(&self, sink: &Arc<dyn Sink>, append: Append) -> Option<Append> {
        if self.is_released.load(Ordering::Acquire) {
            return Some(append);
        }
        let mut held = self.held.lock().await;
        if self.is_released.load(Ordering::Acquire) {
            return Some(append);
        }
        let bytes = APPEND_BYTES + append.records.iter().map(bytes::Bytes::len).sum::<usize>();
        let at = Instant::now();
        held.bytes += bytes;
        held.appends.push_back(HeldAppend { at, sink: Arc::clone(sink), append, bytes });
        while let Some(oldest) = held.appends.front() {
            let is_old = at.duration_since(oldest.at) > self.keep;
            if !is_old && held.bytes <= BYTES_MAX {
                break;
            }
            if !is_old {
                counter!(metric::HELD_LOST).increment(1);
            }
            held.bytes -= oldest.bytes;
            held.appends.pop_front();
        }
        None
    }
}

/// A sink whose appends are held back.
pub(crate) struct HeldSink {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) hold: Arc<Hold>,
}

#[async_trait]
impl Sink for HeldSink {
    async fn append(&self, append: Append) -> Result<u64, StreamError> {
        let bytes_max = self.sink.record_bytes_max();
        let bytes = append.records.iter().map(bytes::Bytes::len).max().unwrap_or_default();
        if bytes > bytes_max {
            return Err(StreamError::TooLarge { bytes, bytes_max });
        }
        match self.hold.keep(&self.sink, append).await {
            Some(append) => self.sink.append(append).await,
            // What is held has no offset yet, and who asks for it here only counts.
            None => Ok(0),
        }
    }

    async fn flush(&self) -> Result<(), StreamError> {
        self.sink.flush().await
    }
}
