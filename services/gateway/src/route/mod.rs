//! The routes, one a file, and what is around all of them.

mod alerts;
mod archive;
mod asyncapi;
mod config;
mod dead_letters;
mod diff;
mod events;
mod explain;
mod exports;
mod feeds;
mod gtfs_rt;
mod health;
mod layer;
mod metrics;
mod object;
mod openapi;
mod readiness;
mod region;
mod region_events;
mod regions;
mod replays;
mod stops;
mod stream;
mod tile;
mod tilejson;
mod topic_page;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::{OpenApi, ToSchema};

use crate::app::App;
use crate::options::Options;
use crate::problem::Problem;
use crate::{assets, problem, schema, telemetry};

pub use asyncapi::asyncapi;
pub(crate) use layer::known_layer;

/// Says of every answer, also where the format has no place for it, where the picture comes from: a
/// demo never looks live.
const ORIGIN: HeaderName = HeaderName::from_static("tilanne-origin");

/// All of the gateway's HTTP, ready for a server or for `tower::ServiceExt::oneshot`.
pub fn router(app: Arc<App>) -> Router {
    let around = ServiceBuilder::new()
        .layer(from_fn(telemetry::layer))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::overriding(
            ORIGIN,
            HeaderValue::from_static(app.origin.as_str()),
        ))
        .layer(from_fn(only_preflight_is_options))
        .layer(cors(&app.options))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(problem::layer))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            app.options.request_timeout(),
        ))
        .layer(RequestBodyLimitLayer::new(app.options.body_bytes_max));
    Router::new()
        .merge(assets::routes())
        .merge(alerts::routes())
        .merge(archive::routes())
        .merge(asyncapi::routes())
        .merge(config::routes())
        .merge(dead_letters::routes())
        .merge(diff::routes())
        .merge(events::routes())
        .merge(explain::routes())
        .merge(exports::routes())
        .merge(feeds::routes())
        .merge(gtfs_rt::routes())
        .merge(health::routes())
        .merge(layer::routes())
        .merge(metrics::routes())
        .merge(object::routes())
        .merge(openapi::routes())
        .merge(readiness::routes())
        .merge(region::routes())
        .merge(region_events::routes())
        .merge(regions::routes())
        .merge(replays::routes())
        .merge(stops::routes())
        .merge(stream::routes(&app.options.push))
        .merge(tile::routes())
        .merge(tilejson::routes())
        .fallback(assets::other)
        .with_state(Arc::clone(&app))
        .layer(around)
        // Each picture of a replay has all that is around its answers itself.
        .layer(from_fn_with_state(app, replays::pictures))
}

/// The description of all routes (OpenAPI 3.1), as served at `/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    // Messages of the stream are of no route.
    describe::<schema::ClientMessage>(&mut description);
    describe::<schema::ServerMessage>(&mut description);
    describe::<Problem>(&mut description);
    // Parameters refer to these, which does not describe them.
    describe::<schema::FormatName>(&mut description);
    describe::<schema::GtfsRtFormat>(&mut description);
    describe::<schema::GtfsRtKind>(&mut description);
    description
}

fn describe<T: ToSchema>(description: &mut utoipa::openapi::OpenApi) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    let components = description.components.get_or_insert_default();
    components.schemas.extend(schemas);
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tilanne",
        description = "The live picture of urban mobility: vehicles, detectors, traffic messages \
            and the health of the feeds they come from. Times are milliseconds since 1970-01-01 \
            UTC (`*_ms`), positions WGS84 degrees. Every answer says how fresh each feed is, and \
            in the header `Tilanne-Origin` whether it is the demo. \
            Errors are problem details (RFC 9457).",
        version = "1"
    ),
    paths(
        alerts::get,
        archive::get,
        asyncapi::get,
        config::get,
        dead_letters::get,
        diff::get,
        events::get,
        explain::get,
        exports::add,
        exports::file,
        exports::get,
        exports::list,
        exports::remove,
        feeds::get,
        gtfs_rt::get,
        health::get,
        layer::get,
        metrics::get,
        object::get,
        openapi::get,
        readiness::get,
        region::get,
        region_events::get,
        regions::get,
        replays::change,
        replays::differences,
        replays::end,
        replays::get,
        replays::list,
        replays::start,
        stops::get,
        stream::get,
        tile::get,
        tilejson::get
    )
)]
struct Description;

fn cors(options: &Options) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([
            header::ACCEPT,
            header::IF_NONE_MATCH,
            HeaderName::from_static(events::LAST_EVENT_ID),
        ])
        .expose_headers([header::ETAG, header::LINK, header::RETRY_AFTER, ORIGIN]);
    if options.cors_origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(tower_http::cors::Any);
    }
    let origins = options.cors_origins.iter();
    let origins = origins.filter_map(|origin| HeaderValue::from_str(origin).ok());
    layer.allow_origin(AllowOrigin::list(origins))
}

/// The CORS layer takes every OPTIONS for a preflight. One that is none goes on as a method that no
/// route declares, and is answered like any other such method.
async fn only_preflight_is_options(mut request: Request, next: Next) -> Response {
    const PREFLIGHT: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
    if request.method() == Method::OPTIONS
        && !request.headers().contains_key(PREFLIGHT)
        && let Ok(other) = Method::from_bytes(b"NO-PREFLIGHT")
    {
        *request.method_mut() = other;
    }
    next.run(request).await
}
