//! Reference data of stations: the GeoJSON register and the constants of sensors.

use events::{DetectorConstant, DetectorStation, bounded_id};
use serde::Deserialize;

use crate::format::digitraffic::Feature;
use crate::format::envelope::Checks;
use crate::format::json::{Number, Scalar};

/// Most constants of one station; two directions of two constants in two seasons make eight.
const CONSTANTS_MAX: usize = 64;

/// A constant as published: `VVAPAAS1` = free-flow speed of direction 1, `MS1` = its largest flow,
/// `Tien_suunta` = bearing of direction 1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a constant object")]
pub(super) struct Constant<'a> {
    #[serde(default, borrow)]
    name: Scalar<'a>,
    #[serde(default)]
    value: Number,
    /// MM-DD.
    #[serde(default, borrow)]
    valid_from: Scalar<'a>,
    #[serde(default, borrow)]
    valid_to: Scalar<'a>,
}

/// What the register says of a station.
pub(super) fn reference(feature: &Feature, checks: &mut Checks) -> DetectorStation {
    let properties = &feature.properties;
    DetectorStation {
        name: properties.name.text().and_then(bounded_id),
        position: feature.position(checks),
        bearing_deg: properties.bearing.get(checks).and_then(|bearing| checks.bearing_deg(bearing)),
        collection_status: feature.collection_status(checks),
        state: properties.state.text().and_then(bounded_id),
        tms_number: properties.tms_number.id(),
        constants: Vec::new(),
    }
}

/// The constants of a station; speed and flow of the same direction and season share one entry.
pub(super) fn constants(published: &[Constant], checks: &mut Checks) -> DetectorStation {
    let mut station = DetectorStation::default();
    if published.len() > CONSTANTS_MAX {
        checks.took_out();
    }
    for constant in published.iter().take(CONSTANTS_MAX) {
        let Some(value) = constant.value.get(checks) else {
            continue;
        };
        let (direction, is_speed, max) = match constant.name.text() {
            Some("VVAPAAS1") => (1, true, 200.0),
            Some("VVAPAAS2") => (2, true, 200.0),
            Some("MS1") => (1, false, 50_000.0),
            Some("MS2") => (2, false, 50_000.0),
            Some("Tien_suunta") => {
                station.bearing_deg = checks.bearing_deg(value);
                continue;
            }
            _ => continue,
        };
        // A free flow or a maximum of 0 would make every share infinite.
        let Some(value) = checks.within(value, f64::MIN_POSITIVE..=max) else {
            continue;
        };
        let from = month_day(&constant.valid_from);
        let to = month_day(&constant.valid_to);
        let (Some(valid_from_mmdd), Some(valid_to_mmdd)) = (from, to) else {
            checks.took_out();
            continue;
        };
        let season = DetectorConstant {
            direction,
            valid_from_mmdd,
            valid_to_mmdd,
            ..DetectorConstant::default()
        };
        let entry = entry(&mut station.constants, season);
        if is_speed {
            entry.free_flow_speed_km_h = Some(value);
        } else {
            entry.max_flow_veh_h = Some(value);
        }
    }
    station
}

/// The entry of a direction and season, made when there is none.
fn entry(constants: &mut Vec<DetectorConstant>, season: DetectorConstant) -> &mut DetectorConstant {
    let same = |constant: &DetectorConstant| {
        constant.direction == season.direction
            && constant.valid_from_mmdd == season.valid_from_mmdd
            && constant.valid_to_mmdd == season.valid_to_mmdd
    };
    let index = constants.iter().position(same).unwrap_or_else(|| {
        constants.push(season);
        constants.len() - 1
    });
    &mut constants[index]
}

/// MMDD of `MM-DD`; 0, all year, when not given.
fn month_day(text: &Scalar) -> Option<u32> {
    let Some(text) = text.text() else {
        return Some(0);
    };
    let (month, day) = text.split_once('-')?;
    let (month, day): (u32, u32) = (month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(month * 100 + day)
}
