//! Which objects a reader wants: the same words in queries and on the stream.
//!
//! [`Asked`] is what the reader says, [`Selection`] what it means in a region: names of cities and
//! districts have become shapes, and everything that cannot be is a problem that says why. All that
//! is said must hold.

mod filter;
mod properties;
mod query;
mod shape;

use std::sync::Arc;

use events::{Body, Event, Geometry, Position, Text, TripDescriptor};
use network::{BoundingBox, Region};
use picture::{Layer, Object, View};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::live::{LiveRegion, Progress};
use crate::problem::Problem;
pub(crate) use filter::{Filter, casei};
use properties::properties;
pub(crate) use properties::stop_properties;
pub(crate) use query::{Selecting, Words, list};
use shape::Shape;

/// Most ids that are asked for by name.
const IDS_MAX: usize = 1_000;

/// Layers of areas that districts and postal areas are looked for among, by the beginnings of ids.
const DISTRICT_PREFIXES: [&str; 3] = ["", "district:", "postal:"];

/// What a reader says of the objects it wants. All of it is optional, and all that is said holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Asked {
    /// West, south, east, north in degrees.
    pub(crate) bbox: Option<BoundingBox>,
    /// The corners of a polygon, `[longitude, latitude]` each: 3 to 1,000, closed or not.
    pub(crate) polygon: Option<Vec<[f64; 2]>>,
    /// What is near a line.
    pub(crate) corridor: Option<Corridor>,
    /// Id of a city of the region.
    pub(crate) city: Option<String>,
    /// Id of a district or postal area, as in the layer `areas`.
    pub(crate) district: Option<String>,
    /// Route of public transport: vehicles and trips on it, and messages about it.
    pub(crate) route: Option<String>,
    /// Ids of objects, at most 1,000.
    pub(crate) ids: Option<Vec<String>>,
    /// A condition on the properties, in CQL2 text:
    /// `report.mode = 'tram' AND report.delay_s > 120`.
    pub(crate) filter: Option<String>,
}

impl Asked {
    /// But for what has to be looked up in a picture.
    pub(crate) fn unnamed(&self) -> Self {
        Self { city: None, district: None, ..self.clone() }
    }
}

/// What is near a line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corridor {
    /// `[longitude, latitude]` of its points, 2 to 1,000.
    pub(crate) line: Vec<[f64; 2]>,
    /// How wide it is, both sides together: 1 to 100,000 m.
    pub(crate) width_m: f64,
}

/// Which objects a reader wants, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selection {
    /// Each once, in order.
    pub(crate) layers: Vec<Layer>,
    shapes: Vec<Shape>,
    /// The box that all of it is in; none where there is no shape.
    envelope: Option<BoundingBox>,
    route: Option<Text>,
    ids: Option<FxHashSet<Text>>,
    filter: Option<Filter>,
}

impl Selection {
    /// What is asked for, to be watched from now on. Cities and districts are those of the view,
    /// which has to be there.
    pub(crate) fn watched(
        asked: &Asked,
        layers: Vec<Layer>,
        live: &LiveRegion,
    ) -> Result<Self, Problem> {
        let is_named = asked.city.is_some() || asked.district.is_some();
        if is_named && live.progress() == Progress::CatchingUp {
            let detail =
                "the region is still being read, with its districts; come back in a moment";
            return Err(Problem::unavailable(detail));
        }
        Self::new(asked, layers, live.region(), &live.read().view)
    }

