//! Threads that give way: packing and merging are work for when nobody waits.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Niceness of the threads. Where live work wants all processors, Linux gives each of these a ninth of
/// what a thread of live work gets: enough that the log never runs away from the recorder, too little
/// for anybody to notice.
const NICENESS: i32 = 10;

/// A runtime whose threads give way to those of live work. Ends what still runs on it when it goes.
///
/// Packing a stretch takes a second of a processor and merging a day takes minutes; a recorder that is
/// late loses nothing, for what comes waits in the log.
///
/// ```
/// let background = archive::Background::new()?;
/// let task = background.handle().spawn(async { 1 + 1 });
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// assert_eq!(task.await?, 2);
/// # Ok::<_, tokio::task::JoinError>(()) })?;
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Background(Option<Runtime>);

impl Background {
    /// Starts it. An error says why there are no threads.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            // What is packed meanwhile has a thread of its own.
            .worker_threads(1)
            .thread_name("archive")
            .on_thread_start(give_way)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where to spawn.
    ///
    /// # Panics
    ///
    /// Never: the runtime is there as long as this is.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.0.as_ref().expect("the runtime goes with its owner").handle()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where others run.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Makes the current thread nicer. Elsewhere niceness is the whole process's, and nothing is done.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "threads of the archive do not give way to live work");
    }
}
