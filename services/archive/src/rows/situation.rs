//! Traffic messages and alerts: few, with texts and shapes.
//!
//! The shape is a WKB geometry with a box, as GeoParquet 1.1 wants it; the message itself, with the
//! lists that are in it, stays in the rest. Both together are less than the texts.

use events::wire::{Geometry, LogRecord};

use super::{body, event_spec, joined};
use crate::column::{Column, Packing, Slot, optional, required, shown, word};
use crate::geo::{self, Bounds};
use crate::table::Spec;

body!(situation, situation_new, SituationRecord);

fn shape(record: &mut LogRecord) -> Option<&Geometry> {
    situation(record)?.geometry.as_ref()
}

fn bounds(record: &mut LogRecord) -> Option<Bounds> {
    shape(record).and_then(geo::bounds)
}

pub(super) static SITUATION: Spec<LogRecord> =
    event_spec!(SituationRecord, SituationRecord, situation_new, OWN);

static OWN: &[Column<LogRecord>] = &[
    word!("type", situation, situation_new, r#type, SituationType, "SITUATION_TYPE_"),
    word!(
        "announcement_type",
        situation,
        situation_new,
        announcement_type,
        AnnouncementType,
        "ANNOUNCEMENT_TYPE_"
    ),
    word!("phase", situation, situation_new, phase, SituationPhase, "SITUATION_PHASE_"),
    required!("version", UInt32, Dictionary, situation, situation_new, version),
    optional!("release_time", Time, Delta, situation, situation_new, release_time_ms),
    required!("version_time", Time, Delta, situation, situation_new, version_time_ms),
    optional!("start_time", Time, Delta, situation, situation_new, start_time_ms),
    optional!("end_time", Time, Delta, situation, situation_new, end_time_ms),
    required!("language", Text, Dictionary, situation, situation_new, language),
    required!("title", Text, Dictionary, situation, situation_new, title),
    optional!("description", Text, Dictionary, situation, situation_new, description),
    optional!("comment", Text, Dictionary, situation, situation_new, comment),
    shown!("features", Text, Dictionary, |record| joined(&situation(record)?.features)),
    optional!("municipality", Text, Dictionary, situation, situation_new, municipality),
    optional!("road_number", UInt32, Dictionary, situation, situation_new, road_number),
    optional!("road_direction", Text, Dictionary, situation, situation_new, road_direction),
    optional!("cause", Text, Dictionary, situation, situation_new, cause),
    optional!("effect", Text, Dictionary, situation, situation_new, effect),
    shown!("geometry", Bytes, Plain, |record| shape(record).and_then(geo::wkb)),
    Column { name: "bbox", packing: Packing::Plain, slot: Slot::Bounds(bounds) },
];
