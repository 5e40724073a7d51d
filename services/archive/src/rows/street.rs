//! Streets, window by window: derived from events, so these rows are for analysts and are not read
//! back. Figures are 32-bit: a speed has no seventh digit.

use events::wire::{Area, Delta, Estimate, Link, LinkWindow, delta::Change, object::Object};

use super::emission::{AREA_EMISSION, LINK_EMISSION};
use crate::Kind;
use crate::column::{Column, Packing, Slot, shown, words};
use crate::geo;
use crate::table::Spec;

fn link(delta: &mut Delta) -> Option<&Link> {
    match delta.change.as_ref()? {
        Change::Updated(object) => match object.object.as_ref()? {
            Object::Link(link) => Some(link),
            _ => None,
        },
        Change::Removed(_) => None,
    }
}

fn area(delta: &mut Delta) -> Option<&Area> {
    match delta.change.as_ref()? {
        Change::Updated(object) => match object.object.as_ref()? {
            Object::Area(area) => Some(area),
            _ => None,
        },
        Change::Removed(_) => None,
    }
}

/// The kind of rows that a change is one of, if of any.
pub(crate) fn kind(delta: &Delta) -> Option<Kind> {
    match delta.change.as_ref()? {
        Change::Updated(object) => match object.object.as_ref()? {
            Object::Link(_) => Some(Kind::LinkState),
            Object::Area(_) => Some(Kind::AreaState),
            Object::Emission(emission) if emission.kind.is_some() => Some(Kind::AreaEmission),
            Object::Emission(_) => Some(Kind::LinkEmission),
            _ => None,
        },
        Change::Removed(_) => None,
    }
}

/// What the rows of a kind of the topic `picture` are made of.
pub(crate) fn spec(kind: Kind) -> Option<&'static Spec<Delta>> {
    match kind {
        Kind::AreaEmission => Some(&AREA_EMISSION),
        Kind::AreaState => Some(&AREA_STATE),
        Kind::LinkEmission => Some(&LINK_EMISSION),
        Kind::LinkState => Some(&LINK_STATE),
        _ => None,
    }
}

/// When the window of a change ended.
pub(crate) fn end_ms(delta: &mut Delta) -> Option<i64> {
    let link_ms = link(delta).map(|link| link.event_time_ms);
    let area_ms = |delta| area(delta).map(|area| area.event_time_ms);
    link_ms.or_else(|| area_ms(delta)).or_else(|| super::emission::end_ms(delta))
}

fn minute(delta: &mut Delta) -> Option<&LinkWindow> {
    link(delta)?.minute.as_ref().filter(|window| window.duration_s > 0)
}

/// The window of five minutes; none of a link that has not seen the end of one.
fn five(delta: &mut Delta) -> Option<&LinkWindow> {
    link(delta)?.five_minutes.as_ref().filter(|window| window.duration_s > 0)
}

fn speed(window: Option<&LinkWindow>) -> Option<&Estimate> {
    window?.speed_km_h.as_ref()
}

fn flow(window: Option<&LinkWindow>) -> Option<&Estimate> {
    window?.flow_veh_h.as_ref()
}

/// The rest is not kept: all that is of use has a column, and the picture can be made again.
pub(super) fn clear(delta: &mut Delta, _was_bare: bool) {
    *delta = Delta::default();
}

/// A column of 32-bit figures.
macro_rules! figure {
    ($name:literal, $show:expr) => {
        Column {
            name: $name,
            packing: Packing::Split,
            slot: Slot::Float32(
                |delta| {
                    let show: fn(&mut Delta) -> Option<f64> = $show;
                    show(delta).map(|value| value as f32)
                },
                |_, _| {},
            ),
        }
    };
}

pub(super) use figure;

/// A column of an enumeration's names.
macro_rules! name {
    ($name:literal, $enumeration:ident, $prefix:literal, $show:expr) => {
        Column {
            name: $name,
            packing: Packing::Dictionary,
            slot: Slot::Word(
                |delta| {
                    let show: fn(&mut Delta) -> Option<i32> = $show;
                    show(delta).filter(|&value| value != 0)
                },
                |_, _| {},
                words!($enumeration, $prefix),
            ),
        }
    };
}

pub(super) use name;

/// Links by window of five minutes, once a minute, with the newest minute beside.
static LINK_STATE: Spec<Delta> = Spec {
    kind: Kind::LinkState,
    columns: &[LINKS],
    order: Some(("link", "window_end")),
    make: |_| {},
    is_bare: |_| false,
    tidy: clear,
};

