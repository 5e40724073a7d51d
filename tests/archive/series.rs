//! A series has at each moment what `?at=` answers for it, byte for byte, in every format.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use archive::{Archive, ArchiveOptions};
use arrow_array::{Array, RecordBatch, TimestampMillisecondArray};
use arrow_ipc::reader::StreamReader;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use events::wire;
use flate2::read::GzDecoder;
use futures_util::StreamExt;
use gateway::App;
use jiff::Timestamp;
use prost::Message;
use serde_json::Value;
use tower::ServiceExt;

use super::as_of::{HELSINKI, SECONDS, get, with_at};
use crate::gateway::tile_message::features;

/// What is asked for as JSON; `{}` is the region.
const JSON: [&str; 9] = [
    "/v1/regions/{}/vehicles?format=json",
    "/v1/regions/{}/vehicles?format=json&known=now",
    "/v1/regions/{}/vehicles?format=json&bbox=24.90,60.15,24.98,60.20&sort=-event_time_ms",
    "/v1/regions/{}/vehicles?format=json&near=24.94,60.17&k=5",
    "/v1/regions/{}/links?format=json",
    "/v1/regions/{}/areas?format=json&fields=id,name",
    "/v1/regions/{}",
    "/v1/regions",
    "/v1/feeds",
];

/// Layers in the other formats.
const LAYERS: [&str; 4] = [
    "vehicles?known=then",
    "links?sort=-five_minutes.speed_km_h.value&limit=7",
    "situations?known=now",
    "trips?fields=update.trip",
];

/// Moments of the range, in steps of so many seconds.
fn moments(first_ms: i64, step_s: i64) -> (Vec<i64>, String) {
    let (from_ms, to_ms) = (first_ms + 10_000, first_ms + SECONDS * 1_000);
    let times_ms = (0..).map(|step| from_ms + step * step_s * 1_000);
    let times_ms = times_ms.take_while(|at_ms| *at_ms <= to_ms).collect();
    let time = |at_ms| Timestamp::from_millisecond(at_ms).unwrap();
    let range = format!("from={}&to={}&step=PT{step_s}S", time(from_ms), time(to_ms));
    (times_ms, range)
}

fn with(path: &str, range: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{range}")
}

