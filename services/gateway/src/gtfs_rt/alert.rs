//! Service alerts.

use std::sync::Arc;

use events::wire::gtfs_realtime as wire;
use events::wire::gtfs_realtime::alert::{Cause, Effect};
use events::wire::gtfs_realtime::translated_string::Translation;
use events::{InformedEntity, SituationRecord, Text};
use picture::Object;

use super::{descriptor, is_known, seconds, string};

pub(super) fn entities(objects: &[Arc<Object>]) -> Vec<wire::FeedEntity> {
    let situations = objects.iter().filter_map(|object| match object.as_ref() {
        Object::Situation(situation) => Some(situation),
        _ => None,
    });
    let entities = situations.filter_map(|situation| {
        Some(wire::FeedEntity {
            id: situation.id.to_string(),
            alert: Some(alert(&situation.record)?),
            ..Default::default()
        })
    });
    entities.collect()
}

/// None when it is about no part of public transport, as messages about roads are.
fn alert(record: &SituationRecord) -> Option<wire::Alert> {
    let informed: Vec<_> = record.informed_entities.iter().filter_map(selector).collect();
    if informed.is_empty() {
        return None;
    }
    let period = wire::TimeRange {
        start: record.start_time_ms.map(seconds),
        end: record.end_time_ms.map(seconds),
    };
    let name = |text: Option<&Text>| text.map(|text| text.as_str().to_ascii_uppercase());
    let cause = name(record.cause.as_ref()).and_then(|name| Cause::from_str_name(&name));
    let effect = name(record.effect.as_ref()).and_then(|name| Effect::from_str_name(&name));
    let has_period = period.start.is_some() || period.end.is_some();
    Some(wire::Alert {
        active_period: has_period.then_some(period).into_iter().collect(),
        informed_entity: informed,
        cause: cause.map(Into::into),
        effect: effect.map(Into::into),
        url: None,
        header_text: translated(&record.title, &record.language),
        description_text: record
            .description
            .as_deref()
            .and_then(|text| translated(text, &record.language)),
        severity_level: None,
    })
}

/// None when it selects nothing.
fn selector(entity: &InformedEntity) -> Option<wire::EntitySelector> {
    let trip = entity.trip.as_ref().filter(|trip| is_known(trip) || trip.route_id.is_some());
    let selector = wire::EntitySelector {
        agency_id: string(entity.agency_id.as_ref()),
        route_id: string(entity.route_id.as_ref()),
        trip: trip.map(descriptor),
        stop_id: string(entity.stop_id.as_ref()),
        ..Default::default()
    };
    (selector != wire::EntitySelector::default()).then_some(selector)
}

/// None without a text.
fn translated(text: &str, language: &str) -> Option<wire::TranslatedString> {
    (!text.is_empty()).then(|| wire::TranslatedString {
        translation: vec![Translation {
            text: text.into(),
            language: (!language.is_empty()).then(|| language.into()),
        }],
    })
}
