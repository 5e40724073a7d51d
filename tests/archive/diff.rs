//! What differs between two moments is what differs between the answers of the two, in every format.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use axum::http::StatusCode;
use events::wire;
use gateway::App;
use jiff::Timestamp;
use prost::Message;
use serde_json::Value;

use super::as_of::{HELSINKI, get, with_at};

async fn got(app: &Arc<App>, path: &str) -> Vec<u8> {
    let (status, body) = get(app, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    body
}

async fn objects(app: &Arc<App>, layer: &str, at_ms: i64) -> BTreeMap<String, Value> {
    let path = format!("/v1/regions/{HELSINKI}/{layer}?format=json");
    let page: Value = serde_json::from_slice(&got(app, &with_at(&path, at_ms)).await).unwrap();
    assert!(page.get("next").is_none(), "all of it is compared");
    let objects = page["objects"].as_array().unwrap().iter();
    objects.map(|object| (object["id"].as_str().unwrap().to_owned(), object.clone())).collect()
}

fn number(object: Option<&Value>, path: &str) -> Option<Value> {
    let found = path.split('.').try_fold(object?.clone(), |value, name| value.get(name).cloned());
    Some(found?).filter(Value::is_number)
}

/// Whether two numbers are the same: reading JSON may be off by the last digit of a double.
fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b).map_or(a.is_none() && b.is_none(), |(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(1.0))
}

/// The law, for what an archive has.
pub(super) async fn check(app: &Arc<App>, first_ms: i64) {
    let (before_ms, after_ms) = (first_ms + 30_000, first_ms + 90_000);
    let [before, after] = [before_ms, after_ms].map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let mut changes = BTreeMap::new();
    for (layer, path) in [
        ("vehicles", "report.speed_km_h"),
        ("links", "minute.speed_km_h.value"),
        ("areas", "minute.vehicles"),
        ("feeds", "ledger.received"),
        ("situations", "record.version"),
    ] {
        let (was, is) = (objects(app, layer, before_ms).await, objects(app, layer, after_ms).await);
        let mut ids: Vec<&String> = was.keys().chain(is.keys()).collect();
        ids.sort();
        ids.dedup();
        ids.retain(|id| was.get(*id) != is.get(*id));
        let address = format!("/v1/regions/{HELSINKI}/diff/{layer}?before={before}&after={after}");
        let page = got(app, &format!("{address}&format=json")).await;
        let page: Value = serde_json::from_slice(&page).unwrap();
        assert_eq!(page["before"]["time_ms"], before_ms);
        assert_eq!(page["after"]["time_ms"], after_ms);
        let found = page["objects"].as_array().unwrap();
        assert_eq!(found.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
        for one in found {
            let id = one["id"].as_str().unwrap();
            let (was, is) = (was.get(id), is.get(id));
            let change = match (was, is) {
                (None, _) => "appeared",
                (_, None) => "left",
                _ => "changed",
            };
            assert_eq!(one["change"], change, "{layer} {id}");
            *changes.entry(change).or_insert(0) += 1;
            let (a, b) = (number(was, path), number(is, path));
            let parts = path.split('.').try_fold(one, |value, name| value.get(name));
            let Some(parts) = parts else {
                assert_eq!((a, b), (None, None), "{layer} {id} {path}");
                continue;
            };
            assert_eq!(parts["before"], a.clone().unwrap_or_default(), "{layer} {id}");
            assert_eq!(parts["after"], b.clone().unwrap_or_default(), "{layer} {id}");
            let difference = a.zip(b).map(|(a, b)| b.as_f64().unwrap() - a.as_f64().unwrap());
            assert!(is_same(parts["difference"].as_f64(), difference), "{layer} {id}: {parts}");
        }
        formats(app, &address, found).await;
    }
    assert!(changes["appeared"] > 5 && changes["changed"] > 50, "{changes:?}");
    words(app, &format!("before={before}&after={after}"), before_ms, after_ms).await;
    let same = format!("/v1/regions/{HELSINKI}/diff/vehicles?before={before}&after={before}");
    let page: Value = serde_json::from_slice(&got(app, &same).await).unwrap();
    assert_eq!(page["features"], Value::Array(Vec::new()));
}

/// All formats say the same.
async fn formats(app: &Arc<App>, address: &str, json: &[Value]) {
    let lines = got(app, &format!("{address}&format=ndjson")).await;
    let lines = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), json, "{address}");
    let collection = got(app, &format!("{address}&format=geojson")).await;
    let collection: Value = serde_json::from_slice(&collection).unwrap();
    let features = collection["features"].as_array().unwrap().iter().map(|feature| {
        assert_eq!(feature["id"], feature["properties"]["id"]);
        let mut all = feature["properties"].clone();
        all["geometry"] = feature["geometry"].clone();
        all
    });
    assert_eq!(features.collect::<Vec<_>>(), json, "{address}");
    let table = got(app, &format!("{address}&format=csv")).await;
    let mut table = csv::Reader::from_reader(table.as_slice());
    let names = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), json.len());
    let mut compared = 0;
    for (row, one) in rows.iter().zip(json) {
        for (name, cell) in names.iter().zip(row) {
            let value = name.split('.').try_fold(one, |value, name| value.get(name));
            match value {
                Some(Value::Number(number)) => {
                    assert!(is_same(cell.parse().ok(), number.as_f64()), "{name}: {cell}");
                    compared += 1;
                }
                Some(Value::String(text)) => assert_eq!(cell, text),
                Some(Value::Null) | None if name.contains('.') => assert_eq!(cell, "", "{name}"),
                _ => {}
            }
        }
    }
    assert!(compared > 0 || json.is_empty() || address.contains("situations"), "{address}");
    let arrow = got(app, &format!("{address}&format=arrow")).await;
    let mut arrow = StreamReader::try_new(std::io::Cursor::new(arrow), None).unwrap();
    let batch: RecordBatch = arrow.next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), json.len());
    let schema = batch.schema();
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    let columns: Vec<&str> = columns.filter(|name| *name != "geometry").collect();
    let place = ["longitude_deg", "latitude_deg", "wkt"];
    assert_eq!(columns, names.iter().filter(|name| !place.contains(name)).collect::<Vec<_>>());
    let message = got(app, &format!("{address}&format=protobuf")).await;
    let message = wire::Differences::decode(message.as_slice()).unwrap();
    assert_eq!(message.objects.len(), json.len());
    for (object, one) in message.objects.iter().zip(json) {
        assert_eq!(object.id, one["id"].as_str().unwrap());
        assert_eq!(object.before.is_some(), one["change"] != "appeared");
        assert_eq!(object.after.is_some(), one["change"] != "left");
        for number in &object.numbers {
            let value = number.property.split('.').try_fold(one, |value, name| value.get(name));
            let value = value.unwrap();
            assert!(is_same(number.before, value["before"].as_f64()), "{number:?}");
            assert!(is_same(number.after, value["after"].as_f64()), "{number:?}");
            assert!(is_same(number.difference, value["difference"].as_f64()), "{number:?}");
        }
    }
}

