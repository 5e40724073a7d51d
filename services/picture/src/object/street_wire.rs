//! Objects of the street network over the wire messages of `tilanne.v1`.

use events::{Position, Text, wire};
use network::RoadClass;

use super::street::{
    Area, Coverage, Estimate, Evidence, Link, LinkWindow, Queue, SituationEffect, VehicleMatch,
};
use crate::DecodeError;

/// Steps of a line's points in a degree.
const STEPS_PER_DEGREE: f64 = 1e6;

fn texts(texts: &[Text]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn short(texts: Vec<String>) -> Vec<Text> {
    texts.into_iter().map(Text::from).collect()
}

/// A line as steps from point to point.
pub(super) fn line_steps(line: &[Position]) -> Vec<i32> {
    let mut before = [0; 2];
    let mut steps = Vec::with_capacity(2 * line.len());
    for point in line {
        let at = [point.longitude_deg, point.latitude_deg];
        let at = at.map(|degrees| (degrees * STEPS_PER_DEGREE).round() as i32);
        steps.extend([at[0] - before[0], at[1] - before[1]]);
        before = at;
    }
    steps
}

/// The line of steps.
pub(super) fn line_of(steps: &[i32]) -> Vec<Position> {
    let mut at = [0_i32; 2];
    let points = steps.chunks_exact(2).map(|step| {
        at = [at[0].wrapping_add(step[0]), at[1].wrapping_add(step[1])];
        let [longitude_deg, latitude_deg] = at.map(|step| f64::from(step) / STEPS_PER_DEGREE);
        Position { longitude_deg, latitude_deg }
    });
    points.collect()
}

impl From<Estimate> for wire::Estimate {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low, high: estimate.high }
    }
}

impl From<wire::Estimate> for Estimate {
    fn from(estimate: wire::Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low, high: estimate.high }
    }
}

impl From<&Evidence> for wire::Evidence {
    fn from(evidence: &Evidence) -> Self {
        Self {
            kind: evidence.kind.into(),
            speed_km_h: evidence.speed_km_h,
            deviation_km_h: evidence.deviation_km_h,
            weight: evidence.weight,
            count: evidence.count,
            note: evidence.note.to_string(),
        }
    }
}

impl From<wire::Evidence> for Evidence {
    fn from(evidence: wire::Evidence) -> Self {
        Self {
            kind: evidence.kind(),
            speed_km_h: evidence.speed_km_h,
            deviation_km_h: evidence.deviation_km_h,
            weight: evidence.weight,
            count: evidence.count,
            note: evidence.note.into(),
        }
    }
}

impl From<&LinkWindow> for wire::LinkWindow {
    fn from(window: &LinkWindow) -> Self {
        Self {
            duration_s: window.duration_s,
            end_time_ms: window.end_time_ms,
            speed_km_h: Some(window.speed_km_h.into()),
            method: window.method.into(),
            vehicles: window.vehicles,
            newest_sample_ms: window.newest_sample_ms,
            flow_veh_h: window.flow_veh_h.map(Into::into),
            flow_method: window.flow_method.into(),
            density_veh_km: window.density_veh_km,
            occupancy_percent: window.occupancy_percent,
            travel_time_s: window.travel_time_s,
            delay_s: window.delay_s,
            level_of_service: window.level_of_service.into(),
            hcm_level: window.hcm_level.into(),
            queue_m: window.queue_m,
            stopped_s: window.stopped_s,
            evidence: window.evidence.iter().map(Into::into).collect(),
        }
    }
}

