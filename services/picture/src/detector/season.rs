//! Which of a station's constants is in force on a day.

use events::DetectorConstant;

const DAY_MS: i64 = 86_400_000;

/// Month x 100 + day, in UTC, of a time in milliseconds since 1970-01-01. Publishers mean local days;
/// the constants change twice a year, so UTC is off for some hours a year.
pub(crate) fn mmdd(time_ms: i64) -> u32 {
    let (_, month, day) = traffic::link::civil_date(time_ms.div_euclid(DAY_MS));
    month * 100 + day
}

/// Whether a constant is in force on a day given as MMDD. Ends are inclusive, a range may wrap over
/// New Year, 0 to 0 is all year.
fn is_in_force(constant: &DetectorConstant, day: u32) -> bool {
    let (from, to) = (constant.valid_from_mmdd, constant.valid_to_mmdd);
    if (from, to) == (0, 0) {
        true
    } else if from <= to {
        (from..=to).contains(&day)
    } else {
        day >= from || day <= to
    }
}

/// Free-flow speed of a direction at a time: the first published constant that is in force.
pub(crate) fn free_flow_speed_km_h(
    constants: &[DetectorConstant],
    direction: u32,
    time_ms: i64,
) -> Option<f64> {
    let day = mmdd(time_ms);
    constants
        .iter()
        .filter(|constant| constant.direction == direction && is_in_force(constant, day))
        .find_map(|constant| constant.free_flow_speed_km_h)
}
