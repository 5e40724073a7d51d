//! Makes a tile from objects.

use std::sync::Arc;

use events::{Position, Text};
use picture::{Layer, Object};
use prost::Message;
use rustc_hash::FxHashMap;

use super::message::{self, Feature, GeometryType, Pen};
use super::{Address, EXTENT, clip};
use crate::answer::AT;
use crate::column::{Cell, Columns};
use crate::geometry::{Part, parts};

/// The version of the format, of which 2.1 is the text.
const VERSION: u32 = 2;

/// Name of the property that says where an object is from: a tile may have several regions.
pub(crate) const REGION: &str = "region";

/// Digits of a number that make a difference to the eye. More would be as many different values in a
/// tile as features, which is most of its size and of the time to make it.
const DIGITS: i32 = 3;

/// Between several texts in one property.
const BETWEEN: &str = ";";

/// Smaller than this in both directions a line or a polygon is not drawn, units: a pixel of a tile
/// that is drawn 512 pixels wide.
const SIZE_MIN: f64 = 8.0;

/// Numbers of JavaScript are exact up to here.
const ID_BITS: u32 = 53;

/// What a region has in a tile.
pub(crate) struct Source {
    pub(crate) region: Text,
    pub(crate) objects: Vec<Arc<Object>>,
}

/// A tile of these objects, with the properties of these columns. The same objects in another order
/// make the same tile.
pub(crate) fn make(
    address: Address,
    layer: Layer,
    columns: Columns,
    sources: Vec<Source>,
) -> Vec<u8> {
    let mut sheet = Sheet::new(address, layer, columns);
    for source in sources {
        sheet.add(source, None);
    }
    sheet.finish()
}

/// A tile that is being drawn.
pub(crate) struct Sheet {
    address: Address,
    layer: Layer,
    columns: Columns,
    values: Values,
    features: Vec<Feature>,
    /// Whether features say their moment.
    is_series: bool,
}

impl Sheet {
    pub(crate) fn new(address: Address, layer: Layer, columns: Columns) -> Self {
        let (values, features) = (Values::default(), Vec::new());
        Self { address, layer, columns, values, features, is_series: false }
    }

    /// Draws the objects of a region, of one of several moments where there are.
    pub(crate) fn add(&mut self, source: Source, at_ms: Option<i64>) {
        let Source { region, mut objects } = source;
        objects.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        let region_key = self.columns.iter().len() as u32;
        let region_value = self.values.number(Cell::Text(region));
        self.is_series |= at_ms.is_some();
        let at = at_ms.map(|at_ms| [region_key + 1, self.values.number(Cell::Integer(at_ms))]);
        let mut row = Vec::new();
        for object in &objects {
            let drawings = drawings(self.address, object);
            if drawings.is_empty() {
                continue;
            }
            self.columns.read(object, &mut row);
            let cells = row.iter_mut().map(std::mem::take).enumerate();
            let cells = cells.filter(|(_, cell)| *cell != Cell::Missing);
            let mut tags = Vec::with_capacity(2 * (self.columns.iter().len() + 2));
            for (key, cell) in cells {
                tags.extend([key as u32, self.values.number(cell)]);
            }
            tags.extend([region_key, region_value]);
            tags.extend(at.into_iter().flatten());
            let id = Some(feature_id(object.id()));
            self.features.extend(drawings.into_iter().map(|(kind, geometry)| Feature {
                id,
                tags: tags.clone(),
                r#type: Some(kind as i32),
                geometry,
            }));
        }
    }

    /// The tile.
    pub(crate) fn finish(self) -> Vec<u8> {
        let names = self.columns.iter().map(|column| column.name.to_string());
        let mut keys: Vec<String> = names.chain([REGION.into()]).collect();
        if self.is_series {
            keys.push(AT.into());
        }
        // A layer should have a feature (section 4.1): without any the tile is empty.
        let layer = message::Layer {
            version: VERSION,
            name: self.layer.to_string(),
            features: self.features,
            keys,
            values: self.values.list,
            extent: Some(EXTENT),
        };
        let layers = if layer.features.is_empty() { Vec::new() } else { vec![layer] };
        message::Tile { layers }.encode_to_vec()
    }
}

