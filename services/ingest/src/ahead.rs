//! Records that are read ahead on a thread of their own.
//!
//! They are handed over many at a time: handing over wakes who waits, which takes longer than it takes
//! to read a record or to decode it.

use std::vec::IntoIter;

use tokio::sync::mpsc::{self, Receiver, Sender};

/// Most records that are handed over at once, and bytes after which no more are added.
const RECORDS_MAX: usize = 64;
const BYTES_MAX: usize = 1 << 20;
/// Batches that wait. One more is being read, and one used.
const BATCHES_MAX: usize = 2;

/// Starts to read; what is read comes out of the answer until `read` ends.
pub(crate) fn read_ahead<T: Send + 'static>(
    read: impl FnOnce(&mut Ahead<T>) + Send + 'static,
) -> Records<T> {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    tokio::task::spawn_blocking(move || {
        let mut ahead = Ahead { sender, batch: Vec::new(), bytes: 0 };
        read(&mut ahead);
        ahead.hand_over();
    });
    Records { receiver, batch: Vec::new().into_iter() }
}

/// Where the thread that reads puts what it has read.
pub(crate) struct Ahead<T> {
    sender: Sender<Vec<T>>,
    batch: Vec<T>,
    bytes: usize,
}

impl<T> Ahead<T> {
    /// Adds a record of so many bytes; waits when too much is ahead. False when nobody wants more.
    pub(crate) fn put(&mut self, record: T, bytes: usize) -> bool {
        self.batch.push(record);
        self.bytes += bytes;
        let is_full = self.batch.len() >= RECORDS_MAX || self.bytes >= BYTES_MAX;
        !is_full || self.hand_over()
    }

    fn hand_over(&mut self) -> bool {
        self.bytes = 0;
        self.sender.blocking_send(std::mem::take(&mut self.batch)).is_ok()
    }
}

/// What is read ahead, in order.
pub(crate) struct Records<T> {
    receiver: Receiver<Vec<T>>,
    batch: IntoIter<T>,
}

impl<T> Records<T> {
    /// The next record; none at the end. Nothing is lost when this is not waited for.
    pub(crate) async fn next(&mut self) -> Option<T> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(record);
            }
            self.batch = self.receiver.recv().await?.into_iter();
        }
    }
}
