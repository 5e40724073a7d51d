//! Dumps of MQTT messages, one a line: `[receive time] topic payload`, or payloads alone.
//!
//! Where the dump does not say when a message came, that is when it was made. One that was made ten
//! minutes before or after most of those around it came when they did: its clock is wrong, or it was
//! kept back. The first and the last message of a file have none around them and are believed.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::message::{ASTRAY_MS, Clock, made_ms};
use super::{ImportError, Part, Reader, Records, Setup, next_line, open};
use crate::format::{Decoder, dump};

/// Messages before one, and as many after it, that tell whether its clock is right.
const AROUND: usize = 4;

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
            made_before: VecDeque::new(),
            ahead: VecDeque::new(),
            end: None,
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
    /// When the last messages were made, as they say, oldest first.
    made_before: VecDeque<i64>,
    /// Messages that are read and not handed out.
    ahead: VecDeque<Message>,
    /// That nothing more can be read, and why when it is not the end.
    end: Option<Result<(), ImportError>>,
}

struct Message {
    line: u64,
    topic: String,
    payload: Vec<u8>,
    time: Time,
}

/// What is known of when a message came.
enum Time {
    Received(i64),
    Made(i64),
    Unknown,
}

impl Message {
    fn made_ms(&self) -> Option<i64> {
        match self.time {
            Time::Made(made_ms) => Some(made_ms),
            Time::Received(_) | Time::Unknown => None,
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.end.is_none() && self.ahead.len() <= AROUND {
            match self.read() {
                Ok(Some(message)) => self.ahead.push_back(message),
                Ok(None) => self.end = Some(Ok(())),
                Err(error) => self.end = Some(Err(error)),
            }
        }
        let Some(message) = self.ahead.pop_front() else {
            let end = self.end.replace(Ok(()))?;
            return end.err().map(Err);
        };
        let time_ms = match message.time {
            Time::Received(received_ms) => Some(received_ms),
            Time::Made(made_ms) => Some(self.believed_ms(made_ms)),
            Time::Unknown => None,
        };
        let Message { line, topic, payload, .. } = message;
        Some(Ok(match self.clock.at(time_ms) {
            Some(time_ms) => self.setup.record(&self.file, &topic, time_ms, payload),
            None => Part::LeftOut(format!(
                "{}:{line}: nothing says when it was received; give --start",
                self.file.display(),
            )),
        }))
    }
}

impl Lines {
    fn read(&mut self) -> Result<Option<Message>, ImportError> {
        loop {
            let Some(line) = next_line(self.input.as_mut(), &self.file)? else { return Ok(None) };
            self.line += 1;
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            // A line that is cut off is a record too: as a payload it will be rejected by name.
            let (received_ms, topic, payload) = dump::line(line).unwrap_or((None, "", line));
            let time = match received_ms {
                Some(received_ms) => Time::Received(received_ms),
                None => {
                    made_ms(self.decoder.as_mut(), topic, payload).map_or(Time::Unknown, Time::Made)
                }
            };
            let (topic, payload) = (topic.to_owned(), payload.to_vec());
            return Ok(Some(Message { line: self.line, topic, payload, time }));
        }
    }

    /// The time at which a message says that it was made, unless it is far from the median of those
    /// around it. That of times that only grow is the middle one, so a gap in a dump changes nothing.
    fn believed_ms(&mut self, made_ms: i64) -> i64 {
        let after: Vec<i64> = self.ahead.iter().filter_map(Message::made_ms).collect();
        let around = after.len().min(self.made_before.len());
        let before = self.made_before.iter().rev().take(around).copied();
        let mut times: Vec<i64> =
            before.chain(after.into_iter().take(around)).chain([made_ms]).collect();
        times.sort_unstable();
        if self.made_before.len() == AROUND {
            self.made_before.pop_front();
        }
        self.made_before.push_back(made_ms);
        match times.get(around) {
            Some(&median_ms) if made_ms.abs_diff(median_ms) > ASTRAY_MS.unsigned_abs() => median_ms,
            _ => made_ms,
        }
    }
}
