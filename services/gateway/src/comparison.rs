//! What differs between two pictures over a time: means of their numbers, object by object.
//!
//! It is looked at both once every five minutes of their time, when windows of the streets end, and
//! each look counts the same. A number of an object that only one of the two has, or says, counts for
//! that one alone.

use std::collections::BTreeMap;
use std::io::Write;

use events::Text;
use picture::{Layer, Object, View};

use crate::column::{Cell, Columns, Kind};
use crate::live::LiveRegion;

/// Layers whose numbers are of windows of time, so that their means mean something.
const LAYERS: [Layer; 4] = [Layer::Links, Layer::Areas, Layer::LinkEmissions, Layer::AreaEmissions];

/// Windows that are too short to be looked at so seldom.
const SHORT: &str = "minute.";

/// Time between two looks, milliseconds: the length of the windows.
pub const LOOK_EVERY_MS: i64 = 5 * 60_000;

/// What differs between two pictures over a time. Takes some hundred bytes a link.
#[derive(Debug)]
pub struct Comparison {
    layers: [(Layer, Columns); LAYERS.len()],
    /// By region, layer and id, each number of the layer's columns.
    sums: BTreeMap<(Text, usize, Text), Box<[Sum]>>,
}

/// A number before and after, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    before: (f64, u32),
    after: (f64, u32),
}

impl Sum {
    fn means(&self) -> (Option<f64>, Option<f64>) {
        let mean = |(sum, count): (f64, u32)| (count > 0).then(|| sum / f64::from(count));
        (mean(self.before), mean(self.after))
    }
}

impl Default for Comparison {
    fn default() -> Self {
        let columns = |layer| {
            Columns::of(layer)
                .only(|column| column.kind == Kind::Number && !column.name.starts_with(SHORT))
        };
        Self { layers: LAYERS.map(|layer| (layer, columns(layer))), sums: BTreeMap::new() }
    }
}

impl Comparison {
    /// Forgets all that it has seen.
    pub fn clear(&mut self) {
        self.sums.clear();
    }

    /// Looks at both pictures of a region.
    pub fn look(&mut self, before: &LiveRegion, after: &LiveRegion) {
        self.add(&before.read().view, |sum| &mut sum.before);
        self.add(&after.read().view, |sum| &mut sum.after);
    }

    fn add(&mut self, view: &View, of: fn(&mut Sum) -> &mut (f64, u32)) {
        let Self { layers, sums } = self;
        let mut row = Vec::new();
        for (index, (layer, columns)) in layers.iter().enumerate() {
            for object in view.all(*layer) {
                let object: &Object = object;
                columns.read(object, &mut row);
                let key = (view.region().clone(), index, object.id().clone());
                let numbers = sums
                    .entry(key)
                    .or_insert_with(|| vec![Sum::default(); columns.iter().len()].into());
                for (sum, cell) in numbers.iter_mut().zip(&row) {
                    if let Cell::Number(value) = cell {
                        let (sum, count) = of(sum);
                        *sum += value;
                        *count += 1;
                    }
                }
            }
        }
    }

    /// Writes what differs as CSV (RFC 4180): a row a number of an object, with its means before and
    /// after, and the one minus the other.
    pub fn write(&self, output: impl Write) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(output);
        let header =
            ["region", "layer", "id", "property", "looks", "before", "after", "difference"];
        writer.write_record(header)?;
        let shown = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        for ((region, layer, id), numbers) in &self.sums {
            let Some((layer, columns)) = self.layers.get(*layer) else { continue };
            for (column, sum) in columns.iter().zip(numbers) {
                let (before, after) = sum.means();
                if is_same(before, after) {
                    continue;
                }
                let difference = after.zip(before).map(|(after, before)| after - before);
                writer.write_record([
                    region.as_str(),
                    layer.as_str(),
                    id.as_str(),
                    column.name.as_ref(),
                    &sum.before.1.max(sum.after.1).to_string(),
                    &shown(before),
                    &shown(after),
                    &shown(difference),
                ])?;
            }
        }
        writer.flush()
    }
}

/// Whether two means are the same: sums of many numbers differ in their last digits by their order.
fn is_same(before: Option<f64>, after: Option<f64>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            (after - before).abs() <= 1e-9 * before.abs().max(after.abs())
        }
        (None, None) => true,
        _ => false,
    }
}