    /// What is asked for, in a region whose areas are in the view.
    pub(crate) fn new(
        asked: &Asked,
        layers: Vec<Layer>,
        region: &Region,
        view: &View,
    ) -> Result<Self, Problem> {
        let mut shapes = Vec::new();
        if let Some(bbox) = asked.bbox {
            shapes.push(Shape::Box(bbox));
        }
        if let Some(corners) = &asked.polygon {
            shapes.push(Shape::polygon(corners)?);
        }
        if let Some(Corridor { line, width_m }) = &asked.corridor {
            shapes.push(Shape::corridor(line, *width_m)?);
        }
        if let Some(city) = &asked.city {
            shapes.push(city_shape(city, region, view)?);
        }
        if let Some(district) = &asked.district {
            shapes.push(district_shape(district, view)?);
        }
        let ids = asked.ids.as_deref().map(ids).transpose()?;
        let known: Vec<_> = layers.iter().map(|&layer| properties(layer)).collect();
        let filter = asked.filter.as_deref().map(|text| Filter::parse(text, &known)).transpose()?;
        let envelope = shapes.iter().map(Shape::envelope).reduce(shape::intersection);
        let route = asked.route.as_deref().map(Text::from);
        Ok(Self { layers, shapes, envelope, route, ids, filter })
    }

    /// The same of only some layers.
    pub(crate) fn only(&self, layers: &[Layer]) -> Self {
        Self { layers: layers.to_vec(), ..self.clone() }
    }

    /// Whether it may take microseconds for an object, and not nanoseconds.
    pub(crate) fn is_costly(&self) -> bool {
        let is_costly = |shape: &Shape| !matches!(shape, Shape::Box(_));
        self.filter.is_some() || self.shapes.iter().any(is_costly)
    }

    /// The box outside which it wants nothing, but for feeds; none when it has no shape.
    pub(crate) fn envelope(&self) -> Option<&BoundingBox> {
        self.envelope.as_ref()
    }

    /// Whether it wants this object. Feeds have no place: shapes do not apply to them.
    pub(crate) fn has(&self, object: &Object) -> bool {
        self.layers.contains(&object.layer()) && self.meets(object)
    }

    fn meets(&self, object: &Object) -> bool {
        let is_placed = object.layer() == Layer::Feeds || {
            let mut shapes = self.shapes.iter();
            shapes.all(|shape| shape.meets(object))
        };
        is_placed
            && self.ids.as_ref().is_none_or(|ids| ids.contains(object.id()))
            && self.route.as_ref().is_none_or(|route| is_of_route(object, route))
            && self.filter.as_ref().is_none_or(|filter| filter.has(object))
    }

    /// Whether it wants this event. What a detector measured is where the detector is; what has no
    /// place is in no shape.
    pub(crate) fn has_event(&self, event: &Event, live: &LiveRegion) -> bool {
        let is_named = |ids: &FxHashSet<Text>| {
            ids.contains(&event.entity)
                || ids.contains(format!("{}:{}", event.feed, event.entity).as_str())
        };
        self.ids.as_ref().is_none_or(is_named)
            && self.route.as_ref().is_none_or(|route| is_event_of(&event.body, route))
            && (self.shapes.is_empty() || {
                let places = places(event, live);
                self.shapes.iter().all(|shape| places.iter().any(|&place| shape.contains(place)))
            })
    }

    /// Whether it wants what has this id and is here, be it of any route and property.
    pub(crate) fn has_place(&self, id: &str, at: Position) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && self.shapes.iter().all(|shape| shape.contains(at))
    }

    /// All of a view that it may want, by layer; within a layer in no particular order. Cheap, for a
    /// view that others wait for; [`Self::narrow`] the rest without it.
    pub(crate) fn candidates(&self, view: &View) -> Vec<Arc<Object>> {
        let mut objects = Vec::new();
        for &layer in &self.layers {
            match (&self.ids, &self.envelope) {
                (Some(ids), _) => {
                    objects.extend(ids.iter().filter_map(|id| view.get(layer, id)).cloned());
                }
                (None, Some(envelope)) if layer != Layer::Feeds => {
                    objects.extend(view.query(layer, envelope).cloned());
                }
                _ => objects.extend(view.all(layer).cloned()),
            }
        }
        objects
    }

    /// What it wants of candidates.
    pub(crate) fn narrow(&self, mut candidates: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
        candidates.retain(|object| self.meets(object));
        candidates
    }

    /// Stands for the selection: another one has another tag.
    pub(crate) fn tag(&self) -> u32 {
        let Self { layers, shapes, route, filter, .. } = self;
        let mut ids: Vec<&Text> = self.ids.iter().flatten().collect();
        ids.sort_unstable();
        let text = format!("{layers:?} {shapes:?} {route:?} {ids:?} {filter:?}");
        crate::answer::hash32(text.as_bytes())
    }
}

