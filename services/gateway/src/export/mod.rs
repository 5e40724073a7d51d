//! Exports: a layer of a region over a range of time as a file for others' tools.
//!
//! Without a step there is a row for every change of an object: every report of a vehicle, every window
//! of a link. With one there is a row for each object at each moment, as in a series. Both are made by
//! the walk that makes series, so what is in memory is one picture and some thousand rows.

mod file;
mod flatgeobuf;
mod jobs;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use network::BoundingBox;
use picture::{Layer, Object};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Head, Shape};
use crate::app::App;
use crate::column::Fields;
use crate::live::LiveRegion;
use crate::past::{Known, Moments, Past, export_range};
use crate::problem::Problem;
use crate::select::{Asked, Corridor, Selection};

pub use file::ExportFormat;
use file::File;
pub(crate) use jobs::{Exports, Job};

/// Changes that are read and written at a time.
const CHANGES_PER_WRITE: usize = 8_192;

/// What to export. Times are RFC 3339; all that is said of the objects holds.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Id of the region.
    pub(crate) region: String,
    /// Name of the layer.
    #[schema(value_type = crate::schema::LayerName)]
    pub(crate) layer: String,
    /// Beginning of the range: changes that were received after it, or the first moment.
    #[schema(format = DateTime, example = "2026-11-26T07:00:00Z")]
    pub(crate) from: String,
    /// End of the range: changes that were received by then, or the last moment.
    #[schema(format = DateTime, example = "2026-11-26T08:00:00Z")]
    pub(crate) to: String,
    /// Format of the file.
    pub(crate) format: ExportFormat,
    /// From a moment to the next: an ISO 8601 duration such as `PT5M`. Without it a row for every
    /// change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", example = "PT5M")]
    pub(crate) step: Option<String>,
    /// `then`, which is what is meant where it is not given, or `now`: with late events. Goes with
    /// `step`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub(crate) known: Option<Known>,
    /// West, south, east, north in degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<[f64; 4]>)]
    pub(crate) bbox: Option<BoundingBox>,
    /// The corners of a polygon, `[longitude, latitude]` each: 3 to 1,000, closed or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) polygon: Option<Vec<[f64; 2]>>,
    /// What is near a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) corridor: Option<Corridor>,
    /// Id of a city of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    /// Id of a district or postal area, as in the layer `areas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) district: Option<String>,
    /// Route of public transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    /// Ids of objects, at most 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ids: Option<Vec<String>>,
    /// A condition on the properties, in CQL2 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
    /// Properties that rows have, by their names in JSON; without it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Vec<String>>,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExportProgress {
    /// Share of the range, 0 to 1.
    pub progress: f64,
    /// Rows so far.
    pub rows: u64,
    /// Bytes written so far.
    pub bytes: u64,
}

/// A request that has been checked.
pub(crate) struct Plan {
    live: Arc<LiveRegion>,
    layer: Layer,
    range: Range,
    known: Known,
    asked: Asked,
    fields: Option<Fields>,
    format: ExportFormat,
}

enum Range {
    Changes { from_ms: i64, to_ms: i64 },
    Moments(Moments),
}

impl ExportRequest {
    /// Checks all that can be checked without a look at the archive.
    pub(crate) fn plan(&self, app: &App) -> Result<Plan, Problem> {
        let live = Arc::clone(app.known_region(&self.region)?);
        let layer = crate::route::known_layer(&self.layer)?;
        self.format.check(layer)?;
        let range = export_range(app, &self.from, &self.to, self.step.as_deref())?;
        let range = match range {
            (from_ms, to_ms, None) => Range::Changes { from_ms, to_ms },
            (_, _, Some(moments)) => Range::Moments(moments),
        };
        if self.known.is_some() && matches!(range, Range::Changes { .. }) {
            let detail = "known: goes with step; every change that was received is exported";
            return Err(Problem::bad_request(detail));
        }
        let fields = self.fields.as_ref().map(|fields| Fields::parse(layer, &fields.join(",")));
        let fields = fields.transpose().map_err(Problem::of_a_body)?;
        let asked = Asked {
            bbox: self.bbox,
            polygon: self.polygon.clone(),
            corridor: self.corridor.clone(),
            city: self.city.clone(),
            district: self.district.clone(),
            route: self.route.clone(),
            ids: self.ids.clone(),
            filter: self.filter.clone(),
        };
        Selection::new(&asked.unnamed(), vec![layer], live.region(), &live.read().view)?;
        Ok(Plan {
            live,
            layer,
            range,
            known: self.known.unwrap_or(Known::Then),
            asked,
            fields,
            format: self.format,
        })
    }

