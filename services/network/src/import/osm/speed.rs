//! Speed limits: what tags say, and what the law says where they say nothing.
//!
//! Source of the implied limits: the Finnish Road Traffic Act (729/2018, sections 8 and 101) and
//! Fintraffic's winter limits: 50 km/h in a built-up area, 80 outside, 20 on a residents' street,
//! and on motorways 120, of which 100 remains in winter.

use super::street::Tags;
use crate::RoadClass;

/// Highest limit that is believed, km/h.
const LIMIT_KM_H_MAX: f64 = 160.0;

/// What stands for `none`, which has no place in this law: the highest advised speed of the country
/// that has it, km/h.
const UNLIMITED_KM_H: u8 = 130;

/// A limit of the summer and of the winter season, km/h, where tags say one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) summer_km_h: Option<u8>,
    pub(super) winter_km_h: Option<u8>,
    /// A tag says only by which law: `FI:urban`.
    pub(super) by_law: bool,
}

/// Limits of a direction, `forward` or `backward`.
pub(super) fn limits(tags: &Tags, direction: &str, odd: &mut impl FnMut(&str)) -> Limits {
    let mut of = |key: &str| {
        let directed = format!("{key}:{direction}");
        let (key, value) = match tags.get(&directed) {
            Some(value) => (directed.as_str(), value),
            None => (key, tags.get(key)?),
        };
        let limit = limit(value);
        if limit.is_none() {
            odd(key);
        }
        limit
    };
    // One of them may say only that there is a sign, and the next one what is on it.
    let all_year = of("maxspeed").or_else(|| SOURCES.iter().find_map(|key| by_law(tags.get(key)?)));
    let seasonal = of("maxspeed:seasonal:winter").or_else(|| of("maxspeed:winter"));
    let directed = tags.get(&format!("maxspeed:{direction}:conditional"));
    let (mut summer, mut winter) = (all_year, seasonal);
    for (condition, limit) in
        directed.or_else(|| tags.get("maxspeed:conditional")).into_iter().flat_map(conditions)
    {
        match season(condition) {
            Some(Season::Summer) => summer = Some(limit),
            Some(Season::Winter) => winter = winter.or(Some(limit)),
            None => {}
        }
    }
    let by_law = tags.get(&format!("maxspeed:{direction}")).or_else(|| tags.get("maxspeed"));
    let by_law = by_law.is_none_or(|value| value.contains(':')) && seasonal.is_none();
    // In winter the limit of a motorway with 120 is 100; others keep theirs unless a tag says more.
    let winter = winter.or(match all_year {
        Some((summer, _)) if (120..UNLIMITED_KM_H).contains(&summer) => Some((100, false)),
        other => other,
    });
    let first = |limit: Option<(u8, bool)>| limit.map(|(km_h, _)| km_h);
    Limits { summer_km_h: first(summer.or(all_year)), winter_km_h: first(winter), by_law }
}

/// Keys that name the law behind a limit.
const SOURCES: [&str; 3] = ["maxspeed:type", "source:maxspeed", "zone:maxspeed"];

/// More keys that name the surroundings. `zone:traffic` says nothing of the limit: a living street
/// or a yard has its own wherever it lies.
const SURROUNDINGS: [&str; 2] = ["zone:traffic", "maxspeed"];

/// Whether tags say that a street is in a built-up area or outside; lamps stand in built-up areas.
pub(super) fn signed_built_up(tags: &Tags) -> Option<bool> {
    let zones = SOURCES.iter().chain(&SURROUNDINGS).filter_map(|key| tags.get(key));
    let mut known = zones.filter_map(|value| {
        let (_, zone) = value.split_once(':')?;
        match zone {
            "urban" => Some(true),
            "rural" | "motorway" | "trunk" => Some(false),
            _ => None,
        }
    });
    known.next().or_else(|| (tags.get("lit") == Some("yes")).then_some(true))
}

