//! GTFS-Realtime alerts, in three languages.

use events::wire::gtfs_realtime as rt;
use rt::alert::{Cause, Effect, SeverityLevel};
use rt::feed_header::Incrementality;

use super::transit::{self, Document};
use super::{Feed, Sent, Setting};
use crate::simulator::ConfigError;
use crate::simulator::world::{AlertData, DocumentData, SelectorData, Translations};

/// Alerts hold from an hour before the recording's start for eight hours.
const ACTIVE_MS: [i64; 2] = [-3_600_000, 25_200_000];

/// A document with all alerts.
pub(super) struct Alerts {
    setting: Setting,
    document: Document,
    entities: Vec<rt::FeedEntity>,
}

impl Alerts {
    pub(super) fn new<'a>(
        setting: Setting,
        document: DocumentData,
        alerts: impl Iterator<Item = &'a AlertData>,
    ) -> Result<Self, ConfigError> {
        let start_ms = setting.timeline.start_ms;
        Ok(Self {
            entities: alerts.map(|alert| entity(alert, start_ms)).collect::<Result<_, _>>()?,
            setting,
            document: Document::new(document, Some(Incrementality::FullDataset)),
        })
    }
}

impl Feed for Alerts {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        if self.document.is_due(&self.setting, second) {
            out.push(self.document.sent(&self.setting, second, self.entities.clone()));
        }
    }
}

fn entity(data: &AlertData, start_ms: i64) -> Result<rt::FeedEntity, ConfigError> {
    let unknown = |word: &str| ConfigError::Data {
        name: "situations.toml",
        message: format!("alert {}: the standard has no {word:?}", data.id),
    };
    let cause = Cause::from_str_name(&data.cause).ok_or_else(|| unknown(&data.cause))?;
    let effect = Effect::from_str_name(&data.effect).ok_or_else(|| unknown(&data.effect))?;
    let severity =
        SeverityLevel::from_str_name(&data.severity).ok_or_else(|| unknown(&data.severity))?;
    let mut selector = rt::EntitySelector::default();
    match &data.selector {
        SelectorData::Agency(id) => selector.agency_id = Some(id.clone()),
        SelectorData::Route(id) => selector.route_id = Some(id.clone()),
        SelectorData::Stop(id) => selector.stop_id = Some(id.clone()),
    }
    let [from_ms, to_ms] = ACTIVE_MS;
    Ok(rt::FeedEntity {
        alert: Some(rt::Alert {
            active_period: vec![rt::TimeRange {
                start: Some(transit::unix_s(start_ms + from_ms)),
                end: Some(transit::unix_s(start_ms + to_ms)),
            }],
            informed_entity: vec![selector],
            cause: Some(cause.into()),
            effect: Some(effect.into()),
            header_text: Some(translated(&data.header)),
            description_text: Some(translated(&data.description)),
            severity_level: Some(severity.into()),
            ..rt::Alert::default()
        }),
        ..transit::entity(data.id.clone())
    })
}

fn translated(texts: &Translations) -> rt::TranslatedString {
    let translation = |language: &str, text: &str| rt::translated_string::Translation {
        text: text.into(),
        language: Some(language.into()),
    };
    rt::TranslatedString {
        translation: vec![
            translation("fi", &texts.fi),
            translation("sv", &texts.sv),
            translation("en", &texts.en),
        ],
    }
}
