//! Reads Mapbox vector tiles, from the text of the specification.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::Value as Json;

#[derive(Clone, PartialEq, Message)]
struct Tile {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<Layer>,
}

#[derive(Clone, PartialEq, Message)]
struct Layer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<Feature>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<Value>,
    #[prost(uint32, tag = "5")]
    extent: u32,
    #[prost(uint32, tag = "15")]
    version: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(int32, tag = "3")]
    kind: i32,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(float, optional, tag = "2")]
    float: Option<f32>,
    #[prost(double, optional, tag = "3")]
    double: Option<f64>,
    #[prost(int64, optional, tag = "4")]
    int: Option<i64>,
    #[prost(uint64, optional, tag = "5")]
    uint: Option<u64>,
    #[prost(sint64, optional, tag = "6")]
    sint: Option<i64>,
    #[prost(bool, optional, tag = "7")]
    truth: Option<bool>,
}

impl Value {
    fn json(&self) -> Json {
        let all = [
            self.text.clone().map(Json::from),
            self.float.map(Json::from),
            self.double.map(Json::from),
            self.int.map(Json::from),
            self.uint.map(Json::from),
            self.sint.map(Json::from),
            self.truth.map(Json::from),
        ];
        let mut there = all.into_iter().flatten();
        let value = there.next().expect("exactly one value");
        assert!(there.next().is_none(), "exactly one value");
        value
    }
}

/// A feature as drawn: points of each part, the first of a ring not repeated.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) id: u64,
    pub(crate) kind: i32,
    pub(crate) parts: Vec<Vec<[i32; 2]>>,
    pub(crate) properties: BTreeMap<String, Json>,
}

/// The features of a tile that has one layer, of this name; none of an empty tile.
pub(crate) fn features(body: &[u8], layer: &str) -> Vec<Drawn> {
    let tile = Tile::decode(body).unwrap();
    if body.is_empty() {
        return Vec::new();
    }
    let [of] = tile.layers.as_slice() else { panic!("{} layers", tile.layers.len()) };
    assert_eq!((of.name.as_str(), of.version, of.extent), (layer, 2, 4096));
    assert!(!of.features.is_empty(), "a layer has a feature");
    let mut keys = of.keys.clone();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), of.keys.len(), "each key once");
    of.features.iter().map(|feature| drawn(of, feature)).collect()
}

fn drawn(layer: &Layer, feature: &Feature) -> Drawn {
    let pairs = feature.tags.chunks_exact(2);
    assert!(pairs.remainder().is_empty());
    let properties = pairs.map(|pair| {
        let key = layer.keys[pair[0] as usize].clone();
        (key, layer.values[pair[1] as usize].json())
    });
    Drawn {
        id: feature.id,
        kind: feature.kind,
        parts: parts(feature.kind, &feature.geometry),
        properties: properties.collect(),
    }
}

/// Follows the pen (section 4.3).
fn parts(kind: i32, geometry: &[u32]) -> Vec<Vec<[i32; 2]>> {
    let mut parts: Vec<Vec<[i32; 2]>> = Vec::new();
    let mut at = [0_i32; 2];
    let mut rest = geometry.iter().copied();
    let unzigzag = |value: u32| (value >> 1) as i32 ^ -((value & 1) as i32);
    while let Some(command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        assert!(count > 0);
        for _ in 0..count {
            if id == 7 {
                assert_eq!((kind, count), (3, 1), "only rings are closed");
                continue;
            }
            let step = [rest.next().unwrap(), rest.next().unwrap()].map(unzigzag);
            assert!(kind == 1 || id == 1 || step != [0, 0], "a line goes on");
            at = [at[0] + step[0], at[1] + step[1]];
            match id {
                1 => parts.push(vec![at]),
                2 => parts.last_mut().unwrap().push(at),
                other => panic!("command {other}"),
            }
        }
    }
    let least = [1, 2, 3][(kind - 1) as usize];
    assert!(parts.iter().all(|part| part.len() >= least), "{kind}: {parts:?}");
    parts
}

/// Twice the signed area of a ring by the surveyor's formula.
pub(super) fn area(ring: &[[i32; 2]]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let cross = |a: &[i32; 2], b: &[i32; 2]| {
        i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])
    };
    ring.iter().zip(next).map(|(a, b)| cross(a, b)).sum()
}
