//! Exports: the rows of each format are those of the picture, and jobs end as they should.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use events::LogRecord;
use flatgeobuf::{FallibleStreamingIterator, FgbReader};
use gateway::{App, Options};
use jiff::Timestamp;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use picture::{Change, Delta, Picture};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::as_of::{HELSINKI, get};
use crate::judges::{python, run, said, script};

async fn asked(
    app: &Arc<App>,
    method: &str,
    path: &str,
    media_type: &str,
    body: String,
) -> (StatusCode, axum::http::HeaderMap, Bytes) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::CONTENT_TYPE, media_type);
    let request = request.body(Body::from(body)).unwrap();
    let response = gateway::router(Arc::clone(app)).oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, to_bytes(response.into_body(), usize::MAX).await.unwrap())
}

async fn post(app: &Arc<App>, request: &Value) -> (StatusCode, Value) {
    let json = "application/json";
    let (status, headers, body) =
        asked(app, "POST", "/v1/exports", json, request.to_string()).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    if status == StatusCode::ACCEPTED {
        let id = body["id"].as_str().unwrap();
        assert_eq!(headers[header::LOCATION], format!("/v1/exports/{id}"));
    }
    (status, body)
}

/// Waits for the end of a job.
async fn ended(app: &Arc<App>, id: &str) -> Value {
    for _ in 0..1_000 {
        let (status, body) = get(app, &format!("/v1/exports/{id}")).await;
        assert_eq!(status, StatusCode::OK);
        let job: Value = serde_json::from_slice(&body).unwrap();
        if job["state"] == "done" || job["state"] == "failed" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{id} does not end");
}

/// The file of a request, and its job.
async fn exported(app: &Arc<App>, request: &Value) -> (Vec<u8>, Value) {
    let (status, job) = post(app, request).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    let id = job["id"].as_str().unwrap();
    let job = ended(app, id).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!((&job["progress"], &job["request"]["format"]), (&json!(1.0), &request["format"]));
    let path = format!("/v1/exports/{id}/file");
    let (status, headers, body) = asked(app, "GET", &path, "", String::new()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(job["bytes"], body.len());
    let disposition = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\"helsinki-"), "{disposition}");
    let (status, ..) = asked(app, "DELETE", &format!("/v1/exports/{id}"), "", String::new()).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(get(app, &path).await.0, StatusCode::NOT_FOUND);
    (body.to_vec(), job)
}

fn received_ms(record: &LogRecord) -> i64 {
    match record {
        LogRecord::Event(event) => event.received_time_ms,
        LogRecord::FeedStatus(status) => status.received_time_ms,
        LogRecord::Tally(_) => i64::MIN,
    }
}

/// The lines that the changes of a layer are, received after one time and by another.
fn changes(
    mut picture: Picture,
    records: &[(i64, LogRecord)],
    layer: &str,
    (from_ms, to_ms): (i64, i64),
) -> Vec<Value> {
    let (mut deltas, mut lines, mut known_ms) = (Vec::new(), Vec::new(), from_ms);
    for (offset, (_, record)) in (0..).zip(records) {
        if received_ms(record) > to_ms {
            break;
        }
        picture.apply(offset, record, &mut deltas);
        known_ms = known_ms.max(received_ms(record));
        for delta in deltas.drain(..) {
            // As the log says it.
            let delta = Delta::decode(&delta.encode()).unwrap();
            let Change::Updated(object) = delta.change else { continue };
            if object.layer().as_str() == layer && known_ms > from_ms {
                let mut line = json!({"at_ms": known_ms});
                let object = serde_json::to_vec(&object).unwrap();
                let object: Value = serde_json::from_slice(&object).unwrap();
                line.as_object_mut().unwrap().extend(object.as_object().unwrap().clone());
                lines.push(line);
            }
        }
    }
    lines
}

