//! Polygons of districts, postal areas and cities, from GeoJSON.

use events::wire::AreaKind;
use events::{Position, Text};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::BoundingBox;

/// Longest id and name of a polygon, bytes, so that `<kind>:<id>` stays an id.
const TEXT_BYTES_MAX: usize = 200;

/// What a polygon may be in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolygonKind {
    /// A city of the region: takes the place of its box.
    City,
    /// A district.
    District,
    /// A postal area.
    PostalArea,
}

impl PolygonKind {
    /// The kind of the area that it makes.
    pub fn area(self) -> AreaKind {
        match self {
            Self::City => AreaKind::City,
            Self::District => AreaKind::District,
            Self::PostalArea => AreaKind::PostalArea,
        }
    }

    /// The beginning of the area's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::PostalArea => "postal_area",
        }
    }
}

/// One polygon, or several that are one area, with or without holes.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaPolygon {
    /// What it is.
    pub kind: PolygonKind,
    /// Id among its kind.
    pub id: Text,
    /// Name to show.
    pub name: Text,
    rings: Vec<Vec<Position>>,
    bbox: BoundingBox,
}

/// Why a file gives no polygons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AreaPolygonError {
    /// Not JSON, or without features.
    #[error("not a GeoJSON FeatureCollection: {0}")]
    NotGeoJson(String),
    /// A feature lacks its id or its name.
    #[error("feature {feature} has no property {property:?} of 1 to {TEXT_BYTES_MAX} bytes")]
    NoProperty {
        /// Which, from 0.
        feature: usize,
        /// Name of the property.
        property: String,
    },
    /// A feature is no polygon.
    #[error("feature {feature} is no Polygon or MultiPolygon of closed rings")]
    NotAPolygon {
        /// Which, from 0.
        feature: usize,
    },
    /// Coordinates in metres, or swapped.
    #[error(
        "feature {feature} is not in longitude and latitude: convert the file with `ogr2ogr -t_srs \
         EPSG:4326`"
    )]
    NotDegrees {
        /// Which, from 0.
        feature: usize,
    },
}

