//! Progress of long work.

use std::io::IsTerminal;
use std::time::Instant;

/// Nothing is said of the remaining time before so much is done, percent: it would jump.
const GUESS_PERCENT_MIN: u64 = 2;

/// A bar of progress on standard error, when that is a terminal.
pub(crate) struct Bar {
    what: &'static str,
    on: bool,
    shown: Option<u64>,
    since: Instant,
}

impl Bar {
    pub(crate) fn new(what: &'static str) -> Self {
        let (on, since) = (std::io::stderr().is_terminal(), Instant::now());
        Self { what, on, shown: None, since }
    }

    pub(crate) fn show(&mut self, done: u64, total: u64) {
        self.show_with(done, total, String::new);
    }

    /// With something to say beside it, such as a rate.
    pub(crate) fn show_with(&mut self, done: u64, total: u64, note: impl FnOnce() -> String) {
        const WIDTH: usize = 40;
        let percent = (100 * done).checked_div(total).unwrap_or(100).min(100);
        if self.on && self.shown != Some(percent) {
            self.shown = Some(percent);
            let full = percent as usize * WIDTH / 100;
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
            let left = self.left(percent);
            eprint!("\r\x1b[K{} {bar} {percent:>3} %{left} {}", self.what, note());
        }
    }

    /// How long it will take, as it went until now.
    fn left(&self, percent: u64) -> String {
        if percent < GUESS_PERCENT_MIN {
            return String::new();
        }
        let spent_s = self.since.elapsed().as_secs_f64();
        format!(", {:.0} s left", spent_s * (100 - percent) as f64 / percent as f64)
    }

    pub(crate) fn clear(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
