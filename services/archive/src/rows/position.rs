//! Positions in a pair of columns.
//!
//! Publishers write six or seven decimals of a degree. As binary fractions these are noise down to
//! the last bit, and noise does not shrink: 16 bytes a position. So the columns have the nearest
//! multiple of 2^-24 degrees, at most 3.4 mm away, whose last bytes are zero; and `position_decimals`
//! says to how many decimals that is to be rounded to be the published number again, exactly. It is
//! missing where the column is the number itself, as of publishers that send 32-bit floats. What is
//! neither stays in the rest, and the columns show where it is.

use events::wire::Position;

/// Steps of a degree.
const STEPS: f64 = 16_777_216.0;
/// Decimals to which a number within half a step of the published one can be rounded for sure: half
/// a step is 3.0e-8.
const DECIMALS: u32 = 7;
const DECIMAL_STEPS: f64 = 1e7;

/// What the column shows of an angle, degrees: at most 3.0e-8 away.
///
/// ```text
/// nearby(24.9384120) = 24.93841201066971
/// ```
pub(crate) fn nearby(angle_deg: f64) -> f64 {
    (angle_deg * STEPS).round() / STEPS
}

/// The published angle of what the column shows.
pub(crate) fn exact(nearby_deg: f64) -> f64 {
    (nearby_deg * DECIMAL_STEPS).round() / DECIMAL_STEPS
}

pub(super) fn longitude(position: Option<&Position>) -> Option<f64> {
    position.map(|position| nearby(position.longitude_deg))
}

pub(super) fn latitude(position: Option<&Position>) -> Option<f64> {
    position.map(|position| nearby(position.latitude_deg))
}

/// Takes the position out where the columns say it all. The last of the three columns.
pub(super) fn decimals(slot: &mut Option<Position>) -> Option<u32> {
    let position = (*slot)?;
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    let is_by = |by: fn(f64) -> f64| {
        same(by(position.longitude_deg), position.longitude_deg)
            && same(by(position.latitude_deg), position.latitude_deg)
    };
    if is_by(nearby) {
        *slot = None;
        None
    } else if is_by(|angle_deg| exact(nearby(angle_deg))) {
        *slot = None;
        Some(DECIMALS)
    } else {
        None
    }
}

/// The latitude that comes in the next column.
const TO_COME: f64 = f64::NAN;

pub(super) fn put_longitude(slot: &mut Option<Position>, longitude_deg: f64) {
    slot.get_or_insert(Position { longitude_deg, latitude_deg: TO_COME });
}

pub(super) fn put_latitude(slot: &mut Option<Position>, latitude_deg: f64) {
    if let Some(position) = slot.as_mut().filter(|position| position.latitude_deg.is_nan()) {
        position.latitude_deg = latitude_deg;
    }
}

pub(super) fn put_decimals(slot: &mut Option<Position>, _decimals: u32) {
    if let Some(position) = slot {
        position.longitude_deg = exact(position.longitude_deg);
        position.latitude_deg = exact(position.latitude_deg);
    }
}

/// The three columns of a field `position`.
macro_rules! position {
    ($name:ident, $get:path, $make:path) => {
        static $name: &[$crate::column::Column<events::wire::LogRecord>] = &[
            $crate::column::Column {
                name: "longitude_deg",
                packing: $crate::column::Packing::Split,
                slot: $crate::column::Slot::Float64(
                    |record| super::position::longitude($get(record)?.position.as_ref()),
                    |record, value| {
                        super::position::put_longitude(&mut $make(record).position, value);
                    },
                ),
            },
            $crate::column::Column {
                name: "latitude_deg",
                packing: $crate::column::Packing::Split,
                slot: $crate::column::Slot::Float64(
                    |record| super::position::latitude($get(record)?.position.as_ref()),
                    |record, value| {
                        super::position::put_latitude(&mut $make(record).position, value)
                    },
                ),
            },
            $crate::column::Column {
                name: "position_decimals",
                packing: $crate::column::Packing::Dictionary,
                slot: $crate::column::Slot::UInt32(
                    |record| super::position::decimals(&mut $get(record)?.position),
                    |record, value| {
                        super::position::put_decimals(&mut $make(record).position, value)
                    },
                ),
            },
        ];
    };
}
pub(super) use position;
