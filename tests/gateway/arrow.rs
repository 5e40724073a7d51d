//! Arrow: the same values as JSON, typed, with a GeoArrow geometry.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, TimeUnit};
use axum::http::header;
use picture::Layer;
use serde_json::Value;

use super::csv::{leaves, place_of};
use super::full::full_objects;
use super::support::{
    NOW_MS, REGION, app, feed, get, get_json, get_with, position, region, updated, vehicle,
};

fn batch(body: &[u8]) -> RecordBatch {
    let mut reader = StreamReader::try_new(body, None).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none(), "one batch");
    batch
}

/// The cell as JSON has it; null when it is missing.
fn cell(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into(),
        DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) if zone.as_ref() == "UTC" => {
            column.as_primitive::<TimestampMillisecondType>().value(row).into()
        }
        DataType::List(_) => {
            let texts = column.as_list::<i32>().value(row);
            texts.as_string::<i32>().iter().collect()
        }
        other => panic!("a column of {other}"),
    }
}

#[tokio::test]
async fn every_property_of_the_json_is_a_column_of_its_type() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    for layer in Layer::ALL {
        let path = format!("/v1/regions/{REGION}/{layer}");
        let objects = get_json(&app, &path).await["objects"].clone();
        let accept = [("accept", "application/vnd.apache.arrow.stream")];
        let answer = get_with(&app, &path, &accept).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), accept[0].1);
        let batch = batch(&answer.body);
        let schema = batch.schema();
        for (row, object) in objects.as_array().unwrap().iter().enumerate() {
            let mut expected = BTreeMap::new();
            leaves(object, "", &mut expected);
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                if field.name() == "geometry" {
                    continue;
                }
                let cell = cell(column, row);
                let said = object.pointer(&format!("/{}", field.name().replace('.', "/")));
                let said = said.cloned().unwrap_or_default();
                match &cell {
                    Value::String(json) if said.is_array() => {
                        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), said);
                    }
                    Value::Number(number) => assert_eq!(number.as_f64(), said.as_f64()),
                    cell => assert_eq!(*cell, said, "{layer} {}", field.name()),
                }
                expected.retain(|path, _| {
                    let below = path.strip_prefix(field.name().as_str());
                    !below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                });
            }
            expected.retain(|path, _| !path.starts_with(place_of(layer)));
            assert!(expected.is_empty(), "{layer} has no column for {expected:?}");
        }
    }
}

#[tokio::test]
async fn times_are_times_and_the_head_is_in_the_schema() {
    let app = app();
    let deltas = vec![updated(1, vehicle("feed:1", None)), updated(2, feed(3))];
    region(&app).apply([deltas]);
    let path = format!("/v1/regions/{REGION}/vehicles?format=arrow");
    let batch = batch(&get(&app, &path).await.body);
    let schema = batch.schema();
    let time = schema.field_with_name("event_time_ms").unwrap().data_type();
    assert_eq!(*time, DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())));
    let metadata = schema.metadata();
    assert_eq!(metadata["region"], REGION);
    assert_eq!(metadata["epoch"], "log-1");
    assert_eq!(metadata["sequence"], "2");
    assert_eq!(metadata["origin"], "demo");
    assert_eq!(metadata["time_ms"], NOW_MS.to_string());
    let feeds: Value = serde_json::from_str(&metadata["feeds"]).unwrap();
    assert_eq!(feeds[0]["age_ms"], 5_000, "stale never looks live");
}

#[tokio::test]
async fn geometries_are_geoarrow() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    let mut deltas: Vec<_> = deltas.collect();
    deltas.push(updated(99, vehicle("feed:nowhere", None)));
    deltas.push(updated(100, vehicle("feed:z", Some(position(25.0, 60.25)))));
    region(&app).apply([deltas]);
    for (layer, extension) in [
        ("vehicles", "geoarrow.point"),
        ("detectors", "geoarrow.point"),
        ("queues", "geoarrow.point"),
        ("links", "geoarrow.linestring"),
        ("link_emissions", "geoarrow.linestring"),
        ("areas", "geoarrow.polygon"),
        ("area_emissions", "geoarrow.polygon"),
        ("situations", "geoarrow.wkb"),
    ] {
        let path = format!("/v1/regions/{REGION}/{layer}?format=arrow");
        let batch = batch(&get(&app, &path).await.body);
        let schema = batch.schema();
        let field = schema.field_with_name("geometry").unwrap();
        assert_eq!(field.metadata()["ARROW:extension:name"], extension, "{layer}");
        let crs: Value =
            serde_json::from_str(&field.metadata()["ARROW:extension:metadata"]).unwrap();
        assert_eq!(crs["crs"], "OGC:CRS84");
        let geometry = batch.column_by_name("geometry").unwrap();
        match extension {
            "geoarrow.point" if layer == "vehicles" => {
                assert_eq!(geometry.null_count(), 1, "a vehicle without a place");
                let x = geometry.as_struct().column_by_name("x").unwrap();
                assert_eq!(cell(x, 2), 25.0);
            }
            "geoarrow.linestring" => {
                assert_eq!(geometry.as_list::<i32>().value(0).len(), 2);
            }
            "geoarrow.polygon" if layer == "areas" => {
                let rings = geometry.as_list::<i32>().value(0);
                assert_eq!(rings.as_list::<i32>().value(0).len(), 5);
            }
            "geoarrow.wkb" => {
                // A point, a line and a polygon whose ring has too few points to be one.
                let bytes = geometry.as_binary::<i32>().value(0);
                assert_eq!(bytes[..9], [1, 7, 0, 0, 0, 2, 0, 0, 0]);
                assert_eq!(bytes[9..22], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x38, 0x40]);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_empty_has_its_columns() {
    let app = app();
    for layer in Layer::ALL {
        let path = format!("/v1/regions/toinen/{layer}?format=arrow");
        let batch = batch(&get(&app, &path).await.body);
        assert_eq!(batch.num_rows(), 0);
        assert!(batch.column_by_name("id").is_some(), "{layer}");
    }
}