impl AreaPolygon {
    /// Reads the features of a GeoJSON file; `id` and `name` are names of their properties.
    ///
    /// ```
    /// use network::{AreaPolygon, PolygonKind};
    /// let text = r#"{"type": "FeatureCollection", "features": [{"type": "Feature",
    ///     "properties": {"code": "00100", "label": "Keskusta"}, "geometry": {"type": "Polygon",
    ///     "coordinates": [[[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.1]]]}}]}"#;
    /// let areas = AreaPolygon::read(PolygonKind::PostalArea, text.as_bytes(), "code", "label").unwrap();
    /// assert_eq!(areas[0].name, "Keskusta");
    /// assert!(areas[0].contains(events::Position::new(60.12, 24.99).unwrap()));
    /// assert!(!areas[0].contains(events::Position::new(60.19, 24.91).unwrap()));
    /// ```
    pub fn read(
        kind: PolygonKind,
        geojson: &[u8],
        id: &str,
        name: &str,
    ) -> Result<Vec<Self>, AreaPolygonError> {
        #[derive(Deserialize)]
        struct Collection {
            features: Vec<Feature>,
        }
        #[derive(Deserialize)]
        struct Feature {
            properties: Option<Map<String, Value>>,
            geometry: Option<Geometry>,
        }
        #[derive(Deserialize)]
        struct Geometry {
            r#type: String,
            coordinates: Value,
        }
        // Some programs put a byte order mark before a text.
        let geojson = geojson.strip_prefix(b"\xef\xbb\xbf").unwrap_or(geojson);
        let collection: Collection = serde_json::from_slice(geojson)
            .map_err(|error| AreaPolygonError::NotGeoJson(error.to_string()))?;
        let read = |(feature, of): (usize, Feature)| {
            let text = |property: &str| {
                let value = of.properties.as_ref().and_then(|all| all.get(property));
                let text = match value {
                    Some(Value::String(text)) => text.trim().to_owned(),
                    Some(Value::Number(number)) => number.to_string(),
                    _ => String::new(),
                };
                let fits = (1..=TEXT_BYTES_MAX).contains(&text.len());
                let property = property.to_owned();
                let missing = AreaPolygonError::NoProperty { feature, property };
                if fits { Ok(Text::from(text.as_str())) } else { Err(missing) }
            };
            let (id, name) = (text(id)?, text(name)?);
            let not_a_polygon = || AreaPolygonError::NotAPolygon { feature };
            let geometry = of.geometry.as_ref().ok_or_else(not_a_polygon)?;
            let polygons: Vec<Vec<Vec<Vec<f64>>>> = match geometry.r#type.as_str() {
                "Polygon" => Vec::deserialize(&geometry.coordinates).map(|polygon| vec![polygon]),
                "MultiPolygon" => Vec::deserialize(&geometry.coordinates),
                _ => return Err(not_a_polygon()),
            }
            .map_err(|_| not_a_polygon())?;
            let mut rings = Vec::new();
            for ring in polygons.iter().flatten() {
                let position = |at: &Vec<f64>| match at[..] {
                    [longitude_deg, latitude_deg, ..] => Position::new(latitude_deg, longitude_deg)
                        .map_err(|_| AreaPolygonError::NotDegrees { feature }),
                    _ => Err(not_a_polygon()),
                };
                let ring = ring.iter().map(position).collect::<Result<Vec<_>, _>>()?;
                if ring.len() < 4 || ring.first() != ring.last() {
                    return Err(not_a_polygon());
                }
                rings.push(ring);
            }
            let bbox = bounds(rings.iter().flatten()).ok_or_else(not_a_polygon)?;
            Ok(Self { kind, id, name, rings, bbox })
        };
        collection.features.into_iter().enumerate().map(read).collect()
    }

    /// Whether a place is inside: a line from it to the east crosses the rings an odd number of
    /// times, so holes are outside.
    pub fn contains(&self, at: Position) -> bool {
        if !self.bbox.contains(at) {
            return false;
        }
        let crosses = |pair: &[Position]| {
            let [a, b] = [pair[0], pair[1]];
            let between = (a.latitude_deg > at.latitude_deg) != (b.latitude_deg > at.latitude_deg);
            between && {
                let part = (at.latitude_deg - a.latitude_deg) / (b.latitude_deg - a.latitude_deg);
                at.longitude_deg < a.longitude_deg + part * (b.longitude_deg - a.longitude_deg)
            }
        };
        let crossings =
            self.rings.iter().flat_map(|ring| ring.windows(2)).filter(|pair| crosses(pair));
        crossings.count() % 2 == 1
    }

    /// Its largest ring, to draw: at most so many points, of a longer one every n-th.
    pub(crate) fn boundary(&self, points_max: usize) -> Vec<Position> {
        let area = |ring: &Vec<Position>| {
            let pairs = ring.windows(2);
            let cross = |pair: &[Position]| {
                pair[0].longitude_deg * pair[1].latitude_deg
                    - pair[1].longitude_deg * pair[0].latitude_deg
            };
            pairs.map(cross).sum::<f64>().abs()
        };
        let largest = self.rings.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
        let Some(ring) = largest else { return Vec::new() };
        let step = ring.len().div_ceil(points_max);
        let mut boundary: Vec<Position> = ring.iter().copied().step_by(step).collect();
        if boundary.last() != boundary.first() {
            boundary.push(boundary[0]);
        }
        boundary
    }
}

fn bounds<'a>(mut points: impl Iterator<Item = &'a Position>) -> Option<BoundingBox> {
    let first = points.next()?;
    let around = |at: &Position| BoundingBox {
        west_deg: at.longitude_deg,
        south_deg: at.latitude_deg,
        east_deg: at.longitude_deg,
        north_deg: at.latitude_deg,
    };
    Some(points.fold(around(first), |all, at| all.union(around(at))))
}