/// The law, for what an archive has.
pub(super) async fn check(
    app: &Arc<App>,
    folder: &Path,
    picture: &Picture,
    records: &[(i64, LogRecord)],
) {
    app.set_exports(&folder.join("exports")).unwrap();
    let first_ms = records[0].0;
    let (from_ms, to_ms) = (first_ms + 30_000, first_ms + 80_000);
    let [from, to] = [from_ms, to_ms].map(|ms| Timestamp::from_millisecond(ms).unwrap());
    for layer in ["vehicles", "links", "situations", "areas"] {
        let expected = changes(picture.clone(), records, layer, (from_ms, to_ms));
        let request = |format: &str| {
            json!({"region": HELSINKI, "layer": layer, "from": from.to_string(),
                   "to": to.to_string(), "format": format})
        };
        let (lines, job) = exported(app, &request("ndjson")).await;
        let lines = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
        let lines: Vec<Value> = lines.map(Result::unwrap).collect();
        assert_eq!(lines.len(), expected.len(), "{layer}");
        assert_eq!(lines, expected, "{layer}");
        assert_eq!(job["rows"], expected.len());
        let (table, _) = exported(app, &request("csv")).await;
        let mut table = csv::Reader::from_reader(table.as_slice());
        assert_eq!(&table.headers().unwrap()[0], "at_ms");
        let at: Vec<String> = table.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert!(
            at.iter().eq(expected
                .iter()
                .map(|line| line["at_ms"].to_string())
                .collect::<Vec<_>>()
                .iter())
        );
        let (collection, _) = exported(app, &request("geojson")).await;
        let collection: Value = serde_json::from_slice(&collection).unwrap();
        let features = collection["features"].as_array().unwrap();
        assert_eq!(features.len(), expected.len());
        let placed = features.iter().filter(|one| !one["geometry"].is_null()).count();
        let (table, _) = exported(app, &request("parquet")).await;
        let table = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(table)).unwrap();
        let pairs = table.metadata().file_metadata().key_value_metadata().unwrap().clone();
        assert!(pairs.iter().any(|pair| pair.key == "geo"), "{layer}");
        let batches: Vec<RecordBatch> = table.build().unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), expected.len());
        let (features, job) = exported(app, &request("flatgeobuf")).await;
        assert_eq!(job["rows"], placed);
        if placed > 0 {
            let reader = FgbReader::open(std::io::Cursor::new(features)).unwrap();
            let mut features = reader.select_all().unwrap();
            assert_eq!(features.features_count(), Some(placed));
            let mut count = 0;
            while features.next().unwrap().is_some() {
                count += 1;
            }
            assert_eq!(count, placed);
        }
    }
    series(app, &from, &to).await;
    words(app, &from, &to).await;
    refused(app, &from, &to).await;
}

