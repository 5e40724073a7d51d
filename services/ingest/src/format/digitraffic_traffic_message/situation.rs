//! A GeoJSON feature of the simple format as a situation record.

use events::{
    AnnouncementType, SituationPhase, SituationRecord, SituationType, Text, bounded_id,
    bounded_text,
};
use serde::Deserialize;

use super::geometry::Shape;
use crate::format::envelope::Checks;
use crate::format::instant::rfc3339_ms;
use crate::format::json::{Number, Scalar};
use crate::format::{Reject, RejectReason};

/// Most names of what is going on that are kept; the longest recorded list has 9.
const FEATURES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(expecting = "a GeoJSON feature")]
pub(super) struct Feature<'a> {
    #[serde(default, borrow)]
    geometry: Option<Shape<'a>>,
    #[serde(borrow)]
    properties: Properties<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object of properties")]
struct Properties<'a> {
    #[serde(default, borrow)]
    situation_id: Scalar<'a>,
    #[serde(default, borrow)]
    situation_type: Scalar<'a>,
    #[serde(default, borrow)]
    traffic_announcement_type: Scalar<'a>,
    #[serde(default)]
    version: Number,
    #[serde(default, borrow)]
    release_time: Scalar<'a>,
    #[serde(default, borrow)]
    version_time: Scalar<'a>,
    #[serde(default, borrow)]
    announcements: Option<Vec<Announcement<'a>>>,
}

/// What is said in one language.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[serde(expecting = "an announcement object")]
struct Announcement<'a> {
    #[serde(borrow)]
    language: Scalar<'a>,
    #[serde(borrow)]
    title: Scalar<'a>,
    #[serde(borrow)]
    location: Option<Location<'a>>,
    #[serde(borrow)]
    location_details: Option<LocationDetails<'a>>,
    #[serde(borrow)]
    features: Option<Vec<Name<'a>>>,
    #[serde(borrow)]
    early_closing: Scalar<'a>,
    #[serde(borrow)]
    comment: Scalar<'a>,
    #[serde(borrow)]
    time_and_duration: Option<TimeAndDuration<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    description: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LocationDetails<'a> {
    #[serde(borrow)]
    road_address_location: Option<RoadAddressLocation<'a>>,
    #[serde(borrow)]
    area_location: Option<AreaLocation<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RoadAddressLocation<'a> {
    #[serde(borrow)]
    primary_point: Option<RoadPoint<'a>>,
    #[serde(borrow)]
    direction: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RoadPoint<'a> {
    #[serde(borrow)]
    municipality: Scalar<'a>,
    road_address: Option<RoadAddress>,
}

/// Empty on streets that are not the state's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RoadAddress {
    road: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AreaLocation<'a> {
    #[serde(borrow)]
    areas: Option<Vec<Area<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Area<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(rename = "type", borrow)]
    kind: Scalar<'a>,
}

/// A feature of the situation: plain text in the first versions, an object with a name since.
#[derive(Deserialize)]
#[serde(untagged)]
enum Name<'a> {
    Object {
        #[serde(default, borrow)]
        name: Scalar<'a>,
    },
    Plain(#[serde(borrow)] Scalar<'a>),
}

/// No end = until further notice.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TimeAndDuration<'a> {
    #[serde(borrow)]
    start_time: Scalar<'a>,
    #[serde(borrow)]
    end_time: Scalar<'a>,
}

impl Feature<'_> {
    /// The situation's id and its record.
    pub(super) fn record(
        &self,
        languages: &[String],
        field: &str,
        checks: &mut Checks,
    ) -> Result<(Text, SituationRecord), Reject> {
        let properties = &self.properties;
        let id = properties.situation_id.text().and_then(bounded_id).ok_or_else(|| {
            Reject::missing(format!("{field}.situationId"), "the situation has no id")
        })?;
        let field = format!("{field} {id}");
        let release_time_ms = time(&properties.release_time, &field, "releaseTime")?;
        let version_time_ms = time(&properties.version_time, &field, "versionTime")?;
        // Until 2021 there was no time of the version.
        let version_time_ms = version_time_ms.or(release_time_ms).ok_or_else(|| {
            let message = "neither `versionTime` nor `releaseTime` is given";
            Reject::missing(format!("{field}.versionTime"), message)
        })?;
        let none = Announcement::default();
        let announcement = properties.announcement(languages).unwrap_or(&none);
        let period = announcement.time_and_duration.as_ref();
        let start = period.map_or(&Scalar::Missing, |period| &period.start_time);
        let end = period.map_or(&Scalar::Missing, |period| &period.end_time);
        let (announcement_type, phase) = properties.phase(announcement, checks);
        let mut record = SituationRecord {
            kind: situation_type(&properties.situation_type, checks),
            announcement_type,
            phase,
            version: version(properties.version, checks),
            release_time_ms,
            version_time_ms,
            start_time_ms: time(start, &field, "startTime")?,
            end_time_ms: time(end, &field, "endTime")?,
            geometry: self.geometry.as_ref().and_then(|shape| shape.geometry(checks)),
            ..SituationRecord::default()
        };
        announcement.describe(&mut record, checks);
        Ok((id, record))
    }
}

