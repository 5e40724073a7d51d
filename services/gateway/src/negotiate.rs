//! Content negotiation (RFC 9110, sections 12.5.1 and 13.1.2).

use axum::http::{HeaderMap, StatusCode, header};

use crate::encode::{ENCODERS, Encoder};
use crate::problem::Problem;

/// Media ranges of one request that are looked at; browsers send up to ten.
const RANGES_MAX: usize = 32;

/// The encoder of the format that was asked for by its name, else the one that the client likes
/// best; the first of the list when it likes several as much.
pub(crate) fn encoder(
    headers: &HeaderMap,
    format: Option<&str>,
) -> Result<&'static dyn Encoder, Problem> {
    if let Some(format) = format {
        return named(format);
    }
    let media_types = ENCODERS.iter().map(|encoder| encoder.media_type());
    let media_types: Vec<&str> = media_types.collect();
    let best = best(headers, &media_types).ok_or_else(|| not_acceptable(&media_types))?;
    let encoder = ENCODERS.iter().find(|encoder| encoder.media_type() == best);
    Ok(*encoder.unwrap_or(&ENCODERS[0]))
}

/// The media type of these that the client likes best; the first when it does not say.
pub(crate) fn best<'a>(headers: &HeaderMap, media_types: &[&'a str]) -> Option<&'a str> {
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .take(RANGES_MAX)
        .collect();
    if accept.is_empty() {
        return media_types.first().copied();
    }
    let mut best: Option<(u32, &str)> = None;
    for &media_type in media_types {
        let weight = weight(&accept, media_type);
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, media_type));
        }
    }
    best.map(|(_, media_type)| media_type)
}

fn named(format: &str) -> Result<&'static dyn Encoder, Problem> {
    let encoder = ENCODERS.iter().find(|encoder| encoder.name() == format);
    encoder.copied().ok_or_else(|| {
        let names: Vec<&str> = ENCODERS.iter().map(|encoder| encoder.name()).collect();
        let names = names.join(", ");
        Problem::bad_request(format!("query: format: no {format:?}; there is {names}"))
    })
}

fn not_acceptable(media_types: &[&str]) -> Problem {
    let detail = format!("there is {}", media_types.join(", "));
    Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
}

/// Thousandths of the most specific range that covers the media type.
fn weight(accept: &[&str], media_type: &str) -> u32 {
    let kind = media_type.split('/').next().unwrap_or_default();
    let matching = accept.iter().filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let specific = if name.eq_ignore_ascii_case(media_type) {
            2
        } else if name.strip_suffix("/*").is_some_and(|name| name.eq_ignore_ascii_case(kind)) {
            1
        } else if name == "*/*" {
            0
        } else {
            return None;
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let quality: f32 = quality.map_or(1.0, |q| q.parse().unwrap_or(0.0));
        Some((specific, (quality.clamp(0.0, 1.0) * 1000.0) as u32))
    });
    matching.max().map_or(0, |(_, weight)| weight)
}

/// Whether the client has what the tag stands for. Tags are weak: a body compressed in another way
/// is the same answer.
pub(crate) fn has(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|candidate| candidate.trim() == "*" || opaque(candidate) == opaque(tag))
}
