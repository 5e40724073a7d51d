//! Traffic messages and service alerts.

use serde::Serialize;

use crate::vehicle_position::{short, string};
use crate::{
    AnnouncementType, Position, PositionError, SituationPhase, SituationType, Text, TripDescriptor,
    wire,
};

/// Shape of a situation: points, lines, and polygons as rings (first the shell, then holes).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Geometry {
    pub points: Vec<Position>,
    pub lines: Vec<Vec<Position>>,
    pub polygons: Vec<Vec<Vec<Position>>>,
}

impl Geometry {
    /// Every position of every part.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        let lines = self.lines.iter().flatten();
        self.points.iter().chain(lines).chain(self.polygons.iter().flatten().flatten())
    }
}

/// A part of public transport that a service alert is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct InformedEntity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip: Option<TripDescriptor>,
}

/// One version of one situation; see `proto/tilanne/v1/situation.proto`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct SituationRecord {
    #[serde(rename = "type")]
    pub kind: SituationType,
    pub announcement_type: AnnouncementType,
    pub phase: SituationPhase,
    pub version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_time_ms: Option<i64>,
    pub version_time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
    pub language: Text,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    pub features: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road_direction: Option<Text>,
    pub informed_entities: Vec<InformedEntity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Text>,
}

fn path(positions: &[Position]) -> wire::Path {
    wire::Path { positions: positions.iter().map(|&position| position.into()).collect() }
}

fn positions(path: wire::Path) -> Result<Vec<Position>, PositionError> {
    path.positions.into_iter().map(Position::try_from).collect()
}

impl From<&Geometry> for wire::Geometry {
    fn from(geometry: &Geometry) -> Self {
        let rings = |polygon: &Vec<Vec<Position>>| wire::Polygon {
            rings: polygon.iter().map(|ring| path(ring)).collect(),
        };
        Self {
            points: geometry.points.iter().map(|&point| point.into()).collect(),
            lines: geometry.lines.iter().map(|line| path(line)).collect(),
            polygons: geometry.polygons.iter().map(rings).collect(),
        }
    }
}

impl TryFrom<wire::Geometry> for Geometry {
    type Error = PositionError;

    fn try_from(geometry: wire::Geometry) -> Result<Self, PositionError> {
        let rings = |polygon: wire::Polygon| polygon.rings.into_iter().map(positions).collect();
        Ok(Self {
            points: geometry
                .points
                .into_iter()
                .map(Position::try_from)
                .collect::<Result<_, _>>()?,
            lines: geometry.lines.into_iter().map(positions).collect::<Result<_, _>>()?,
            polygons: geometry.polygons.into_iter().map(rings).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&SituationRecord> for wire::SituationRecord {
    fn from(record: &SituationRecord) -> Self {
        let entities = record.informed_entities.iter().map(|entity| wire::InformedEntity {
            agency_id: string(entity.agency_id.as_ref()),
            route_id: string(entity.route_id.as_ref()),
            stop_id: string(entity.stop_id.as_ref()),
            trip: entity.trip.as_ref().map(Into::into),
        });
        Self {
            r#type: record.kind.into(),
            announcement_type: record.announcement_type.into(),
            phase: record.phase.into(),
            version: record.version,
            release_time_ms: record.release_time_ms,
            version_time_ms: record.version_time_ms,
            start_time_ms: record.start_time_ms,
            end_time_ms: record.end_time_ms,
            geometry: record.geometry.as_ref().map(Into::into),
            language: record.language.to_string(),
            title: record.title.clone(),
            description: record.description.clone(),
            comment: record.comment.clone(),
            features: record.features.clone(),
            municipality: string(record.municipality.as_ref()),
            road_number: record.road_number,
            road_direction: string(record.road_direction.as_ref()),
            informed_entities: entities.collect(),
            cause: string(record.cause.as_ref()),
            effect: string(record.effect.as_ref()),
        }
    }
}

impl TryFrom<wire::SituationRecord> for SituationRecord {
    type Error = PositionError;

    fn try_from(record: wire::SituationRecord) -> Result<Self, PositionError> {
        let kind = record.r#type();
        let announcement_type = record.announcement_type();
        let phase = record.phase();
        let entities = record.informed_entities.into_iter().map(|entity| InformedEntity {
            agency_id: short(entity.agency_id),
            route_id: short(entity.route_id),
            stop_id: short(entity.stop_id),
            trip: entity.trip.map(Into::into),
        });
        Ok(Self {
            kind,
            announcement_type,
            phase,
            informed_entities: entities.collect(),
            version: record.version,
            release_time_ms: record.release_time_ms,
            version_time_ms: record.version_time_ms,
            start_time_ms: record.start_time_ms,
            end_time_ms: record.end_time_ms,
            geometry: record.geometry.map(TryInto::try_into).transpose()?,
            language: record.language.into(),
            title: record.title,
            description: record.description,
            comment: record.comment,
            features: record.features,
            municipality: short(record.municipality),
            road_number: record.road_number,
            road_direction: short(record.road_direction),
            cause: short(record.cause),
            effect: short(record.effect),
        })
    }
}
