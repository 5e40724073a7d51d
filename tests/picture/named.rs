//! Words of the cases: measurements of weather, and names of kinds, phases and outcomes.

use events::{
    EntityKind, Outcome, RoadSurface, SituationPhase, WeatherMeasurement, WeatherQuantity,
};

use super::script::{Words, json_name};

/// A number of the quantity named, or `surface=wet`.
pub(super) fn weather(words: &Words) -> WeatherMeasurement {
    let sensor_number = words.number("number").unwrap_or(1);
    let sensor_id = words.number("sensor").unwrap_or(sensor_number);
    if let Some(name) = words.get("surface") {
        let known = (1..=7).filter_map(|number| RoadSurface::try_from(number).ok());
        let surface = known.into_iter().find(|&surface| json_name(surface) == name).expect(name);
        let quantity = WeatherQuantity::RoadSurface;
        return WeatherMeasurement { sensor_id, quantity, sensor_number, value: 0.0, surface };
    }
    let quantities = [
        ("air", WeatherQuantity::AirTemperatureC),
        ("road", WeatherQuantity::RoadTemperatureC),
        ("rain", WeatherQuantity::PrecipitationMmH),
        ("water", WeatherQuantity::WaterMm),
        ("snow", WeatherQuantity::SnowMm),
        ("ice", WeatherQuantity::IceMm),
    ];
    let given = quantities.into_iter().find(|(name, _)| words.get(name).is_some());
    let (name, quantity) = given.expect("a quantity on a measurement");
    WeatherMeasurement {
        sensor_id,
        quantity,
        sensor_number,
        value: words.number(name).unwrap(),
        surface: RoadSurface::Unspecified,
    }
}

pub(super) fn situation_phase(name: &str) -> SituationPhase {
    match name {
        "active" => SituationPhase::Active,
        "ended" => SituationPhase::Ended,
        "retracted" => SituationPhase::Retracted,
        "cancelled" => SituationPhase::Cancelled,
        name => panic!("unknown phase {name}"),
    }
}

pub(super) fn entity_kind(name: &str) -> EntityKind {
    match name {
        "vehicle" => EntityKind::Vehicle,
        "trip" => EntityKind::Trip,
        "detector" => EntityKind::Detector,
        "situation" => EntityKind::Situation,
        "weather" => EntityKind::Weather,
        name => panic!("unknown entity kind {name}"),
    }
}

pub(super) fn named_outcome(name: &str) -> Outcome {
    match name {
        "rejected" => Outcome::Rejected,
        "quarantined" => Outcome::Quarantined,
        "dropped" => Outcome::Dropped,
        name => panic!("unknown outcome {name}"),
    }
}
