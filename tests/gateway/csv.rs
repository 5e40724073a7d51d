//! CSV: the same values as JSON, in columns, and nothing that a spreadsheet would run.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use events::{Geometry, Mode, VehiclePosition};
use picture::{Layer, Object};
use proptest::prelude::*;
use serde_json::Value;

use super::full::full_objects;
use super::support::{
    Answer, REGION, app, get, get_json, get_with, position, region, situation, updated, vehicle,
};

/// Rows of a body by the names of the header.
fn rows(body: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(body);
    reader.deserialize().map(Result::unwrap).collect()
}

fn table(answer: &Answer) -> Vec<BTreeMap<String, String>> {
    assert_eq!(answer.status, StatusCode::OK);
    rows(&answer.body)
}

/// Every scalar of a JSON object by its path.
pub(super) fn leaves(value: &Value, path: &str, into: &mut BTreeMap<String, Value>) {
    let below = |name: &str| if path.is_empty() { name.into() } else { format!("{path}.{name}") };
    match value {
        Value::Object(properties) => {
            for (name, value) in properties {
                leaves(value, &below(name), into);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(value, &below(&at.to_string()), into);
            }
        }
        Value::Null => {}
        value => {
            into.insert(path.to_owned(), value.clone());
        }
    }
}

/// Path of the geometry in the JSON of each layer, which is in columns of its own.
pub(super) fn place_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Vehicles => "report.position",
        Layer::Detectors | Layer::Weather => "station.position",
        Layer::Situations => "record.geometry",
        Layer::Links | Layer::LinkEmissions | Layer::AreaEmissions => "line",
        Layer::Areas => "boundary",
        Layer::Queues => "position",
        Layer::Trips | Layer::Feeds => "none",
    }
}

#[tokio::test]
async fn every_property_of_the_json_is_a_column_and_the_same() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    for layer in Layer::ALL {
        let path = format!("/v1/regions/{REGION}/{layer}");
        let objects = get_json(&app, &path).await["objects"].clone();
        let rows = table(&get(&app, &format!("{path}?format=csv")).await);
        assert_eq!(rows.len(), objects.as_array().unwrap().len(), "{layer}");
        for (object, row) in objects.as_array().unwrap().iter().zip(&rows) {
            let mut expected = BTreeMap::new();
            leaves(object, "", &mut expected);
            for (path, value) in expected {
                if path.starts_with(place_of(layer)) {
                    continue;
                }
                let shown = value.as_str().map_or_else(|| value.to_string(), String::from);
                if let Some(cell) = row.get(&path) {
                    let same = *cell == shown
                        || cell.parse::<f64>().ok() == value.as_f64() && value.is_number();
                    assert!(same, "{layer} {path}: {cell} is not {shown}");
                    continue;
                }
                // In a list: text that is joined, or what has parts as JSON.
                let mut above = path.as_str();
                let cell = loop {
                    above = above.rsplit_once('.').map_or("", |(above, _)| above);
                    assert!(!above.is_empty(), "{layer} {path} is in no column");
                    if let Some(cell) = row.get(above) {
                        break cell;
                    }
                };
                assert!(cell.contains(&shown), "{layer} {path}: {cell} has no {shown}");
            }
        }
    }
}

#[tokio::test]
async fn the_place_is_in_columns_of_its_own() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let get = async |layer: &str| {
        table(&get(&app, &format!("/v1/regions/{REGION}/{layer}?format=csv")).await).remove(0)
    };
    for layer in ["vehicles", "detectors", "queues"] {
        let row = get(layer).await;
        assert_eq!((row["longitude_deg"].as_str(), row["latitude_deg"].as_str()), ("24.5", "60.5"));
    }
    assert_eq!(get("links").await["wkt"], "LINESTRING (24.5 60.5, 24.6 60.5)");
    let polygon = "POLYGON ((24.5 60.5, 24.6 60.5, 24.6 60.6, 24.5 60.6, 24.5 60.5))";
    assert_eq!(get("areas").await["wkt"], polygon);
    let situation = get("situations").await["wkt"].clone();
    assert!(
        situation.starts_with("GEOMETRYCOLLECTION (POINT (24.5 60.5), LINESTRING (24.5 60.5, ")
    );
    assert!(!get("trips").await.contains_key("wkt"));
}