fn ids(asked: &[String]) -> Result<FxHashSet<Text>, Problem> {
    if asked.is_empty() || asked.len() > IDS_MAX {
        return Err(Problem::bad_request(format!("ids: name 1 to {IDS_MAX} objects")));
    }
    Ok(asked.iter().map(Text::from).collect())
}

/// The city's outline where the map has it, else its box.
fn city_shape(id: &str, region: &Region, view: &View) -> Result<Shape, Problem> {
    if let Some(outline) = area(&format!("city:{id}"), view) {
        return Ok(outline);
    }
    let city = region.cities.iter().find(|city| city.id == id);
    city.map(|city| Shape::Box(city.bbox)).ok_or_else(|| {
        let known: Vec<&str> = region.cities.iter().map(|city| city.id.as_str()).collect();
        Problem::not_found(format!(
            "no city {id:?} in {}; there are: {}",
            region.id,
            known.join(", ")
        ))
    })
}

fn district_shape(id: &str, view: &View) -> Result<Shape, Problem> {
    let mut ids = DISTRICT_PREFIXES.iter().map(|prefix| format!("{prefix}{id}"));
    ids.find_map(|id| area(&id, view)).ok_or_else(|| {
        let region = view.region();
        Problem::not_found(format!(
            "no district {id:?}; /v1/regions/{region}/areas lists what there is"
        ))
    })
}

fn area(id: &str, view: &View) -> Option<Shape> {
    match view.get(Layer::Areas, id)?.as_ref() {
        Object::Area(area) => Shape::ring(&area.boundary),
        _ => None,
    }
}

fn is_of_route(object: &Object, route: &str) -> bool {
    match object {
        Object::Vehicle(vehicle) => is_trip_of(vehicle.report.trip.as_ref(), route),
        Object::Trip(trip) => is_trip_of(Some(&trip.update.trip), route),
        Object::Situation(situation) => situation.record.informed_entities.iter().any(|entity| {
            entity.route_id.as_deref() == Some(route) || is_trip_of(entity.trip.as_ref(), route)
        }),
        _ => false,
    }
}

fn places(event: &Event, live: &LiveRegion) -> Vec<Position> {
    match &event.body {
        Body::VehiclePosition(report) => report.position.into_iter().collect(),
        Body::DetectorStation(station) => station.position.into_iter().collect(),
        Body::SituationRecord(record) => {
            record.geometry.iter().flat_map(Geometry::positions).copied().collect()
        }
        Body::WeatherStation(station) => station.position.into_iter().collect(),
        Body::DetectorMeasurement(_) => station(Layer::Detectors, event, live),
        Body::WeatherMeasurement(_) => station(Layer::Weather, event, live),
        Body::TripUpdate(_) | Body::Retraction(_) => Vec::new(),
    }
}

/// Where the station is that an event is of.
fn station(layer: Layer, event: &Event, live: &LiveRegion) -> Vec<Position> {
    let id = format!("{}:{}", event.feed, event.entity);
    let shared = live.read();
    let station = shared.view.get(layer, &id);
    station.and_then(|station| station.position()).into_iter().collect()
}

/// Whether an event is of a route.
fn is_event_of(body: &Body, route: &str) -> bool {
    match body {
        Body::VehiclePosition(report) => is_trip_of(report.trip.as_ref(), route),
        Body::TripUpdate(update) => is_trip_of(Some(&update.trip), route),
        _ => false,
    }
}

fn is_trip_of(trip: Option<&TripDescriptor>, route: &str) -> bool {
    trip.is_some_and(|trip| trip.route_id.as_deref() == Some(route))
}
