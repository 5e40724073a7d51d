//! Vector tiles of the layers, over all regions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use network::BoundingBox;
use picture::{Layer, Object, View};
use serde::Deserialize;

use super::layer::known_layer;
use crate::app::App;
use crate::column::{Columns, Fields, Form};
use crate::extract::{Parameters, Segments};
use crate::live::LiveRegion;
use crate::past::{self, At, Known, Maker, Shown, When};
use crate::problem::Problem;
use crate::schema::{self, Problems};
use crate::tile::{self, Address, Key, Made, Sheet, Source, Version};
use crate::{negotiate, telemetry};

pub(super) const MEDIA_TYPE: &str = "application/vnd.mapbox-vector-tile";

/// How far objects reach beyond the box of their region, degrees: streets and areas that begin in
/// it.
const REGION_MARGIN_DEG: f64 = 0.5;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/tiles/{layer}/{z}/{x}/{y}", routing::get(get))
}

/// What of the objects, as of when.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// As it was known at this time (RFC 3339). Without it now.
    #[param(format = DateTime, example = "2026-11-26T07:30:00Z")]
    at: Option<String>,
    /// `then`, which is what is meant where it is not given, or `now`: with what was received in the
    /// five minutes after and is about that time or before.
    #[param(inline)]
    known: Option<Known>,
    /// A series: the first moment (RFC 3339). Goes with `to` and `step`, not with `at`.
    #[param(format = DateTime, example = "2026-11-26T07:00:00Z")]
    from: Option<String>,
    /// The last moment of a series, if a whole number of steps leads there.
    #[param(format = DateTime, example = "2026-11-26T08:00:00Z")]
    to: Option<String>,
    /// From a moment to the next: an ISO 8601 duration of hours, minutes and seconds, one second or
    /// more.
    #[param(pattern = r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", example = "PT5M")]
    step: Option<String>,
    /// Properties that features have, by their names in JSON, separated by commas. Without it those
    /// that the layer's TileJSON lists.
    #[param(min_length = 1)]
    fields: Option<String>,
}

/// A vector tile of a layer
///
/// What all regions have of the layer in a square of Web Mercator, numbered as in XYZ schemes, made
/// from the picture of now or of `at`. Features have `region` and the properties that the layer's TileJSON
/// lists, each by its path in JSON; `fields` chooses others. Lists are texts with `;` between, numbers
/// but whole ones have three digits.
/// With `from`, `to` and `step` the tile has the features of all moments, each with its moment, `at_ms`.
/// Streets are drawn from the zoom on that suits their class, and what is smaller than a pixel is
/// left out.
#[utoipa::path(
    get,
    operation_id = "get_tile",
    path = "/v1/tiles/{layer}/{z}/{x}/{y}",
    tag = "picture",
    params(
        ("layer" = schema::LayerName, Path, description = "Layer whose objects have a place"),
        ("z" = u8, Path, description = "Zoom", minimum = 0, maximum = 22),
        ("x" = u32, Path, description = "From the west, 0 to 2^z - 1", maximum = 4_194_303),
        ("y" = u32, Path, description = "From the north, 0 to 2^z - 1", maximum = 4_194_303),
        Query
    ),
    responses(
        (
            status = 200,
            description = "The tile; of no bytes when nothing is there",
            body = schema::VectorTile,
            content_type = "application/vnd.mapbox-vector-tile"
        ),
        Problems
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((layer, z, x, y)): Segments<(String, String, String, String)>,
    Parameters(query): Parameters<Query>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = drawn_layer(&layer)?;
    let address = Address::parse(&z, &x, &y)?;
    let fields = query.fields.as_deref().map(|text| Fields::parse(layer, text)).transpose()?;
    let envelope = address.envelope();
    let at = At {
        at: query.at,
        sequence: None,
        known: query.known,
        from: query.from,
        to: query.to,
        step: query.step,
    };
    let when = at.when(&app)?;
    let columns = match &fields {
        Some(fields) => Columns::of(layer).picked(Some(fields)),
        None => Columns::of(layer).only(|column| column.drawn),
    };
    let regions = app.regions().filter(|live| touches(live, &envelope));
    if let When::Series(moments) = when {
        let regions: Vec<_> = regions.cloned().collect();
        let sheet = Some(Sheet::new(address, layer, columns));
        let objects_left = app.options.tiles.objects_max;
        let drawing = Drawing { sheet, layer, address, objects_left };
        let tile = past::whole(&app, &regions, moments, at.known, drawing).await?;
        return answer(&headers, &Made::new(tile));
    }
    let mut touched = Vec::new();
    for live in regions {
        touched.push(at.of(&app, live, when).await?);
    }
    let versions = touched.iter().map(|shown| {
        shown.look_at(&app, |view, _, generation| Version {
            region: view.region().clone(),
            epoch: view.epoch().clone(),
            generation,
            changed: view.changed(layer),
        })
    });
    // With late events in, layers of two moments may differ though their newest change is the same.
    let moment = match when {
        When::At(at_ms) if at.known == Some(Known::Now) => Some(at_ms),
        _ => None,
    };
    let versions = versions.collect();
    let key = Key { layer, address, fields: query.fields, moment, versions };
    let objects_max = app.options.tiles.objects_max;
    let held = Arc::clone(&app);
    let making = async {
        metrics::counter!(telemetry::TILES_MADE, "layer" => layer.as_str()).increment(1);
        let task = tokio::task::spawn_blocking(move || {
            let sources = sources(&held, &touched, layer, address, objects_max);
            Arc::new(Made::new(tile::make(address, layer, columns, sources)))
        });
        task.await.map_err(|error| Problem::internal(&error))
    };
    let tile = app.tiles.get(&key, making).await?;
    answer(&headers, &tile)
}

