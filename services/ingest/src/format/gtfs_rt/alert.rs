//! Service alerts of GTFS-Realtime as situation records.

use events::wire::gtfs_realtime::alert::{Cause, Effect};
use events::wire::gtfs_realtime::translated_string::Translation;
use events::wire::gtfs_realtime::{Alert, TimeRange, TranslatedString};
use events::{InformedEntity, SituationPhase, SituationRecord, SituationType, Text, bounded_text};

use super::GtfsRtDecoder;
use super::entity::{id, time_ms};
use crate::format::envelope::Checks;

/// Most parts of the network that one alert is about; a strike names every route of a city.
const INFORMED_ENTITIES_MAX: usize = 4_000;

impl GtfsRtDecoder {
    /// An alert has no time of its own: its version is the feed's.
    pub(super) fn alert(
        &mut self,
        alert: &Alert,
        event_time_ms: i64,
        checks: &mut Checks,
    ) -> SituationRecord {
        if alert.informed_entity.len() > INFORMED_ENTITIES_MAX {
            checks.took_out();
        }
        let title = self.translation(alert.header_text.as_ref());
        let description = self.translation(alert.description_text.as_ref());
        let language = title.or(description).and_then(|text| id(text.language.as_ref()));
        let informed = alert.informed_entity.iter().take(INFORMED_ENTITIES_MAX);
        let (start_time_ms, end_time_ms) = period(&alert.active_period, checks);
        let cause = alert.cause.and_then(|cause| Cause::try_from(cause).ok());
        let effect = alert.effect.and_then(|effect| Effect::try_from(effect).ok());
        SituationRecord {
            kind: SituationType::ServiceAlert,
            phase: SituationPhase::Active,
            version_time_ms: event_time_ms,
            start_time_ms,
            end_time_ms,
            language: language.unwrap_or_default(),
            title: title.map(|text| bounded_text(&text.text)).unwrap_or_default(),
            description: description.map(|text| bounded_text(&text.text)),
            informed_entities: informed
                .map(|entity| InformedEntity {
                    agency_id: id(entity.agency_id.as_ref()),
                    route_id: id(entity.route_id.as_ref()),
                    stop_id: id(entity.stop_id.as_ref()),
                    trip: entity.trip.as_ref().map(|trip| self.trip(trip, event_time_ms, checks)),
                })
                .collect(),
            cause: cause.map(|cause| Text::from(cause.as_str_name().to_ascii_lowercase())),
            effect: effect.map(|effect| Text::from(effect.as_str_name().to_ascii_lowercase())),
            ..SituationRecord::default()
        }
    }

    /// The text in the first of the wanted languages, else the first text.
    fn translation<'a>(&self, text: Option<&'a TranslatedString>) -> Option<&'a Translation> {
        let translations = &text?.translation;
        let of_language = |wanted: &String| {
            translations.iter().find(|translation| {
                let tag = translation.language.as_deref().unwrap_or_default();
                let primary = tag.split(['-', '_']).next().unwrap_or_default();
                primary.eq_ignore_ascii_case(wanted)
            })
        };
        let wanted = self.options.languages.iter().find_map(of_language);
        wanted.or_else(|| translations.first())
    }
}

/// From the first start to the last end; open where any period is.
fn period(periods: &[TimeRange], checks: &mut Checks) -> (Option<i64>, Option<i64>) {
    let mut starts = Vec::with_capacity(periods.len());
    let mut ends = Vec::with_capacity(periods.len());
    for range in periods {
        starts.push(time_ms(range.start, checks));
        ends.push(time_ms(range.end, checks));
    }
    let start = starts.iter().copied().min().flatten();
    let end = if ends.contains(&None) { None } else { ends.into_iter().max().flatten() };
    (start, end)
}
