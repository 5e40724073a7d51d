//! What there is to know of the tiles of a layer, for maps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use axum::{Router, routing};
use network::BoundingBox;
use serde::Serialize;

use super::tile::drawn_layer;
use crate::answer::{json, tag, tagged};
use crate::app::App;
use crate::column::{Columns, Kind};
use crate::extract::{NoParameters, Parameters, Segments};
use crate::problem::Problem;
use crate::schema::{self, Problems};
use crate::tile::{REGION, ZOOM_USEFUL};

/// Zoom at which a map of one city begins.
const ZOOM_CITY: u8 = 11;

/// Longest `Host` that is taken into addresses: the longest name of the DNS, and a port.
const HOST_BYTES_MAX: usize = 253 + 6;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/tiles/{layer}", routing::get(get))
}

/// TileJSON 3.0.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TileJson {
    /// Version of TileJSON.
    tilejson: &'static str,
    /// The layer.
    name: &'static str,
    /// Address of the tiles.
    tiles: [String; 1],
    /// One layer of the same name.
    vector_layers: [VectorLayer; 1],
    /// Always `xyz`.
    scheme: &'static str,
    /// Version of the tiles' contents.
    version: &'static str,
    /// Publishers and licences.
    attribution: String,
    /// Least zoom.
    minzoom: u8,
    /// Greatest useful zoom; these tiles can be enlarged.
    maxzoom: u8,
    /// West, south, east, north of all regions.
    #[schema(value_type = [f64; 4])]
    bounds: BoundingBox,
    /// Longitude, latitude and zoom to begin with.
    center: (f64, f64, u8),
}

/// The layer in the tiles.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct VectorLayer {
    /// Name in the tiles.
    id: &'static str,
    /// Properties and their types.
    fields: BTreeMap<String, &'static str>,
    /// Least zoom.
    minzoom: u8,
    /// Greatest zoom.
    maxzoom: u8,
}

/// What there is to know of a layer's tiles (TileJSON)
#[utoipa::path(
    get,
    operation_id = "get_tilejson",
    path = "/v1/tiles/{layer}",
    tag = "picture",
    params(("layer" = schema::LayerName, Path, description = "Layer whose objects have a place")),
    responses((status = 200, description = "TileJSON 3.0", body = TileJson), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(layer): Segments<String>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = drawn_layer(&layer)?;
    let columns = Columns::of(layer).iter().filter(|column| column.drawn);
    let fields = columns.map(|column| {
        let kind = match column.kind {
            Kind::Text | Kind::Texts | Kind::Json => "String",
            Kind::Boolean => "Boolean",
            Kind::Integer | Kind::Number | Kind::Time => "Number",
        };
        (column.name.to_string(), kind)
    });
    let fields = fields.chain([(REGION.to_owned(), "String")]).collect();
    let bounds = app.regions().map(|live| live.region().bbox).reduce(BoundingBox::union);
    let bounds = bounds.ok_or_else(|| Problem::not_found("no region is served"))?;
    let center = app.regions().next().map_or(bounds, |live| live.region().bbox).center();
    let feeds = app.regions().flat_map(|live| live.feeds());
    let credits: BTreeSet<&str> = feeds.map(|feed| feed.attribution.as_str()).collect();
    let credits: Vec<&str> = credits.into_iter().filter(|credit| !credit.is_empty()).collect();
    let name = layer.as_str();
    let base = base(&uri, &headers);
    let body = TileJson {
        tilejson: "3.0.0",
        name,
        tiles: [format!("{base}/v1/tiles/{name}/{{z}}/{{x}}/{{y}}")],
        vector_layers: [VectorLayer { id: name, fields, minzoom: 0, maxzoom: ZOOM_USEFUL }],
        scheme: "xyz",
        version: "1.0.0",
        attribution: credits.join("; "),
        minzoom: 0,
        maxzoom: ZOOM_USEFUL,
        bounds,
        center: (center.longitude_deg, center.latitude_deg, ZOOM_CITY),
    };
    let tag = tag(app.now_ms(), &[&"tilejson", &name, &base, &bounds]);
    tagged(&headers, &tag, async { json(&body) }).await
}

/// Scheme and host as the client wrote them, since maps want whole addresses, and the folder that this
/// picture is in; the folder alone when the host is not known. A proxy that ends TLS says so in
/// `X-Forwarded-Proto`.
fn base(uri: &Uri, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST.as_str());
    let host = host.or_else(|| uri.authority().map(Authority::as_str));
    let is_host = |host: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.bytes().all(plain)
    };
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    let host = host.filter(is_host).map(|host| format!("{scheme}://{host}")).unwrap_or_default();
    let folder = uri.path().split_once("/v1/").map_or("", |(folder, _)| folder);
    host + folder
}
