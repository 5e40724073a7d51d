//! Traffic messages as simple JSON: documents by type over HTTP in the words of version 2, and
//! messages over MQTT, gzipped, in base64, in the words of version 1.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{Feed, MQTT, REST, Sent, Setting};
use crate::simulator::ConfigError;
use crate::simulator::clock;
use crate::simulator::world::SituationData;

/// Seconds between documents.
const EVERY_S: i64 = 60;
/// Age of what was there before the recording, milliseconds.
const BEFORE_MS: i64 = 5_400_000;
/// Time for which road works and restrictions hold, milliseconds.
const HOLDS_MS: i64 = 86_400_000;
/// By how much the first version is older than its release, milliseconds: the publisher's own.
const VERSION_BEFORE_RELEASE_MS: i64 = 31;
/// Milliseconds from a version to its message.
const MESSAGE_LATENCY_MS: i64 = 420;

/// A type of situations in both vocabularies, and the document that lists it.
struct SituationType {
    name: &'static str,
    path: &'static str,
}

const TYPES: &[SituationType] = &[
    SituationType {
        name: "exempted transport",
        path: "/api/traffic-message/v2/exempted-transports",
    },
    SituationType { name: "road work", path: "/api/traffic-message/v2/roadworks" },
    SituationType {
        name: "traffic announcement",
        path: "/api/traffic-message/v2/traffic-announcements",
    },
    SituationType {
        name: "weight restriction",
        path: "/api/traffic-message/v2/weight-restrictions",
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Vocabulary {
    V1,
    V2,
}

impl Vocabulary {
    /// `road work` or `ROAD_WORK`.
    fn word(self, word: &str) -> String {
        match self {
            Self::V1 => word.to_uppercase().replace(' ', "_"),
            Self::V2 => word.to_owned(),
        }
    }
}

/// The traffic messages of one region.
pub(super) struct TrafficMessages {
    setting: Setting,
    situations: Vec<Situation>,
}

struct Situation {
    id: String,
    listed: &'static SituationType,
    pushed: bool,
    geometry: Value,
    /// The announcement without what differs between versions and vocabularies.
    title: String,
    description: String,
    comment: Option<String>,
    road: Option<u32>,
    work: Option<Work>,
    versions: Vec<Version>,
}

struct Work {
    kind: String,
    description: String,
    lane: String,
    severity: String,
}

struct Version {
    from_s: i64,
    phase: String,
}

impl Situation {
    fn new(data: &SituationData, duration_s: i64) -> Result<Self, ConfigError> {
        let listed = TYPES.iter().find(|known| known.name == data.situation_type);
        let listed = listed.ok_or_else(|| ConfigError::Data {
            name: "situations.toml",
            message: format!("{}: no document lists {:?}", data.id, data.situation_type),
        })?;
        let version = |from: f64, phase: &str| Version {
            from_s: (from * duration_s as f64) as i64,
            phase: phase.into(),
        };
        Ok(Self {
            id: data.id.clone(),
            listed,
            pushed: data.pushed,
            geometry: geometry(data),
            title: data.title.clone(),
            description: data.description.clone(),
            comment: data.comment.clone(),
            road: data.road,
            work: data.work.as_ref().map(|work| Work {
                kind: work.work_type.clone(),
                description: work.description.clone(),
                lane: work.lane.clone(),
                severity: data.severity.clone().unwrap_or("LOW".into()),
            }),
            versions: data.versions.iter().map(|data| version(data.from, &data.phase)).collect(),
        })
    }

    /// Number of the version that holds at a second of the recording, from 0.
    fn version_at(&self, phase_s: i64) -> Option<usize> {
        self.versions.iter().rposition(|version| version.from_s <= phase_s)
    }

    /// The message of a version, as a GeoJSON feature; `loop_ms` is when the recording started.
    fn feature(&self, version: usize, loop_ms: i64, vocabulary: Vocabulary) -> Value {
        let time_ms = |version: &Version| match version.from_s {
            0 => loop_ms - BEFORE_MS,
            from_s => loop_ms + from_s * 1_000,
        };
        let release_ms = self.versions.first().map_or(loop_ms, time_ms);
        let version_ms = match version {
            0 => release_ms - VERSION_BEFORE_RELEASE_MS,
            _ => time_ms(&self.versions[version]),
        };
        let phase = self.versions[version].phase.as_str();
        let announcement_type = match self.listed.name {
            "traffic announcement" => Value::from(vocabulary.word(phase)),
            _ => Value::Null,
        };
        let over = matches!(phase, "ended" | "retracted");
        let end_ms = match (over, self.listed.name) {
            (true, _) => Some(version_ms),
            (false, "traffic announcement") => None,
            (false, _) => Some(release_ms + HOLDS_MS),
        };
        let mut feature = json!({
            "type": "Feature",
            "geometry": self.geometry,
            "properties": {
                "situationId": self.id,
                "situationType": vocabulary.word(self.listed.name),
                "trafficAnnouncementType": announcement_type,
                "version": version + 1,
                "releaseTime": clock::utc_ms(release_ms),
                "versionTime": clock::utc_ms(version_ms),
                "announcements": [self.announcement(release_ms, end_ms, vocabulary)],
                "dataUpdatedTime": clock::utc_s(version_ms + 2_000),
            },
        });
        if vocabulary == Vocabulary::V1 {
            feature["properties"]["contact"] = json!({
                "phone": "0200000000",
                "email": "liikennekeskus@example.fi",
            });
        }
        feature
    }

    fn announcement(&self, start_ms: i64, end_ms: Option<i64>, vocabulary: Vocabulary) -> Value {
        let direction = if self.work.is_some() { "pos" } else { "unknown" };
        let road_address = match self.road {
            Some(road) => json!({ "road": road, "roadSection": 1, "distance": 1_200 }),
            None => json!({}),
        };
        let times = |start_ms: i64, end_ms: Option<i64>| match end_ms {
            Some(end_ms) => json!({
                "startTime": clock::utc_s(start_ms),
                "endTime": clock::utc_ms(end_ms),
            }),
            None => json!({ "startTime": clock::utc_s(start_ms) }),
        };
        let details = json!({
            "roadAddressLocation": {
                "primaryPoint": { "roadAddress": road_address },
                "direction": vocabulary.word(direction),
            },
        });
        let phases: Vec<Value> = self
            .work
            .iter()
            .map(|work| {
                json!({
                    "id": format!("{}1", self.id),
                    "location": { "description": self.description },
                    "locationDetails": details,
                    "workingHours": [],
                    "timeAndDuration": times(start_ms, end_ms),
                    "workTypes": [{
                        "type": vocabulary.word(&work.kind.to_lowercase()),
                        "description": work.description,
                    }],
                    "restrictions": [{
                        "type": vocabulary.word("single lane closed"),
                        "restriction": { "name": work.lane },
                    }],
                    "restrictionsLiftable": true,
                    "severity": vocabulary.word(&work.severity.to_lowercase()),
                    "slowTrafficTimes": [],
                    "queuingTrafficTimes": [],
                })
            })
            .collect();
        let mut announcement = json!({
            "language": vocabulary.word("fi"),
            "title": self.title,
            "location": { "description": self.description },
            "locationDetails": details,
            "features": [],
            "roadWorkPhases": phases,
            "timeAndDuration": times(start_ms, end_ms),
            "sender": "Fintraffic Tieliikennekeskus",
        });
        if let Some(comment) = &self.comment {
            announcement["comment"] = comment.as_str().into();
        }
        announcement
    }
}

impl TrafficMessages {
    pub(super) fn new<'a>(
        setting: Setting,
        situations: impl Iterator<Item = &'a SituationData>,
    ) -> Result<Self, ConfigError> {
        let duration_s = setting.timeline.duration_s;
        Ok(Self {
            situations: situations
                .map(|data| Situation::new(data, duration_s))
                .collect::<Result<_, _>>()?,
            setting,
        })
    }

    fn document(&self, listed: &SituationType, second: i64) -> Sent {
        let timeline = self.setting.timeline;
        let phase_s = timeline.phase_s(second);
        let loop_ms = timeline.time_ms(second - phase_s);
        let features: Vec<Value> = self
            .situations
            .iter()
            .filter(|situation| situation.listed.path == listed.path)
            .filter_map(|situation| {
                let version = situation.version_at(phase_s)?;
                Some(situation.feature(version, loop_ms, Vocabulary::V2))
            })
            .collect();
        let document = json!({
            "type": "FeatureCollection",
            "dataUpdatedTime": clock::utc_ms(timeline.time_ms(second)),
            "features": features,
        });
        Sent {
            received_time_ms: self.setting.answered_ms(second),
            source: REST.into(),
            topic: listed.path.into(),
            payload: document.to_string().into_bytes(),
        }
    }

    fn message(&self, situation: &Situation, version: usize, second: i64) -> Sent {
        let timeline = self.setting.timeline;
        let loop_ms = timeline.time_ms(second - timeline.phase_s(second));
        let feature = situation.feature(version, loop_ms, Vocabulary::V1);
        let word = Vocabulary::V1.word(situation.listed.name);
        Sent {
            received_time_ms: timeline.time_ms(second) + MESSAGE_LATENCY_MS,
            source: MQTT.into(),
            topic: format!("traffic-message-v3/simple/{word}"),
            payload: gzip_base64(feature.to_string().as_bytes()).into_bytes(),
        }
    }
}

impl Feed for TrafficMessages {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.setting.timeline.phase_s(second);
        if phase_s % EVERY_S == 0 {
            out.extend(TYPES.iter().map(|listed| self.document(listed, second)));
        }
        for situation in self.situations.iter().filter(|situation| situation.pushed) {
            let new = situation
                .versions
                .iter()
                .position(|version| version.from_s == phase_s && phase_s > 0);
            out.extend(new.map(|version| self.message(situation, version, second)));
        }
    }
}

/// Longitude before latitude, as GeoJSON has it.
fn coordinates(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    places.iter().map(|[latitude, longitude]| [*longitude, *latitude]).collect()
}

/// A point, lines, an area, or null for what holds in a whole province.
fn geometry(data: &SituationData) -> Value {
    if let Some([latitude, longitude]) = data.point {
        json!({ "type": "Point", "coordinates": [longitude, latitude] })
    } else if !data.lines.is_empty() {
        let lines = data.lines.iter().map(|line| coordinates(line));
        json!({ "type": "MultiLineString", "coordinates": lines.collect::<Vec<_>>() })
    } else if !data.area.is_empty() {
        json!({ "type": "Polygon", "coordinates": [coordinates(&data.area)] })
    } else {
        Value::Null
    }
}

fn gzip_base64(bytes: &[u8]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let zipped = gzip.write_all(bytes).and_then(|()| gzip.finish());
    STANDARD.encode(zipped.expect("a Vec takes all bytes"))
}
