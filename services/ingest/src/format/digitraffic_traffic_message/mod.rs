//! Fintraffic's traffic messages in the simple JSON format, versions 1 and 2: announcements, road
//! works, weight restrictions and exempted transports.
//!
//! A feature or a collection of them; over MQTT packed as gzip in base64. Identity is the
//! situation's id; version and version time order its messages. "ended" (it happened and is over)
//! and "retracted" (it was wrong) are told apart. Option `languages` gives the order of preference.
//! A situation that a resource's next document leaves out is retracted (`listing.rs`).

mod geometry;
mod listing;
mod situation;
mod unpack;

use std::collections::BTreeSet;

use events::{Body, EntityKind, RawRecord, Text, Verdicts};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::listing::Listings;
use self::situation::Feature;
use super::envelope::{Checks, Envelope};
use super::options::Options;
use super::{
    Decoded, Decoder, DecoderContext, DropReason, Format, OptionsError, Reject, RejectReason,
    instant, json,
};

/// The format `digitraffic_traffic_message`.
pub struct DigitrafficTrafficMessage;

impl Format for DigitrafficTrafficMessage {
    fn name(&self) -> &'static str {
        "digitraffic_traffic_message"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        let options = Options::new(options, &["languages"])?;
        let languages = options.texts("languages")?;
        Ok(Box::new(TrafficMessageDecoder {
            envelope: Envelope::new(context, self.name()),
            languages: languages.unwrap_or_else(|| ["fi", "sv", "en"].map(str::to_owned).to_vec()),
            listings: Listings::default(),
        }))
    }
}

struct TrafficMessageDecoder {
    envelope: Envelope,
    languages: Vec<String>,
    listings: Listings,
}

/// A feature, or a collection of features.
#[derive(Deserialize)]
#[serde(expecting = "a GeoJSON object")]
struct Document<'a> {
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow, rename = "dataUpdatedTime")]
    updated: Option<&'a RawValue>,
}

impl Decoder for TrafficMessageDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        if raw.topic.ends_with("/status") {
            return Decoded::dropped(DropReason::ServiceMessage, "topic");
        }
        let mut decoded = Decoded::default();
        if let Err(reject) = self.document(raw, &mut decoded) {
            decoded.rejects.push(reject);
        }
        decoded
    }
}

impl TrafficMessageDecoder {
    fn document(&mut self, raw: &RawRecord, decoded: &mut Decoded) -> Result<(), Reject> {
        let payload = unpack::unpack(&raw.payload)?;
        let document: Document = json::parse(&payload, "payload")?;
        if let Some(features) = document.features {
            for (index, feature) in features.into_iter().enumerate() {
                let field = format!("features[{index}]");
                self.feature(raw, feature.get().as_bytes(), &field, decoded);
            }
            let updated = document.updated.map(|time| time.get().trim_matches('"'));
            decoded.made_time_ms = updated.and_then(instant::rfc3339_ms);
            self.retract_missing(raw, decoded);
        } else if document.properties.is_some() {
            self.feature(raw, &payload, "feature", decoded);
        } else {
            let message = "the JSON is neither a Feature nor a FeatureCollection";
            return Err(Reject::new(RejectReason::UnknownKind, "payload", message));
        }
        Ok(())
    }

    fn feature(&self, raw: &RawRecord, json: &[u8], field: &str, decoded: &mut Decoded) {
        let checks = &mut Checks::default();
        let record = json::parse::<Feature>(json, field)
            .and_then(|feature| feature.record(&self.languages, field, checks));
        match record {
            Ok((id, record)) => {
                let time_ms = record.version_time_ms;
                let body = Body::SituationRecord(Box::new(record));
                let event = self.envelope.event(raw, id, time_ms, checks.verdicts, body);
                decoded.events.push(event);
            }
            Err(reject) => decoded.rejects.push(reject),
        }
    }

    /// Takes back what the resource's last document had and this one has not.
    fn retract_missing(&mut self, raw: &RawRecord, decoded: &mut Decoded) {
        let updated_ms = decoded.made_time_ms.unwrap_or(raw.received_time_ms);
        let situations: BTreeSet<Text> =
            decoded.events.iter().map(|event| event.entity.clone()).collect();
        // A situation that could not be read is not gone.
        if !decoded.rejects.is_empty() {
            return self.listings.add(raw, updated_ms, situations);
        }
        for id in self.listings.replace(raw, updated_ms, situations) {
            let body = Body::Retraction(EntityKind::Situation);
            let event = self.envelope.event(raw, id, updated_ms, Verdicts::default(), body);
            decoded.events.push(event);
        }
    }
}
