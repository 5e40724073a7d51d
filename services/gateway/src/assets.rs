//! The dashboard: its build is embedded in a release and read from disk in development.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::app::App;
use crate::{negotiate, problem};

#[derive(RustEmbed)]
#[folder = "../dashboard/dist"]
#[allow_missing = true]
struct Dist;

const HTML: &str = "text/html; charset=utf-8";

/// Folder of files that have the hash of their content in their name.
const HASHED: &str = "assets/";

/// What is there instead of a dashboard that was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Tilanne</title>
<h1>Tilanne</h1>
<p>The dashboard is not built. <code>cargo xtask dashboard</code> builds it.
<p>The API is there: <a href=\"/openapi.json\">/openapi.json</a>,
<a href=\"/v1/regions\">/v1/regions</a>, <a href=\"/v1/feeds\">/v1/feeds</a>.
</html>
";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/", routing::get(index))
}

async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match Dist::get("index.html") {
        Some(file) => answer(&app, &headers, "index.html", file),
        None => page(&app, NOT_BUILT.into_response()),
    }
}

/// Files of the dashboard by their path; all else is no route.
pub(crate) async fn other(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let Some(file) = Dist::get(path) else {
        return problem::no_route(path).into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET,HEAD"))];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    answer(&app, request.headers(), path, file)
}

/// A file as it was packed when the dashboard was built, which packs better than what is made for each
/// answer, and how it is packed.
fn packed(request: &HeaderMap, path: &str) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = request.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |wanted: &str| {
        accepted.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some(wanted) && parts.next() != Some("q=0")
        })
    };
    let (coding, ending) =
        [("br", "br"), ("gzip", "gz")].into_iter().find(|(coding, _)| takes(coding))?;
    Some((Dist::get(&format!("{path}.{ending}"))?, coding))
}

fn answer(app: &App, request: &HeaderMap, path: &str, file: EmbeddedFile) -> Response {
    // The type is borrowed for its hexadecimal form.
    let hash = blake3::Hash::from_bytes(file.metadata.sha256_hash());
    let tag = format!("W/\"{hash}\"");
    let media_type = media_type(path);
    let mut response = if negotiate::has(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some((packed, coding)) = packed(request, path) {
        let headers = [
            (header::CONTENT_TYPE, media_type),
            (header::CONTENT_ENCODING, coding),
            (header::VARY, "accept-encoding"),
        ];
        (headers, packed.data.into_owned()).into_response()
    } else {
        ([(header::CONTENT_TYPE, media_type)], file.data.into_owned()).into_response()
    };
    let cache =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if media_type == HTML { page(app, response) } else { response }
}

/// Adds what a page may do. Text from feeds is in the page: nothing in it must run. MapLibre makes
/// its workers from blobs and its images from data; a background style chosen by the operator
/// brings tiles, glyphs and sprites from elsewhere.
fn page(app: &App, mut response: Response) -> Response {
    let elsewhere = match app.options.map_style_url.as_deref() {
        Some(url) if url.starts_with("http://") => " http: https:",
        Some(_) => " https:",
        None => "",
    };
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self' blob:; \
         child-src 'self' blob:; img-src 'self' data: blob:{elsewhere}; \
         connect-src 'self'{elsewhere}; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => HTML,
        Some("ico") => "image/x-icon",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