/// What is selected, page by page, and what cannot be asked for.
async fn words(app: &Arc<App>, range: &str, before_ms: i64, after_ms: i64) {
    let address = format!("/v1/regions/{HELSINKI}/diff/vehicles?{range}&format=json");
    let ids = async |path: &str| {
        let page: Value = serde_json::from_slice(&got(app, path).await).unwrap();
        let next = page.get("next").map(|next| next.as_str().unwrap().to_owned());
        let objects = page["objects"].as_array().unwrap().iter();
        let ids = objects.map(|one| one["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), next)
    };
    let (all, _) = ids(&address).await;
    let mut paged = Vec::new();
    let mut next = Some(format!("{address}&limit=7"));
    while let Some(path) = next {
        let (page, after) = ids(&path).await;
        assert!(page.len() == 7 || after.is_none());
        paged.extend(page);
        next = after;
    }
    assert_eq!(paged, all);
    let (trams, _) = ids(&format!("{address}&filter=report.mode%20%3D%20%27tram%27")).await;
    let mut are_trams = BTreeMap::new();
    for at_ms in [before_ms, after_ms] {
        for (id, vehicle) in objects(app, "vehicles", at_ms).await {
            *are_trams.entry(id).or_insert(false) |= vehicle["report"]["mode"] == "tram";
        }
    }
    assert_eq!(trams, all.iter().filter(|id| are_trams[*id]).cloned().collect::<Vec<_>>());
    assert!(!trams.is_empty() && trams.len() < all.len());
    let (boxed, _) = ids(&format!("{address}&bbox=24.90,60.15,24.98,60.20")).await;
    assert!(!boxed.is_empty() && boxed.len() < all.len());
    let (one, _) = ids(&format!("{address}&ids={}", all[0])).await;
    assert_eq!(one, all[..1]);
    let fields = got(app, &format!("{address}&fields=report.speed_km_h")).await;
    let fields: Value = serde_json::from_slice(&fields).unwrap();
    for one in fields["objects"].as_array().unwrap() {
        let names = one.as_object().unwrap().keys().map(String::as_str);
        let names: Vec<&str> = names.filter(|name| *name != "report").collect();
        assert_eq!(names, ["change", "geometry", "id"]);
    }
    // Without `after` it is now.
    let to_now = range.split('&').next().unwrap();
    got(app, &format!("/v1/regions/{HELSINKI}/diff/vehicles?{to_now}")).await;
    let (before, after) = range.split_once('&').unwrap();
    let turned = before.replace("before", "after") + "&" + &after.replace("after", "before");
    for (layer, query, status, words) in [
        ("vehicles", after, 400, "before: it is the moment to compare with"),
        ("vehicles", "before=never", 400, "before: \\\"never\\\" is no time"),
        ("vehicles", &turned, 400, "after: it must not be before"),
        ("vehicles", &format!("{before}&after=2100-01-01T00:00:00Z"), 400, "in the future"),
        ("vehicles", &format!("{range}&fields=speed"), 400, "no \\\"speed\\\" in vehicles"),
        ("vehicles", &format!("{range}&limit=0"), 400, "must be 1 or more"),
        ("vehicles", &format!("{range}&sort=id"), 400, "unknown field `sort`"),
        ("vehicles", &format!("{range}&format=xml"), 400, "no \\\"xml\\\""),
        ("vehicles", "before=2020-01-01T00:00:00Z", 404, "the archive of helsinki begins at 20"),
        ("cars", range, 404, "cars"),
    ] {
        let path = format!("/v1/regions/{HELSINKI}/diff/{layer}?{query}");
        let (found, body) = get(app, &path).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(found.as_u16(), status, "{path}: {body}");
        assert!(body.contains(words), "{path}: {body}");
    }
}