/// With a step the file is the series.
async fn series(app: &Arc<App>, from: &Timestamp, to: &Timestamp) {
    for format in ["csv", "ndjson", "geojson", "arrow"] {
        let request = json!({"region": HELSINKI, "layer": "vehicles", "format": format,
            "from": from.to_string(), "to": to.to_string(), "step": "PT10S", "known": "now"});
        let (file, _) = exported(app, &request).await;
        let range = format!("from={from}&to={to}&step=PT10S&known=now&format={format}");
        let (status, body) = get(app, &format!("/v1/regions/helsinki/vehicles?{range}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(file == body, "{format}: {} and {} bytes", file.len(), body.len());
    }
}

/// What is selected.
async fn words(app: &Arc<App>, from: &Timestamp, to: &Timestamp) {
    let request = json!({"region": HELSINKI, "layer": "vehicles", "format": "ndjson",
        "from": from.to_string(), "to": to.to_string(), "filter": "report.mode = 'tram'",
        "bbox": [24.90, 60.15, 24.98, 60.20], "fields": ["report.mode", "report.position"]});
    let (lines, _) = exported(app, &request).await;
    let lines = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
    let mut count = 0;
    for line in lines.map(Result::unwrap) {
        assert_eq!(line["report"]["mode"], "tram");
        let longitude_deg = line["report"]["position"]["longitude_deg"].as_f64().unwrap();
        assert!((24.90..=24.98).contains(&longitude_deg));
        let names: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(names, ["at_ms", "id", "report"]);
        count += 1;
    }
    assert!(count > 10, "only {count} rows");
}

/// What cannot be asked for is said, and what cannot be written fails alone.
async fn refused(app: &Arc<App>, from: &Timestamp, to: &Timestamp) {
    let good = json!({"region": HELSINKI, "layer": "vehicles", "format": "csv",
        "from": from.to_string(), "to": to.to_string()});
    for (key, value, status, words) in [
        ("region", json!("nowhere"), 404, "no region"),
        ("layer", json!("cars"), 404, "cars"),
        ("format", json!("xlsx"), 400, "unknown variant"),
        ("from", json!("soon"), 400, "from: \"soon\" is no time"),
        ("to", json!("2020-01-01T00:00:00Z"), 400, "to: it must not be before from"),
        ("to", json!("2100-01-01T00:00:00Z"), 400, "in the future"),
        ("step", json!("PT0S"), 400, "step: it must be PT1S or more"),
        ("step", json!(300), 400, "invalid type"),
        ("known", json!("now"), 400, "known: goes with step"),
        ("filter", json!("report.mode ="), 400, "filter"),
        ("filter", json!("speed > 3"), 400, "speed"),
        ("fields", json!(["speed"]), 400, "fields: no \"speed\" in vehicles"),
        ("ids", json!([]), 400, "ids"),
        ("bbox", json!([1, 2, 3]), 400, "body"),
        ("polygon", json!([[1.0, 2.0]]), 400, "polygon"),
        ("at", json!("2026-11-26T07:00:00Z"), 400, "unknown field `at`"),
    ] {
        let mut request = good.clone();
        request[key] = value;
        let (found, body) = post(app, &request).await;
        assert_eq!(found.as_u16(), status, "{request}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(words), "{request}: {body}");
    }
    let trips = json!({"region": HELSINKI, "layer": "trips", "format": "flatgeobuf",
        "from": from.to_string(), "to": to.to_string()});
    let (status, body) = post(app, &trips).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["detail"].as_str().unwrap().contains("nothing in trips has a place"));
    for (media_type, body, status) in [
        ("text/plain", good.to_string(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", "{".into(), StatusCode::BAD_REQUEST),
        ("application/json", "[]".into(), StatusCode::BAD_REQUEST),
    ] {
        let (found, ..) = asked(app, "POST", "/v1/exports", media_type, body).await;
        assert_eq!(found, status);
    }
    let (status, _) = get(app, "/v1/exports/none").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, ..) = asked(app, "DELETE", "/v1/exports/none", "", String::new()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // A range that begins before the archive fails as a job.
    let mut early = good.clone();
    early["from"] = json!("2020-01-01T00:00:00Z");
    let (status, job) = post(app, &early).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let job = ended(app, job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "failed");
    assert!(job["error"].as_str().unwrap().contains("the archive of helsinki begins"), "{job}");
    let path = format!("/v1/exports/{}/file", job["id"].as_str().unwrap());
    assert_eq!(get(app, &path).await.0, StatusCode::CONFLICT);
}

/// Bounds of jobs: their number, their bytes, how long they are kept, and what a dead process left.
pub(super) async fn bounds(folder: &Path, first_ms: i64, make: impl Fn(Options) -> Arc<App>) {
    let exports = folder.join("bounded");
    std::fs::create_dir_all(&exports).unwrap();
    std::fs::write(exports.join("1.unfinished"), "half").unwrap();
    std::fs::write(exports.join("1"), "whole").unwrap();
    let mut options = Options::default();
    options.exports.jobs_max = 2;
    options.exports.bytes_max = 4_096;
    options.exports.keep_s = 2;
    let app = make(options);

    app.set_exports(&exports).unwrap();
    assert_eq!(std::fs::read_dir(&exports).unwrap().count(), 0, "leftovers");
    let [from, to] =
        [10_000, 90_000].map(|ms| Timestamp::from_millisecond(first_ms + ms).unwrap().to_string());
    let large = json!({"region": HELSINKI, "layer": "vehicles", "from": from, "to": to,
        "format": "csv"});
    let small = json!({"region": HELSINKI, "layer": "feeds", "from": from, "to": to,
        "format": "ndjson", "step": "PT60S", "fields": ["id"]});
    let (_, first) = post(&app, &large).await;
    let (_, second) = post(&app, &small).await;
    let (status, third) = post(&app, &small).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(third["detail"].as_str().unwrap().contains("there are 2 exports"), "{third}");
    let first = ended(&app, first["id"].as_str().unwrap()).await;
    assert_eq!(first["state"], "failed");
    assert!(first["error"].as_str().unwrap().contains("more than 4096 bytes"), "{first}");
    let second = ended(&app, second["id"].as_str().unwrap()).await;
    assert_eq!(second["state"], "done", "{second}");
    let list: Value = serde_json::from_slice(&get(&app, "/v1/exports").await.1).unwrap();
    assert_eq!(list["exports"].as_array().unwrap().len(), 2);
    // Only what is whole has a file.
    assert_eq!(std::fs::read_dir(&exports).unwrap().count(), 1);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(std::fs::read_dir(&exports).unwrap().count(), 0, "it is kept for two seconds");
    let list: Value = serde_json::from_slice(&get(&app, "/v1/exports").await.1).unwrap();
    assert_eq!(list["exports"], json!([]));
    // A disk that fails: the folder is gone.
    std::fs::remove_dir(&exports).unwrap();
    let (_, job) = post(&app, &small).await;
    let job = ended(&app, job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "failed");
    assert!(job["error"].as_str().unwrap().contains("the file cannot be written"), "{job}");
    std::fs::create_dir(&exports).unwrap();
    let (_, job) = post(&app, &small).await;
    assert_eq!(ended(&app, job["id"].as_str().unwrap()).await["state"], "done");
}

/// Others' tools read the files.
pub(super) async fn judged(app: &Arc<App>, folder: &Path, first_ms: i64) {
    let Some(python) = python("archive-requirements.txt") else { return };
    let files = folder.join("judged");
    std::fs::create_dir(&files).unwrap();
    let [from, to] =
        [30_000, 80_000].map(|ms| Timestamp::from_millisecond(first_ms + ms).unwrap().to_string());
    for layer in ["vehicles", "links", "situations", "areas", "trips"] {
        for (format, extension) in [
            ("parquet", "parquet"),
            ("flatgeobuf", "fgb"),
            ("geojson", "geojson"),
            ("csv", "csv"),
            ("arrow", "arrows"),
        ] {
            if (layer, format) == ("trips", "flatgeobuf") {
                continue;
            }
            let request = json!({"region": HELSINKI, "layer": layer, "from": from, "to": to,
                "format": format});
            let (file, _) = exported(app, &request).await;
            std::fs::write(files.join(format!("{layer}.{extension}")), file).unwrap();
        }
    }
    let mut judge = std::process::Command::new(python);
    judge.arg(script("exports.py")).arg(&files);
    let output = run(&mut judge);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "5 layers");
}
