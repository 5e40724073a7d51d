//! Dumps of MQTT messages, one a line: `[receive time] topic payload`, or payloads alone.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::message::{Clock, newest_ms};
use super::{ImportError, Part, Reader, Records, Setup, next_line, open};
use crate::format::{Decoder, dump};

/// `dump`: see the module.
pub(super) struct Dump;

impl Reader for Dump {
    fn name(&self) -> &'static str {
        "dump"
    }

    fn format(&self) -> Option<&'static str> {
        None
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        Ok(Box::new(Lines {
            input: open(file, setup)?,
            clock: Clock::new(setup),
            decoder: super::message::decoder(setup)?,
            file: file.to_owned(),
            setup: Arc::clone(setup),
            line: 0,
        }))
    }
}

struct Lines {
    input: Box<dyn BufRead>,
    clock: Clock,
    /// Says when a message was made, where the dump does not say when it came.
    decoder: Box<dyn Decoder>,
    file: PathBuf,
    setup: Arc<Setup>,
    line: u64,
}

impl Iterator for Lines {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match next_line(self.input.as_mut(), &self.file) {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            self.line += 1;
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            // A line that is cut off is a record too: as a payload it will be rejected by name.
            let (received_ms, topic, payload) = dump::line(line).unwrap_or((None, "", line));
            let made_ms = || newest_ms(self.decoder.as_mut(), topic, payload);
            let time_ms = received_ms.or_else(made_ms);
            return Some(Ok(match self.clock.at(time_ms) {
                Some(time_ms) => self.setup.record(&self.file, topic, time_ms, payload.to_vec()),
                None => Part::LeftOut(format!(
                    "{}:{}: nothing says when it was received; give --start",
                    self.file.display(),
                    self.line
                )),
            }));
        }
    }
}