impl<'a> Properties<'a> {
    /// The announcement in the first of the wanted languages, else the first.
    fn announcement(&self, languages: &[String]) -> Option<&Announcement<'a>> {
        let announcements = self.announcements.as_ref()?;
        let of_language = |wanted: &String| {
            announcements.iter().find(|announcement| {
                announcement
                    .language
                    .text()
                    .is_some_and(|language| language.eq_ignore_ascii_case(wanted))
            })
        };
        languages.iter().find_map(of_language).or_else(|| announcements.first())
    }

    /// "ended" and "retracted" stand where the type of an announcement does; road works say in
    /// `earlyClosing` that they were finished early or called off.
    fn phase(
        &self,
        announcement: &Announcement,
        checks: &mut Checks,
    ) -> (AnnouncementType, SituationPhase) {
        let mut phase = SituationPhase::Active;
        let announcement_type = match word(&self.traffic_announcement_type).as_deref() {
            None => AnnouncementType::Unspecified,
            Some("general") => AnnouncementType::General,
            Some("preliminary accident report") => AnnouncementType::PreliminaryAccidentReport,
            Some("accident report") => AnnouncementType::AccidentReport,
            Some("unconfirmed observation") => AnnouncementType::UnconfirmedObservation,
            Some("ended") => {
                phase = SituationPhase::Ended;
                AnnouncementType::Unspecified
            }
            Some("retracted") => {
                phase = SituationPhase::Retracted;
                AnnouncementType::Unspecified
            }
            Some(_) => {
                checks.took_out();
                AnnouncementType::Unspecified
            }
        };
        match word(&announcement.early_closing).as_deref() {
            Some("closed") if phase == SituationPhase::Active => phase = SituationPhase::Ended,
            Some("canceled" | "cancelled") if phase == SituationPhase::Active => {
                phase = SituationPhase::Cancelled;
            }
            _ => {}
        }
        (announcement_type, phase)
    }
}

impl Announcement<'_> {
    /// Adds texts and place.
    fn describe(&self, record: &mut SituationRecord, checks: &mut Checks) {
        let free_text =
            |text: &Scalar| text.text().map(bounded_text).filter(|text| !text.is_empty());
        record.language = word(&self.language).map(Text::from).unwrap_or_default();
        record.title = free_text(&self.title).unwrap_or_default();
        record.description =
            self.location.as_ref().and_then(|location| free_text(&location.description));
        record.comment = free_text(&self.comment);
        let names = self.features.iter().flatten();
        if names.clone().count() > FEATURES_MAX {
            checks.took_out();
        }
        let name = |name: &Name| match name {
            Name::Object { name } | Name::Plain(name) => free_text(name),
        };
        record.features = names.take(FEATURES_MAX).filter_map(name).collect();
        let Some(details) = &self.location_details else {
            return;
        };
        if let Some(location) = &details.road_address_location {
            record.road_direction = word(&location.direction).map(Text::from);
            if let Some(point) = &location.primary_point {
                record.municipality = point.municipality.text().and_then(bounded_id);
                let address = point.road_address.as_ref();
                record.road_number = address.and_then(|address| address.road.id());
            }
        }
        let areas = details.area_location.as_ref().and_then(|location| location.areas.as_ref());
        let municipality = areas
            .into_iter()
            .flatten()
            .find(|area| word(&area.kind).as_deref() == Some("municipality"));
        if let (None, Some(area)) = (&record.municipality, municipality) {
            record.municipality = area.name.text().and_then(bounded_id);
        }
    }
}

/// A word of the vocabulary, in the second version's spelling: the first wrote
/// `TRAFFIC_ANNOUNCEMENT` for "traffic announcement".
fn word(scalar: &Scalar) -> Option<String> {
    let text = bounded_id(scalar.text()?)?;
    Some(text.to_lowercase().replace('_', " "))
}

fn situation_type(scalar: &Scalar, checks: &mut Checks) -> SituationType {
    match word(scalar).as_deref() {
        None => SituationType::Unspecified,
        Some("traffic announcement") => SituationType::TrafficAnnouncement,
        Some("road work") => SituationType::RoadWork,
        Some("weight restriction") => SituationType::WeightRestriction,
        Some("exempted transport") => SituationType::ExemptedTransport,
        Some(_) => {
            checks.took_out();
            SituationType::Unspecified
        }
    }
}

fn version(number: Number, checks: &mut Checks) -> u32 {
    if number != Number::Missing && number.id().is_none() {
        checks.took_out();
    }
    number.id().unwrap_or_default()
}

/// A time. One that is given but does not read is an error: an end that was lost would read as
/// "until further notice".
fn time(scalar: &Scalar, field: &str, key: &str) -> Result<Option<i64>, Reject> {
    let Some(text) = scalar.text() else {
        return match scalar {
            Scalar::Missing | Scalar::Text(_) => Ok(None),
            _ => Err(no_time(field, key, "a value that is no text")),
        };
    };
    match rfc3339_ms(text) {
        Some(time_ms) => Ok(Some(time_ms)),
        None => Err(no_time(field, key, &format!("{:?}", bounded_id(text).unwrap_or_default()))),
    }
}

fn no_time(field: &str, key: &str, what: &str) -> Reject {
    let message = format!("{what} is no ISO 8601 time with a zone");
    Reject::new(RejectReason::WrongType, format!("{field}.{key}"), message)
}
