//! The messages of a Mapbox vector tile, by the numbers of its definition, version 2.1.
//!
//! Source: <https://github.com/mapbox/vector-tile-spec/tree/master/2.1>.

use prost::Message;

/// A tile.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tile {
    #[prost(message, repeated, tag = "3")]
    pub(super) layers: Vec<Layer>,
}

/// Features that are drawn alike; their keys and values are numbers of the lists here.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Layer {
    #[prost(uint32, required, tag = "15")]
    pub(super) version: u32,
    #[prost(string, required, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) features: Vec<Feature>,
    #[prost(string, repeated, tag = "3")]
    pub(super) keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(super) values: Vec<Value>,
    #[prost(uint32, optional, tag = "5")]
    pub(super) extent: Option<u32>,
}

/// A geometry with its properties: key, value, key, value and so on.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Feature {
    #[prost(uint64, optional, tag = "1")]
    pub(super) id: Option<u64>,
    #[prost(uint32, repeated, tag = "2")]
    pub(super) tags: Vec<u32>,
    #[prost(enumeration = "GeometryType", optional, tag = "3")]
    pub(super) r#type: Option<i32>,
    #[prost(uint32, repeated, tag = "4")]
    pub(super) geometry: Vec<u32>,
}

/// What a geometry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum GeometryType {
    Unknown = 0,
    Point = 1,
    LineString = 2,
    Polygon = 3,
}

/// One of these.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(string, optional, tag = "1")]
    pub(super) string: Option<String>,
    #[prost(double, optional, tag = "3")]
    pub(super) double: Option<f64>,
    #[prost(sint64, optional, tag = "6")]
    pub(super) sint: Option<i64>,
    #[prost(bool, optional, tag = "7")]
    pub(super) bool: Option<bool>,
}

/// A geometry as the commands of a pen (section 4.3): each command with how often it is done, its
/// parameters as steps from where the pen is.
#[derive(Default)]
pub(super) struct Pen {
    pub(super) commands: Vec<u32>,
    at: [i32; 2],
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Pen {
    fn command(&mut self, command: u32, count: usize) {
        self.commands.push(command | (count as u32) << 3);
    }

    fn go(&mut self, to: [i32; 2]) {
        let zigzag = |step: i32| ((step << 1) ^ (step >> 31)) as u32;
        let steps = [to[0] - self.at[0], to[1] - self.at[1]];
        self.commands.extend(steps.map(zigzag));
        self.at = to;
    }

    /// All points of a feature.
    pub(super) fn points(&mut self, points: &[[i32; 2]]) {
        if points.is_empty() {
            return;
        }
        self.command(MOVE_TO, points.len());
        for &point in points {
            self.go(point);
        }
    }

    /// A line of two points or more.
    pub(super) fn line(&mut self, points: &[[i32; 2]]) {
        if let [first, rest @ ..] = points {
            self.command(MOVE_TO, 1);
            self.go(*first);
            self.command(LINE_TO, rest.len());
            for &point in rest {
                self.go(point);
            }
        }
    }

    /// A ring, without its first point again at its end.
    pub(super) fn ring(&mut self, points: &[[i32; 2]]) {
        self.line(points);
        self.command(CLOSE_PATH, 1);
    }
}
