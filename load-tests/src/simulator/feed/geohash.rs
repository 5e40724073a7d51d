//! Places in MQTT topics: degrees, then the digits of latitude and longitude pair by pair.

use events::Position;

/// Digits after the point that a level tells of.
const LEVEL_MAX: usize = 5;

/// `60;24/17/28/39` of 60.123, 24.789.
pub(super) fn levels(position: Position) -> String {
    let [latitude, longitude] = millionths(position);
    let digit = |millionths: i64, place: u32| millionths / 10_i64.pow(6 - place) % 10;
    format!(
        "{};{}/{}{}/{}{}/{}{}",
        latitude / 1_000_000,
        longitude / 1_000_000,
        digit(latitude, 1),
        digit(longitude, 1),
        digit(latitude, 2),
        digit(longitude, 2),
        digit(latitude, 3),
        digit(longitude, 3),
    )
}

/// The most significant digit that changed, 0 for whole degrees, 5 when less or nothing did.
pub(super) fn changed_level(before: Position, after: Position) -> usize {
    let [before, after] = [millionths(before), millionths(after)];
    (0..LEVEL_MAX)
        .find(|level| {
            let unit = 10_i64.pow(6 - *level as u32);
            before[0] / unit != after[0] / unit || before[1] / unit != after[1] / unit
        })
        .unwrap_or(LEVEL_MAX)
}

fn millionths(position: Position) -> [i64; 2] {
    [position.latitude_deg, position.longitude_deg]
        .map(|degrees| (degrees * 1_000_000.0).round() as i64)
}