async fn got(app: &Arc<App>, path: &str) -> Vec<u8> {
    let (status, body) = get(app, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    body
}

/// The same as a browser asks for it.
async fn unzipped(app: &Arc<App>, path: &str) -> Vec<u8> {
    let request = Request::get(path).header(header::ACCEPT_ENCODING, "gzip");
    let request = request.body(Body::empty()).unwrap();
    let response = gateway::router(Arc::clone(app)).oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip", "{path}");
    let zipped = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let mut body = Vec::new();
    GzDecoder::new(&zipped[..]).read_to_end(&mut body).unwrap();
    body
}

/// What `?at=` answers for each moment.
async fn each(app: &Arc<App>, path: &str, times_ms: &[i64]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for &at_ms in times_ms {
        bodies.push(got(app, &with_at(path, at_ms)).await);
    }
    bodies
}

fn same(what: &str, is: &[u8], was: &[u8]) {
    if is == was {
        return;
    }
    let first = is.iter().zip(was).position(|(a, b)| a != b).unwrap_or(is.len().min(was.len()));
    let around = |body: &[u8]| {
        let end = body.len().min(first + 200);
        String::from_utf8_lossy(&body[first.saturating_sub(200).min(end)..end]).into_owned()
    };
    panic!("{what} at byte {first}:\n{}\nis not\n{}", around(is), around(was));
}

/// The law, for what an archive has.
pub(super) async fn check(app: &Arc<App>, first_ms: i64) {
    // Ten moments that were answered live, and more between them.
    for step_s in [10, 7] {
        let (times_ms, range) = moments(first_ms, step_s);
        for path in JSON {
            let path = path.replace("{}", HELSINKI);
            let each = each(app, &path, &times_ms).await;
            let expected = [&b"{\"moments\":["[..], &each.join(&b","[..]), b"]}"].concat();
            let series = with(&path, &range);
            same(&series, &got(app, &series).await, &expected);
            same(&format!("compressed {series}"), &unzipped(app, &series).await, &expected);
        }
    }
    let (times_ms, range) = moments(first_ms, 30);
    for layer in LAYERS {
        let path = |format: &str| format!("/v1/regions/{HELSINKI}/{layer}&format={format}");
        lines(app, &path("ndjson"), &times_ms, &range).await;
        table(app, &path("csv"), &times_ms, &range).await;
        collection(app, &path("geojson"), &times_ms, &range).await;
        messages(app, &path("protobuf"), &times_ms, &range).await;
        batches(app, &path("arrow"), &times_ms, &range).await;
    }
    object(app, &times_ms, &range).await;
    tile(app, &times_ms, &range).await;
}

async fn lines(app: &Arc<App>, path: &str, times_ms: &[i64], range: &str) {
    let bodies = each(app, path, times_ms).await;
    let mut expected = String::new();
    for (at_ms, body) in times_ms.iter().zip(bodies) {
        for line in String::from_utf8(body).unwrap().lines() {
            expected += &line.replacen('{', &format!("{{\"at_ms\":{at_ms},"), 1);
            expected.push('\n');
        }
    }
    same(path, &got(app, &with(path, range)).await, expected.as_bytes());
}

async fn table(app: &Arc<App>, path: &str, times_ms: &[i64], range: &str) {
    // Text of this recording has no line breaks.
    let bodies = each(app, path, times_ms).await;
    let mut expected = String::new();
    for (at_ms, body) in times_ms.iter().zip(bodies) {
        let body = String::from_utf8(body).unwrap();
        let (header, rows) = body.split_once("\r\n").unwrap();
        if expected.is_empty() {
            expected = format!("at_ms,{header}\r\n");
        }
        for row in rows.split_terminator("\r\n") {
            expected.extend([&at_ms.to_string(), ",", row, "\r\n"]);
        }
    }
    same(path, &got(app, &with(path, range)).await, expected.as_bytes());
}

async fn collection(app: &Arc<App>, path: &str, times_ms: &[i64], range: &str) {
    let bodies = each(app, path, times_ms).await;
    let (mut features, mut heads) = (Vec::new(), Vec::new());
    for (at_ms, body) in times_ms.iter().zip(bodies) {
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        for mut feature in body["features"].take().as_array_mut().unwrap().drain(..) {
            feature["properties"]["at_ms"] = (*at_ms).into();
            features.push(feature);
        }
        for name in ["type", "layer", "features", "next"] {
            body.as_object_mut().unwrap().remove(name);
        }
        heads.push(body);
    }
    let body: Value = serde_json::from_slice(&got(app, &with(path, range)).await).unwrap();
    assert_eq!(body["type"], "FeatureCollection");
    assert_eq!(body["region"], HELSINKI);
    assert_eq!(body["features"], Value::Array(features), "{path}");
    assert_eq!(body["moments"], Value::Array(heads), "{path}");
}

async fn messages(app: &Arc<App>, path: &str, times_ms: &[i64], range: &str) {
    let body = got(app, &with(path, range)).await;
    let mut rest = body.as_slice();
    for (at_ms, was) in times_ms.iter().zip(each(app, path, times_ms).await) {
        let moment = wire::Moment::decode_length_delimited(&mut rest).unwrap();
        assert_eq!(moment.at_ms, *at_ms);
        same(path, &moment.snapshot.unwrap().encode_to_vec(), &was);
    }
    assert!(rest.is_empty());
}

async fn batches(app: &Arc<App>, path: &str, times_ms: &[i64], range: &str) {
    let read = |body: Vec<u8>| StreamReader::try_new(std::io::Cursor::new(body), None).unwrap();
    let series = read(got(app, &with(path, range)).await);
    let schema = series.schema();
    assert_eq!(schema.metadata()["region"], HELSINKI);
    assert_eq!(schema.metadata()["from_ms"], times_ms[0].to_string());
    let series: Vec<RecordBatch> = series.map(Result::unwrap).collect();
    assert_eq!(series.len(), times_ms.len());
    for ((at_ms, was), is) in times_ms.iter().zip(each(app, path, times_ms).await).zip(series) {
        let was = read(was).next().unwrap().unwrap();
        assert_eq!(is.columns()[1..], *was.columns(), "{path}");
        let at = is.column_by_name("at_ms").unwrap();
        let at = at.as_any().downcast_ref::<TimestampMillisecondArray>().unwrap();
        assert!(at.values().iter().all(|at| at == at_ms) && at.len() == was.num_rows());
    }
}

/// An object that is there at the last moment, and perhaps not at the first.
async fn object(app: &Arc<App>, times_ms: &[i64], range: &str) {
    let path = format!("/v1/regions/{HELSINKI}/vehicles?format=json");
    let last = got(app, &with_at(&path, *times_ms.last().unwrap())).await;
    let last: Value = serde_json::from_slice(&last).unwrap();
    let id = last["objects"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap();
    let path = format!("/v1/regions/{HELSINKI}/vehicles/{id}?format=json");
    let series: Value = serde_json::from_slice(&got(app, &with(&path, range)).await).unwrap();
    assert_eq!(series["moments"].as_array().unwrap().len(), times_ms.len());
    for (index, at_ms) in times_ms.iter().enumerate() {
        let (status, body) = get(app, &with_at(&path, *at_ms)).await;
        let moment = &series["moments"][index];
        if status == StatusCode::OK {
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), *moment);
        } else {
            assert_eq!(moment["object"], Value::Null);
        }
    }
}