static LINKS: &[Column<Delta>] = &[
    shown!("sequence", Int64, Delta, |delta| Some(delta.sequence as i64)),
    shown!("link", Text, Dictionary, |delta| Some(link(delta)?.id.clone())),
    shown!("window_end", Time, Delta, |delta| Some(link(delta)?.event_time_ms)),
    shown!("name", Text, Dictionary, |delta| Some(link(delta)?.name.clone())),
    shown!("class", Text, Dictionary, |delta| Some(link(delta)?.class.clone())),
    figure!("length_m", |delta| Some(link(delta)?.length_m)),
    shown!("lanes", UInt32, Dictionary, |delta| Some(link(delta)?.lanes)),
    shown!("speed_limit_km_h", UInt32, Dictionary, |delta| Some(link(delta)?.speed_limit_km_h)),
    figure!("free_flow_speed_km_h", |delta| Some(link(delta)?.free_flow_speed_km_h)),
    figure!("typical_speed_km_h", |delta| link(delta)?.typical_speed_km_h),
    figure!("speed_km_h", |delta| Some(speed(five(delta))?.value)),
    figure!("speed_low_km_h", |delta| Some(speed(five(delta))?.low)),
    figure!("speed_high_km_h", |delta| Some(speed(five(delta))?.high)),
    name!("speed_method", EstimateMethod, "ESTIMATE_METHOD_", |delta| Some(five(delta)?.method)),
    shown!("vehicles", UInt32, Dictionary, |delta| Some(five(delta)?.vehicles)),
    figure!("flow_veh_h", |delta| Some(flow(five(delta))?.value)),
    figure!("flow_low_veh_h", |delta| Some(flow(five(delta))?.low)),
    figure!("flow_high_veh_h", |delta| Some(flow(five(delta))?.high)),
    name!("flow_method", EstimateMethod, "ESTIMATE_METHOD_", |delta| {
        Some(five(delta)?.flow_method)
    }),
    figure!("density_veh_km", |delta| five(delta)?.density_veh_km),
    figure!("occupancy_percent", |delta| five(delta)?.occupancy_percent),
    figure!("travel_time_s", |delta| Some(five(delta)?.travel_time_s)),
    figure!("delay_s", |delta| Some(five(delta)?.delay_s)),
    name!("level_of_service", LevelOfService, "LEVEL_OF_SERVICE_", |delta| {
        Some(five(delta)?.level_of_service)
    }),
    name!("hcm_level", HcmLevel, "HCM_LEVEL_", |delta| Some(five(delta)?.hcm_level)),
    figure!("queue_m", |delta| five(delta)?.queue_m),
    figure!("stopped_s", |delta| five(delta)?.stopped_s),
    figure!("minute_speed_km_h", |delta| Some(speed(minute(delta))?.value)),
    name!("minute_speed_method", EstimateMethod, "ESTIMATE_METHOD_", |delta| {
        Some(minute(delta)?.method)
    }),
    figure!("minute_flow_veh_h", |delta| Some(flow(minute(delta))?.value)),
    shown!("geometry", Bytes, Plain, |delta| geo::line_wkb(&link(delta)?.line)),
    Column {
        name: "bbox",
        packing: Packing::Plain,
        slot: Slot::Bounds(|delta| geo::line_bounds(&link(delta)?.line)),
    },
];

/// Areas by window of five minutes, once a minute.
static AREA_STATE: Spec<Delta> = Spec {
    kind: Kind::AreaState,
    columns: &[AREAS],
    order: Some(("area", "window_end")),
    make: |_| {},
    is_bare: |_| false,
    tidy: clear,
};

static AREAS: &[Column<Delta>] = &[
    shown!("sequence", Int64, Delta, |delta| Some(delta.sequence as i64)),
    shown!("area", Text, Dictionary, |delta| Some(area(delta)?.id.clone())),
    shown!("window_end", Time, Delta, |delta| Some(area(delta)?.event_time_ms)),
    name!("kind_of_area", AreaKind, "AREA_KIND_", |delta| Some(area(delta)?.kind)),
    shown!("name", Text, Dictionary, |delta| Some(area(delta)?.name.clone())),
    figure!("street_km", |delta| Some(area(delta)?.street_km)),
    figure!("speed_km_h", |delta| area(delta)?.speed_km_h),
    figure!("free_flow_speed_km_h", |delta| area(delta)?.free_flow_speed_km_h),
    figure!("traffic_veh_km_h", |delta| Some(area(delta)?.traffic_veh_km_h)),
    figure!("delay_veh_h_h", |delta| Some(area(delta)?.delay_veh_h_h)),
    figure!("queue_km", |delta| Some(area(delta)?.queue_km)),
    figure!("measured_share", |delta| Some(area(delta)?.coverage.as_ref()?.measured)),
    figure!("fused_share", |delta| Some(area(delta)?.coverage.as_ref()?.fused)),
    figure!("inferred_share", |delta| Some(area(delta)?.coverage.as_ref()?.inferred)),
    figure!("typical_share", |delta| Some(area(delta)?.coverage.as_ref()?.typical)),
    figure!("unknown_share", |delta| Some(area(delta)?.coverage.as_ref()?.unknown)),
    shown!("geometry", Bytes, Plain, |delta| geo::ring_wkb(&area(delta)?.boundary)),
    Column {
        name: "bbox",
        packing: Packing::Plain,
        slot: Slot::Bounds(|delta| geo::ring_bounds(&area(delta)?.boundary)),
    },
];