fn answer(request: &HeaderMap, tile: &Made) -> Result<Response, Problem> {
    let mut response = if negotiate::has(request, &tile.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, MEDIA_TYPE)], tile.body.clone()).into_response()
    };
    let tag = HeaderValue::from_str(&tile.tag).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::ETAG, tag);
    // Kept, but asked about each time.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Draws a layer of several moments into one tile.
struct Drawing {
    /// Until it is finished.
    sheet: Option<Sheet>,
    layer: Layer,
    address: Address,
    objects_left: usize,
}

impl Maker for Drawing {
    fn moment(&mut self, views: &[&View], at_ms: i64) -> Result<Vec<u8>, Problem> {
        for view in views {
            let objects = drawn(view, self.layer, self.address).into_iter();
            let objects: Vec<_> = objects.map(|(_, object)| object).collect();
            let left = self.objects_left.checked_sub(objects.len());
            self.objects_left = left.ok_or_else(|| {
                let detail = "query: step: the moments have more objects in this tile than a tile \
                              may have; take fewer moments, or a deeper zoom";
                Problem::bad_request(detail)
            })?;
            let source = Source { region: view.region().clone(), objects };
            if let Some(sheet) = &mut self.sheet {
                sheet.add(source, Some(at_ms));
            }
        }
        Ok(Vec::new())
    }

    fn end(&mut self) -> Result<Vec<u8>, Problem> {
        Ok(self.sheet.take().map(Sheet::finish).unwrap_or_default())
    }
}

/// What is drawn of a view, each with the zoom from which on it is.
fn drawn(view: &View, layer: Layer, address: Address) -> Vec<(u8, Arc<Object>)> {
    let envelope = address.envelope();
    let objects = view.query(layer, &envelope);
    let ranked = objects.map(|object| (tile::object_least_zoom(object, view), object));
    let drawn = ranked.filter(|(zoom, _)| *zoom <= address.zoom);
    drawn.map(|(zoom, object)| (zoom, Arc::clone(object))).collect()
}

/// A layer that tiles can show.
pub(super) fn drawn_layer(name: &str) -> Result<Layer, Problem> {
    let layer = known_layer(name)?;
    if Columns::of(layer).form == Form::None {
        let all = Layer::ALL.into_iter().filter(|&layer| Columns::of(layer).form != Form::None);
        let names: Vec<&str> = all.map(Layer::as_str).collect();
        let names = names.join(", ");
        let detail = format!("nothing in {layer} has a place; there are tiles of {names}");
        return Err(Problem::not_found(detail));
    }
    Ok(layer)
}

fn touches(live: &LiveRegion, envelope: &BoundingBox) -> bool {
    let own = live.region().bbox;
    own.west_deg - REGION_MARGIN_DEG <= envelope.east_deg
        && own.east_deg + REGION_MARGIN_DEG >= envelope.west_deg
        && own.south_deg - REGION_MARGIN_DEG <= envelope.north_deg
        && own.north_deg + REGION_MARGIN_DEG >= envelope.south_deg
}

/// What is drawn of each region, at most so much in all: what is drawn from far away first, then by
/// id, so that neighbouring tiles leave out alike.
fn sources(
    app: &App,
    regions: &[Shown],
    layer: Layer,
    address: Address,
    objects_max: usize,
) -> Vec<Source> {
    let mut left = objects_max;
    let sources = regions.iter().map(|shown| {
        let (region, mut objects): (_, Vec<_>) =
            shown.look(app, |view, _| (view.region().clone(), drawn(view, layer, address)));
        if objects.len() > left {
            objects.select_nth_unstable_by(left, |(a_zoom, a), (b_zoom, b)| {
                a_zoom.cmp(b_zoom).then_with(|| a.id().cmp(b.id()))
            });
            objects.truncate(left);
            metrics::counter!(telemetry::TILES_CUT, "layer" => layer.as_str()).increment(1);
        }
        left -= objects.len();
        Source { region, objects: objects.into_iter().map(|(_, object)| object).collect() }
    });
    sources.collect()
}