/// A tile of all moments has the features of the tiles of each.
async fn tile(app: &Arc<App>, times_ms: &[i64], range: &str) {
    let path = "/v1/tiles/vehicles/9/291/148";
    let series = features(&got(app, &with(path, range)).await, "vehicles");
    let mut of_each = Vec::new();
    for at_ms in times_ms {
        for mut feature in features(&got(app, &with_at(path, *at_ms)).await, "vehicles") {
            feature.properties.insert("at_ms".into(), (*at_ms).into());
            of_each.push(feature.properties);
        }
    }
    let series = series.into_iter().map(|feature| feature.properties);
    assert!(series.eq(of_each), "{path}");
    let (status, body) = get(app, &with("/v1/tiles/links/12/2331/1185", range)).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
}

/// A series that meets a gap is broken off, after what came before it.
pub(super) async fn is_cut_off_at_a_gap(folder: &Path, first_ms: i64, app: impl Fn() -> Arc<App>) {
    let copy = tempfile::tempdir().unwrap();
    copy_all(folder, copy.path());
    let mut files: Vec<_> = walk(copy.path());
    files.retain(|file| file.to_str().unwrap().contains("kind=vehicle_position"));
    files.sort();
    // The checkpoint of the first moment is before it, the last moment after.
    std::fs::remove_file(&files[files.len() / 2]).unwrap();
    let options =
        ArchiveOptions { directory: Some(copy.path().into()), ..ArchiveOptions::default() };
    let app = app();
    app.set_archive(Archive::open(options).unwrap(), BTreeMap::new());
    let (times_ms, range) = moments(first_ms, 10);
    let path = format!("/v1/regions/{HELSINKI}/vehicles?format=csv");
    let request = Request::get(with(&path, &range)).body(Body::empty()).unwrap();
    let response = gateway::router(Arc::clone(&app)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body().into_data_stream();
    let mut text = Vec::new();
    let failed = loop {
        match body.next().await {
            Some(Ok(bytes)) => text.extend(bytes),
            Some(Err(error)) => break Some(error.to_string()),
            None => break None,
        }
    };
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(&format!("\n{},", times_ms[0])), "no first moment");
    assert!(!text.contains(&format!("\n{},", times_ms[9])), "there is a last moment");
    let failed = failed.expect("the series ended as if it were complete");
    assert!(failed.contains("have a gap"), "{failed}");
    // One that begins behind the gap says so at once.
    let files = walk(copy.path());
    let checkpoints = files.iter().filter(|file| file.to_str().unwrap().contains("_checkpoints"));
    checkpoints.for_each(|file| std::fs::remove_file(file).unwrap());
    let late = Timestamp::from_millisecond(times_ms[8]).unwrap();
    let range = range.replacen(&range[5..range.find('&').unwrap()], &late.to_string(), 1);
    let (status, body) = get(&app, &with(&path, &range)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(&body).contains("have a gap"));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

fn copy_all(from: &Path, to: &Path) {
    for file in walk(from) {
        let copy = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(file, copy).unwrap();
    }
}
