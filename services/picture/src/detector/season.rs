//! Which of a station's constants is in force on a day.

use events::DetectorConstant;

const DAY_MS: i64 = 86_400_000;

/// Month x 100 + day, in UTC, of a time in milliseconds since 1970-01-01.
///
/// Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`. Publishers
/// mean local days; the constants change twice a year, so UTC is off for some hours a year.
pub(crate) fn mmdd(time_ms: i64) -> u32 {
    let shifted_days = time_ms.div_euclid(DAY_MS) + 719_468;
    let day_of_era = shifted_days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (month * 100 + day) as u32
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