#[tokio::test]
async fn lines_and_types_are_those_of_the_standards() {
    let app = app();
    region(&app).apply([vec![updated(1, vehicle("feed:1", None))]]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    let answer = get_with(&app, &path, &[("accept", "text/csv")]).await;
    let content_type = "text/csv; charset=utf-8; header=present";
    assert_eq!(answer.header(header::CONTENT_TYPE), content_type);
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(text.matches("\r\n").count(), 2);
    assert!(text.ends_with("\r\n") && text.starts_with("id,feed,event_time_ms,"));
    assert!(text.contains(r#","<b>Asema & ""tori""</b>","#), "quotes are doubled: {text}");
    let one = get(&app, &format!("{path}/feed:1?format=csv")).await;
    assert_eq!(one.body, answer.body, "one object is one row");
    let none = get(&app, "/v1/regions/toinen/vehicles?format=csv").await;
    assert_eq!(none.body.split(|&byte| byte == b'\n').count(), 2, "the header alone");
}

#[tokio::test]
async fn pages_lead_on_in_the_header() {
    let app = app();
    let deltas = (0..5).map(|n| updated(n, vehicle(&format!("feed:{n}"), None)));
    region(&app).apply([deltas.collect()]);
    for format in ["csv", "ndjson", "arrow", "protobuf"] {
        let path = format!("/v1/regions/{REGION}/vehicles?format={format}&limit=3");
        let link = get(&app, &path).await.header(header::LINK).to_owned();
        let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert!(next.contains(&format!("format={format}")), "{next}");
        assert_eq!(get(&app, next).await.header(header::LINK), "", "{format}");
    }
}

#[tokio::test]
async fn ndjson_is_the_objects_of_json_on_lines() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    for layer in Layer::ALL {
        let path = format!("/v1/regions/{REGION}/{layer}");
        let answer = get_with(&app, &path, &[("accept", "application/x-ndjson")]).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-ndjson");
        let text = String::from_utf8(answer.body).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let objects = get_json(&app, &path).await["objects"].clone();
        assert_eq!(Value::Array(lines.collect()), objects, "{layer}");
    }
}

/// Text of a feed as a cell, and the same text among others.
fn said(text: &str) -> [Object; 2] {
    let mut bus = vehicle("feed:1", Some(position(24.5, 60.5)));
    if let Object::Vehicle(vehicle) = &mut bus {
        vehicle.report = VehiclePosition {
            mode: Mode::Bus,
            headsign: Some(text.into()),
            label: Some(text.into()),
            ..Default::default()
        };
    }
    let mut works = situation("feed:s", Some(Geometry::default()));
    if let Object::Situation(situation) = &mut works {
        situation.record.title = text.into();
        situation.record.features = vec![text.into(), text.into()];
    }
    [bus, works]
}

/// Whether a spreadsheet that separates cells by this would take a cell for a formula.
fn has_formula(table: &str, separator: char) -> Option<String> {
    let cells = table.split(['\n', '\r']).flat_map(|line| line.split(separator));
    let bare = cells.map(|cell| cell.trim_start_matches(['"', ' ', '\u{a0}']));
    let is_formula = |cell: &&str| {
        let number = cell.trim_end_matches('"').parse::<f64>().is_ok();
        cell.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) && !number
    };
    bare.filter(is_formula).map(String::from).next()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_is_a_formula_wherever_cells_are_believed_to_begin(
        text in "[=+@＝,;|\"' \t\r\na1-]{0,12}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = app();
            let deltas = (1..).zip(said(&text)).map(|(n, object)| updated(n, object));
            region(&app).apply([deltas.collect()]);
            for layer in ["vehicles", "situations"] {
                let path = format!("/v1/regions/{REGION}/{layer}?format=csv");
                let answer = get(&app, &path).await;
                let table = String::from_utf8(answer.body.clone()).unwrap();
                for separator in [',', ';', '\t', '|'] {
                    assert_eq!(has_formula(&table, separator), None, "{table}");
                }
                for row in rows(&answer.body) {
                    let cell = row.get("report.headsign").or(row.get("record.title")).unwrap();
                    // Nothing but the marks was added.
                    let (bare, said) = (cell.replace('\'', ""), text.replace('\'', ""));
                    assert_eq!(bare, said);
                }
            }
        });
    }
}