impl From<wire::LinkWindow> for LinkWindow {
    fn from(window: wire::LinkWindow) -> Self {
        Self {
            method: window.method(),
            flow_method: window.flow_method(),
            level_of_service: window.level_of_service(),
            hcm_level: window.hcm_level(),
            duration_s: window.duration_s,
            end_time_ms: window.end_time_ms,
            speed_km_h: window.speed_km_h.unwrap_or_default().into(),
            vehicles: window.vehicles,
            newest_sample_ms: window.newest_sample_ms,
            flow_veh_h: window.flow_veh_h.map(Into::into),
            density_veh_km: window.density_veh_km,
            occupancy_percent: window.occupancy_percent,
            travel_time_s: window.travel_time_s,
            delay_s: window.delay_s,
            queue_m: window.queue_m,
            stopped_s: window.stopped_s,
            evidence: window.evidence.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&Link> for wire::Link {
    fn from(link: &Link) -> Self {
        Self {
            id: link.id.to_string(),
            event_time_ms: link.event_time_ms,
            name: link.name.to_string(),
            class: link.class.as_str().into(),
            length_m: link.length_m,
            lanes: link.lanes.into(),
            speed_limit_km_h: link.speed_limit_km_h.into(),
            line: line_steps(&link.line),
            free_flow_speed_km_h: link.free_flow_speed_km_h,
            typical_speed_km_h: link.typical_speed_km_h,
            minute: Some((&link.minute).into()),
            five_minutes: Some((&link.five_minutes).into()),
            detectors: texts(&link.detectors),
            situations: texts(&link.situations),
            closed: link.closed,
        }
    }
}

impl TryFrom<wire::Link> for Link {
    type Error = DecodeError;

    fn try_from(link: wire::Link) -> Result<Self, DecodeError> {
        Ok(Self {
            class: RoadClass::of(&link.class).ok_or(DecodeError::UnknownKind("class of a link"))?,
            line: line_of(&link.line).into(),
            id: link.id.into(),
            event_time_ms: link.event_time_ms,
            name: link.name.into(),
            length_m: link.length_m,
            lanes: u8::try_from(link.lanes).unwrap_or(u8::MAX),
            speed_limit_km_h: u8::try_from(link.speed_limit_km_h).unwrap_or(u8::MAX),
            free_flow_speed_km_h: link.free_flow_speed_km_h,
            typical_speed_km_h: link.typical_speed_km_h,
            minute: link.minute.unwrap_or_default().into(),
            five_minutes: link.five_minutes.unwrap_or_default().into(),
            detectors: short(link.detectors),
            situations: short(link.situations),
            closed: link.closed,
        })
    }
}

impl From<&SituationEffect> for wire::SituationEffect {
    fn from(effect: &SituationEffect) -> Self {
        Self {
            event_time_ms: effect.event_time_ms,
            links: texts(&effect.links),
            links_measured: effect.links_measured,
            speed_share_percent: effect.speed_share_percent,
            delay_s: effect.delay_s,
            contradicted: effect.contradicted,
            excess_co2_g_h: effect.excess_co2_g_h,
            excess_co2_low_g_h: effect.excess_co2_low_g_h,
            excess_co2_high_g_h: effect.excess_co2_high_g_h,
        }
    }
}

impl From<wire::SituationEffect> for SituationEffect {
    fn from(effect: wire::SituationEffect) -> Self {
        Self {
            event_time_ms: effect.event_time_ms,
            links: short(effect.links),
            links_measured: effect.links_measured,
            speed_share_percent: effect.speed_share_percent,
            delay_s: effect.delay_s,
            contradicted: effect.contradicted,
            excess_co2_g_h: effect.excess_co2_g_h,
            excess_co2_low_g_h: effect.excess_co2_low_g_h,
            excess_co2_high_g_h: effect.excess_co2_high_g_h,
        }
    }
}

impl From<&VehicleMatch> for wire::VehicleMatch {
    fn from(matched: &VehicleMatch) -> Self {
        Self {
            event_time_ms: matched.event_time_ms,
            link: matched.link.to_string(),
            along_m: matched.along_m,
            confidence: matched.confidence,
            unknown: matched.unknown.to_string(),
        }
    }
}

impl From<wire::VehicleMatch> for VehicleMatch {
    fn from(matched: wire::VehicleMatch) -> Self {
        Self {
            event_time_ms: matched.event_time_ms,
            link: matched.link.into(),
            along_m: matched.along_m,
            confidence: matched.confidence,
            unknown: matched.unknown.into(),
        }
    }
}

impl From<&Queue> for wire::Queue {
    fn from(queue: &Queue) -> Self {
        Self {
            id: queue.id.to_string(),
            event_time_ms: queue.event_time_ms,
            start_time_ms: queue.start_time_ms,
            trend: queue.trend.into(),
            links: texts(&queue.links),
            length_m: queue.length_m,
            length_m_max: queue.length_m_max,
            speed_km_h: queue.speed_km_h,
            delay_s: queue.delay_s,
            irregular: queue.irregular,
            situations: texts(&queue.situations),
            merged: texts(&queue.merged),
            excess_co2_g_h: queue.excess_co2_g_h,
            excess_co2_low_g_h: queue.excess_co2_low_g_h,
            excess_co2_high_g_h: queue.excess_co2_high_g_h,
            longitude_deg: queue.position.longitude_deg,
            latitude_deg: queue.position.latitude_deg,
        }
    }
}

impl From<wire::Queue> for Queue {
    fn from(queue: wire::Queue) -> Self {
        Self {
            trend: queue.trend(),
            id: queue.id.into(),
            event_time_ms: queue.event_time_ms,
            start_time_ms: queue.start_time_ms,
            links: short(queue.links),
            length_m: queue.length_m,
            length_m_max: queue.length_m_max,
            speed_km_h: queue.speed_km_h,
            delay_s: queue.delay_s,
            irregular: queue.irregular,
            situations: short(queue.situations),
            merged: short(queue.merged),
            excess_co2_g_h: queue.excess_co2_g_h,
            excess_co2_low_g_h: queue.excess_co2_low_g_h,
            excess_co2_high_g_h: queue.excess_co2_high_g_h,
            position: Position {
                longitude_deg: queue.longitude_deg,
                latitude_deg: queue.latitude_deg,
            },
        }
    }
}

impl From<Coverage> for wire::Coverage {
    fn from(coverage: Coverage) -> Self {
        Self {
            measured: coverage.measured,
            fused: coverage.fused,
            inferred: coverage.inferred,
            typical: coverage.typical,
            unknown: coverage.unknown,
        }
    }
}

impl From<wire::Coverage> for Coverage {
    fn from(coverage: wire::Coverage) -> Self {
        Self {
            measured: coverage.measured,
            fused: coverage.fused,
            inferred: coverage.inferred,
            typical: coverage.typical,
            unknown: coverage.unknown,
        }
    }
}

impl From<&Area> for wire::Area {
    fn from(area: &Area) -> Self {
        Self {
            id: area.id.to_string(),
            event_time_ms: area.event_time_ms,
            kind: area.kind.into(),
            name: area.name.to_string(),
            street_km: area.street_km,
            coverage: Some(area.coverage.into()),
            speed_km_h: area.speed_km_h,
            free_flow_speed_km_h: area.free_flow_speed_km_h,
            traffic_veh_km_h: area.traffic_veh_km_h,
            delay_veh_h_h: area.delay_veh_h_h,
            queue_km: area.queue_km,
            boundary: line_steps(&area.boundary),
        }
    }
}

impl From<wire::Area> for Area {
    fn from(area: wire::Area) -> Self {
        Self {
            kind: area.kind(),
            boundary: line_of(&area.boundary).into(),
            id: area.id.into(),
            event_time_ms: area.event_time_ms,
            name: area.name.into(),
            street_km: area.street_km,
            coverage: area.coverage.unwrap_or_default().into(),
            speed_km_h: area.speed_km_h,
            free_flow_speed_km_h: area.free_flow_speed_km_h,
            traffic_veh_km_h: area.traffic_veh_km_h,
            delay_veh_h_h: area.delay_veh_h_h,
            queue_km: area.queue_km,
        }
    }
}