    /// Name for the file: region, layer and the beginning of the range.
    pub(crate) fn file_name(&self) -> String {
        let is_plain = |c: &char| c.is_ascii_alphanumeric();
        let from: String = self.from.chars().filter(is_plain).collect();
        let Self { region, layer, format, .. } = self;
        format!("{region}-{layer}-{from}.{}", format.extension())
    }
}

/// Exports to a new file, on this thread: it takes as long as it takes. `told` hears of progress and
/// says whether to go on. A file that was begun is left to whoever named it.
///
/// The problem says what cannot be asked for, that the archive has a gap or ends too early, or why the
/// file cannot be written.
pub async fn export(
    app: &App,
    request: &ExportRequest,
    to: &Path,
    bytes_max: u64,
    told: &mut (dyn FnMut(ExportProgress) -> bool + Send),
) -> Result<ExportProgress, Problem> {
    request.plan(app)?.run(app, to, bytes_max, told).await
}

impl Plan {
    pub(crate) async fn run(
        self,
        app: &App,
        to: &Path,
        bytes_max: u64,
        told: &mut (dyn FnMut(ExportProgress) -> bool + Send),
    ) -> Result<ExportProgress, Problem> {
        let past = Past::archived(app)?;
        let (from_ms, to_ms) = match &self.range {
            Range::Changes { from_ms, to_ms } => (*from_ms, *to_ms),
            Range::Moments(moments) => (moments.from_ms, moments.to_ms),
        };
        past.check_end(&self.live, to_ms).await?;
        let mut file = File::create(to, self.format, bytes_max)?;
        let mut walk = past.walk(&self.live, self.known);
        let mut done = ExportProgress::default();
        let mut tell = |file: &File, at_ms: i64| {
            let length_ms = (to_ms - from_ms).max(1) as f64;
            let progress = ((at_ms - from_ms) as f64 / length_ms).clamp(0.0, 1.0);
            done = ExportProgress { progress, rows: file.rows(), bytes: file.bytes() };
            if told(done) { Ok(()) } else { Err(Problem::unavailable("the export was cancelled")) }
        };
        let select = |view: &picture::View| {
            if self.asked == Asked::default() {
                return Ok(None);
            }
            Selection::new(&self.asked, vec![self.layer], self.live.region(), view).map(Some)
        };
        match self.range {
            Range::Moments(moments) => {
                for at_ms in moments.times_ms() {
                    let _turn = past.turn().await?;
                    let view = Box::pin(walk.at(at_ms)).await?;
                    let objects = match select(view)? {
                        None => view.all(self.layer).cloned().collect(),
                        Some(selection) => {
                            let mut objects = selection.narrow(selection.candidates(view));
                            objects.sort_unstable_by(|a, b| a.id().cmp(b.id()));
                            objects
                        }
                    };
                    let head = Head::new(app, view, at_ms, None);
                    let shape = Shape::Moment { of: moments, is_one: false };
                    file.write(&self.answer(head, objects, shape))?;
                    tell(&file, at_ms)?;
                }
            }
            Range::Changes { from_ms, to_ms } => {
                let (selection, head) = {
                    let _turn = past.turn().await?;
                    let view = Box::pin(walk.at(from_ms)).await?;
                    (select(view)?, Head::new(app, view, from_ms, None))
                };
                // So that a file without rows has its columns.
                file.write(&self.answer(head.clone(), Vec::new(), Shape::Changes(Vec::new())))?;
                let (mut is_more, mut known_ms) = (true, from_ms);
                while is_more {
                    let _turn = past.turn().await?;
                    let mut changes = Vec::new();
                    let count = CHANGES_PER_WRITE;
                    is_more = walk.changes(self.layer, to_ms, count, &mut changes).await?;
                    let Some(&(newest_ms, _)) = changes.last() else {
                        // Who does not want it any more is heard here too.
                        tell(&file, known_ms)?;
                        continue;
                    };
                    known_ms = newest_ms;
                    let is_wanted = |object: &Object| {
                        selection.as_ref().is_none_or(|selection| selection.has(object))
                    };
                    changes.retain(|(_, object)| is_wanted(object));
                    let (times_ms, objects) = changes.into_iter().unzip();
                    let shape = Shape::Changes(times_ms);
                    file.write(&self.answer(head.clone(), objects, shape))?;
                    tell(&file, newest_ms)?;
                }
            }
        }
        tell(&file, to_ms)?;
        let (rows, bytes) = file.finish()?;
        Ok(ExportProgress { progress: 1.0, rows, bytes })
    }

    fn answer(&self, head: Head, objects: Vec<Arc<Object>>, shape: Shape) -> Answer {
        Answer { head, layer: self.layer, objects, shape, fields: self.fields.clone() }
    }
}

/// A time as people read it.
pub(crate) fn written(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms);
    time.map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
}