/// The number of an object: the same in all tiles, so that a map can tell that two parts are one.
fn feature_id(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let bytes = hash.as_bytes().iter().take(size_of::<u64>());
    let number = bytes.fold(0, |number, &byte| number << u8::BITS | u64::from(byte));
    number >> (u64::BITS - ID_BITS)
}

/// Values of properties, each once.
#[derive(Default)]
struct Values {
    numbers: FxHashMap<Hashed, u32>,
    list: Vec<message::Value>,
}

#[derive(PartialEq, Eq, Hash)]
enum Hashed {
    Text(Text),
    Boolean(bool),
    Integer(i64),
    /// Bits.
    Number(u64),
}

impl Values {
    /// The number of a value that is there.
    fn number(&mut self, cell: Cell) -> u32 {
        let hashed = match cell {
            Cell::Missing => Hashed::Text(Text::default()),
            Cell::Text(text) => Hashed::Text(text),
            Cell::Texts(texts) => Hashed::Text(texts.join(BETWEEN).into()),
            Cell::Boolean(value) => Hashed::Boolean(value),
            Cell::Integer(value) => Hashed::Integer(value),
            Cell::Number(value) => Hashed::Number(rounded(value).to_bits()),
        };
        if let Some(&number) = self.numbers.get(&hashed) {
            return number;
        }
        let mut value = message::Value::default();
        match &hashed {
            Hashed::Text(text) => value.string = Some(text.to_string()),
            Hashed::Boolean(truth) => value.bool = Some(*truth),
            Hashed::Integer(integer) => value.sint = Some(*integer),
            Hashed::Number(bits) => value.double = Some(f64::from_bits(*bits)),
        }
        let number = self.list.len() as u32;
        self.list.push(value);
        self.numbers.insert(hashed, number);
        number
    }
}

/// A number with no more digits than make a difference.
fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let digits = DIGITS - 1 - value.abs().log10().floor() as i32;
    // A power of ten above 1 is exact, one below is not.
    if digits >= 0 {
        let scale = 10_f64.powi(digits);
        (value * scale).round() / scale
    } else {
        let scale = 10_f64.powi(-digits);
        (value / scale).round() * scale
    }
}

/// What there is to draw of an object: one geometry of each type that it has.
fn drawings(address: Address, object: &Object) -> Vec<(GeometryType, Vec<u32>)> {
    let mut points = Vec::new();
    let mut lines = Pen::default();
    let mut polygons = Pen::default();
    for part in parts(object) {
        match part {
            Part::Point(position) => points.extend(clip::point(address.project(position))),
            Part::Line(positions) => {
                for part in seen(address, positions).map(clip::line).unwrap_or_default() {
                    lines.line(&part);
                }
            }
            Part::Polygon(rings) => {
                for (at, ring) in rings.into_iter().enumerate() {
                    match seen(address, ring).and_then(|ring| clip::ring(ring, at > 0)) {
                        Some(ring) => polygons.ring(&ring),
                        // Holes of a shell that is not there are none.
                        None if at == 0 => break,
                        None => {}
                    }
                }
            }
        }
    }
    let mut all_points = Pen::default();
    all_points.points(&points);
    let drawings = [
        (GeometryType::Point, all_points.commands),
        (GeometryType::LineString, lines.commands),
        (GeometryType::Polygon, polygons.commands),
    ];
    drawings.into_iter().filter(|(_, commands)| !commands.is_empty()).collect()
}

/// The points in units, when they are far enough from each other to be seen.
fn seen(address: Address, positions: &[Position]) -> Option<Vec<[f64; 2]>> {
    let points: Vec<[f64; 2]> =
        positions.iter().map(|&position| address.project(position)).collect();
    let size = |axis: usize| {
        let units = points.iter().map(|point| point[axis]);
        let low = units.clone().fold(f64::INFINITY, f64::min);
        units.fold(f64::NEG_INFINITY, f64::max) - low
    };
    (size(0) >= SIZE_MIN || size(1) >= SIZE_MIN).then_some(points)
}
