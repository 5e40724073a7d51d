//! Vector tiles: what a layer has in a square of the map, made for drawing.
//!
//! A tile is made from the live views of all regions that it touches, once for everybody who asks
//! for it until its layer changes there.

mod cache;
mod clip;
mod make;
mod message;

use std::f64::consts::PI;

use events::Position;
use network::{BoundingBox, RoadClass};
use picture::{Layer, Object, View};

use crate::problem::Problem;

pub(crate) use cache::{Cache, Key, Made, Version};
pub(crate) use make::{REGION, Sheet, Source, make};

/// Deepest zoom that is answered: a tile of 10 m, in which a unit is 2 mm.
pub(crate) const ZOOM_MAX: u8 = 22;

/// Deepest zoom that maps should ask for; they enlarge these tiles. A unit is 15 cm.
pub(crate) const ZOOM_USEFUL: u8 = 16;

/// Units along a tile's side; the number that all readers are tested with.
pub(crate) const EXTENT: u32 = 4096;

/// What is drawn across the edge of a tile, units: thick lines and circles must not be cut. What
/// geojson-vt and MapLibre take.
pub(crate) const BUFFER: f64 = 64.0;

/// Latitude where the square world of Web Mercator ends.
pub(crate) const LATITUDE_DEG_MAX: f64 = 85.051_128_779_806_6;

/// From which zoom on streets of a class are drawn: before, they would be a grey area, and a country
/// would be one tile.
fn least_zoom(class: RoadClass) -> u8 {
    match class {
        RoadClass::Motorway | RoadClass::Trunk => 0,
        RoadClass::Primary => 8,
        RoadClass::Secondary | RoadClass::Ferry => 10,
        RoadClass::Tertiary => 12,
        RoadClass::Unclassified
        | RoadClass::Residential
        | RoadClass::LivingStreet
        | RoadClass::Service
        | RoadClass::Busway => 13,
    }
}

/// From which zoom on an object is drawn.
pub(crate) fn object_least_zoom(object: &Object, view: &View) -> u8 {
    match object {
        Object::Link(link) => least_zoom(link.class),
        Object::Emission(emission) if emission.kind.is_none() => {
            match view.get(Layer::Links, &emission.id).map(AsRef::as_ref) {
                Some(Object::Link(link)) => least_zoom(link.class),
                _ => 0,
            }
        }
        _ => 0,
    }
}

/// Which square: the world is `2^zoom` of them wide and high, from the north-west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) zoom: u8,
    x: u32,
    y: u32,
}

impl Address {
    /// Reads the parts of a path.
    pub(crate) fn parse(zoom: &str, x: &str, y: &str) -> Result<Self, Problem> {
        let zoom = zoom.parse().ok().filter(|zoom| *zoom <= ZOOM_MAX).ok_or_else(|| {
            Problem::bad_request(format!("path: z is {zoom:?}, it must be 0 to {ZOOM_MAX}"))
        })?;
        let last = (1_u32 << zoom) - 1;
        let part = |name: &str, text: &str| {
            text.parse().ok().filter(|part| *part <= last).ok_or_else(|| {
                let detail =
                    format!("path: {name} is {text:?}, it must be 0 to {last} at z {zoom}");
                Problem::bad_request(detail)
            })
        };
        Ok(Self { zoom, x: part("x", x)?, y: part("y", y)? })
    }

    fn tiles(self) -> f64 {
        f64::from(1_u32 << self.zoom)
    }

    /// Units east and south of the tile's north-western corner.
    ///
    /// Source: spherical Mercator, EPSG:3857; Snyder, Map Projections: A Working Manual (USGS 1395,
    /// 1987), equation 7-2.
    pub(crate) fn project(self, position: Position) -> [f64; 2] {
        let latitude = position.latitude_deg.clamp(-LATITUDE_DEG_MAX, LATITUDE_DEG_MAX);
        let east = (position.longitude_deg + 180.0) / 360.0;
        let south = (1.0 - latitude.to_radians().tan().asinh() / PI) / 2.0;
        let units =
            |share: f64, tile: u32| (share * self.tiles() - f64::from(tile)) * f64::from(EXTENT);
        [units(east, self.x), units(south, self.y)]
    }

    /// The box of the tile with what is drawn across its edge.
    pub(crate) fn envelope(self) -> BoundingBox {
        let buffer = BUFFER / f64::from(EXTENT);
        let longitude = |tile: f64| (tile / self.tiles() * 360.0 - 180.0).clamp(-180.0, 180.0);
        let latitude = |tile: f64| {
            let south = (tile / self.tiles()).clamp(0.0, 1.0);
            // At the edge of the square world the tile has all that lies beyond.
            match south {
                0.0 => 90.0,
                1.0 => -90.0,
                south => (PI * (1.0 - 2.0 * south)).sinh().atan().to_degrees(),
            }
        };
        BoundingBox {
            west_deg: longitude(f64::from(self.x) - buffer),
            south_deg: latitude(f64::from(self.y) + 1.0 + buffer),
            east_deg: longitude(f64::from(self.x) + 1.0 + buffer),
            north_deg: latitude(f64::from(self.y) - buffer),
        }
    }
}