/// Limits by law of a class, summer and winter, km/h.
pub(super) fn implied_km_h(class: RoadClass, motorroad: bool, built_up: bool) -> [u8; 2] {
    match class {
        RoadClass::Motorway if motorroad => [120, 100],
        RoadClass::Motorway => [80, 80],
        RoadClass::LivingStreet => [20, 20],
        // Yards, car parks and their ways: the law of the area would say up to 80, which nobody
        // drives there. A ferry goes about 15 km/h.
        RoadClass::Service if built_up => [30, 30],
        RoadClass::Service => [50, 50],
        RoadClass::Ferry => [15, 15],
        _ if motorroad && !built_up => [100, 80],
        // A street named residential is in a settlement, whatever lies around it.
        _ if built_up || class == RoadClass::Residential => [50, 50],
        _ => [80, 80],
    }
}

/// A limit in km/h, and whether only the law is named.
fn limit(value: &str) -> Option<(u8, bool)> {
    if value.contains(':') {
        return by_law(value);
    }
    // `50;30` is written where it changes along the way: the first counts.
    let value = value.split([';', '|']).next().unwrap_or_default().trim();
    match value {
        "none" => return Some((UNLIMITED_KM_H, false)),
        "walk" => return Some((7, false)),
        _ => {}
    }
    let (number, factor) = if let Some(number) = value.strip_suffix("mph") {
        (number, 1.609_344)
    } else if let Some(number) = value.strip_suffix("knots") {
        (number, 1.852)
    } else {
        (value.strip_suffix("km/h").or_else(|| value.strip_suffix("kmh")).unwrap_or(value), 1.0)
    };
    let km_h = number.trim().parse::<f64>().ok()? * factor;
    (1.0..=LIMIT_KM_H_MAX).contains(&km_h).then_some((km_h.round() as u8, false))
}

/// The limit of a named law, such as `FI:urban` or `FI:zone:30`; of `sign` none.
fn by_law(value: &str) -> Option<(u8, bool)> {
    let (_, law) = value.split_once(':')?;
    let km_h = match law {
        "urban" => 50,
        "rural" | "trunk" => 80,
        "motorway" => 120,
        "living_street" | "pedestrian_zone" => 20,
        _ => {
            let number = law.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            number.parse().ok().filter(|km_h| (5..=120).contains(km_h))?
        }
    };
    Some((km_h, true))
}

/// Pairs of condition and limit of `80 @ (winter); 60 @ (Oct-Mar)`.
fn conditions(value: &str) -> impl Iterator<Item = (&str, (u8, bool))> {
    // A `;` may also part the conditions within brackets: then a piece has no `@` and is passed.
    value.split(';').filter_map(|piece| {
        let (limit_text, condition) = piece.split_once('@')?;
        let condition = condition.trim().trim_start_matches('(').trim_end_matches(')');
        Some((condition, limit(limit_text.trim())?))
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Season {
    Summer,
    Winter,
}

/// The season of a condition that is one of seasons alone: `winter`, or months that hold January
/// and not July. Hours, weather and weights are no seasons.
fn season(condition: &str) -> Option<Season> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let condition = condition.trim().to_ascii_lowercase();
    match condition.as_str() {
        "winter" => return Some(Season::Winter),
        "summer" => return Some(Season::Summer),
        _ => {}
    }
    let (from, to) = condition.split_once('-')?;
    let month = |text: &str| {
        let mut words = text.split_whitespace();
        let month = words.next()?;
        let day = words.next().is_none_or(|day| day.parse::<u8>().is_ok());
        let number = MONTHS.iter().position(|name| *name == month)?;
        (day && words.next().is_none()).then_some(number)
    };
    let (from, to) = (month(from)?, month(to)?);
    let holds = |month: usize| {
        if from <= to { (from..=to).contains(&month) } else { month >= from || month <= to }
    };
    match (holds(0), holds(6)) {
        (true, false) => Some(Season::Winter),
        (false, true) => Some(Season::Summer),
        _ => None,
    }
}
