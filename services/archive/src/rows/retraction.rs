//! What publishers no longer have.

use events::wire::LogRecord;

use super::{body, event_spec};
use crate::column::{Column, word};
use crate::table::Spec;

body!(retraction, retraction_new, Retraction);

pub(super) static RETRACTION: Spec<LogRecord> =
    event_spec!(Retraction, Retraction, retraction_new, OWN);

static OWN: &[Column<LogRecord>] =
    &[word!("kind_of_entity", retraction, retraction_new, kind, EntityKind, "ENTITY_KIND_")];
