//! Where a reader is, in a text that it hands back to read on. Readers take it as it is.

use std::fmt;
use std::str::FromStr;

use axum::http::StatusCode;
use events::Text;

use crate::history::Place;
use crate::problem::Problem;

/// Between the parts; no epoch has it.
const SEPARATOR: char = '~';

/// Where a subscription is: that it had everything of its selection at a place in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Of which log the place is.
    pub(crate) epoch: Text,
    pub(crate) place: Place,
    /// Tag of the selection.
    pub(crate) selection: u32,
}

/// Where a reader of the events is: the next one that it has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventCursor {
    /// Of which log the offset is.
    pub(crate) epoch: Text,
    pub(crate) next: u64,
    /// Stands for the record before: another history has another one. 0 when it has read none.
    pub(crate) check: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, place, selection } = self;
        write!(f, "{epoch}{SEPARATOR}")?;
        if let Some((sequence, index)) = place.number {
            write!(f, "{sequence}.{index}")?;
        }
        write!(f, "{SEPARATOR}{:08x}{SEPARATOR}{selection:08x}", place.check)
    }
}

impl FromStr for Cursor {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parse = || {
            let mut parts = text.rsplitn(4, SEPARATOR);
            let selection = u32::from_str_radix(parts.next()?, 16).ok()?;
            let check = u32::from_str_radix(parts.next()?, 16).ok()?;
            let number = match parts.next()? {
                "" => None,
                number => {
                    let (sequence, index) = number.split_once('.')?;
                    Some((sequence.parse().ok()?, index.parse().ok()?))
                }
            };
            let epoch = parts.next()?.into();
            Some(Self { epoch, place: Place { number, check }, selection })
        };
        parse().ok_or_else(|| no_cursor(text, "resume"))
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, next, check } = self;
        write!(f, "{epoch}{SEPARATOR}{next}{SEPARATOR}{check:08x}")
    }
}

impl FromStr for EventCursor {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parse = || {
            let mut parts = text.rsplitn(3, SEPARATOR);
            let check = u32::from_str_radix(parts.next()?, 16).ok()?;
            let next = parts.next()?.parse().ok()?;
            Some(Self { epoch: parts.next()?.into(), next, check })
        };
        parse().ok_or_else(|| no_cursor(text, "cursor"))
    }
}

fn no_cursor(text: &str, key: &str) -> Problem {
    let detail =
        format!("{key}: {text:?} is no cursor; send one as it came, or none to start anew");
    Problem::new(StatusCode::BAD_REQUEST, detail)
}
