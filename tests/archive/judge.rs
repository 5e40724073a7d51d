//! Others' tools read an archive as it lies.

use std::process::Command;

use archive::{Archive, Topic};
use events::wire::{self, Delta, delta::Change, object::Object};
use prost::Message;
use stream::{Append, EmbeddedLog, Log};

use super::crash::rows_by_kind;
use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_log, options, record_all, record_topic};
use crate::judges::{python, run, said, script};

/// Frames of the picture with links and areas.
pub(super) async fn streets(log: &EmbeddedLog) {
    let line = vec![24_940_000, 60_170_000, 1_000, 500, 800, -200];
    let ring = vec![24_900_000, 60_100_000, 9_000, 0, 0, 9_000, -9_000, -9_000];
    let estimate = |value| Some(wire::Estimate { value, low: value - 1.0, high: value + 1.0 });
    let delta = |sequence, object| Delta {
        sequence,
        index: 0,
        change: Some(Change::Updated(wire::Object { object: Some(object) })),
    };
    let mut frame = Vec::new();
    for minute in 0..20_i64 {
        let window = wire::LinkWindow {
            duration_s: 300,
            end_time_ms: NOW_MS + minute * 60_000,
            speed_km_h: estimate(30.0),
            flow_veh_h: estimate(400.0),
            vehicles: 3,
            ..Default::default()
        };
        for id in ["1-2-3", "1-3-2"] {
            let link = wire::Link {
                id: id.into(),
                event_time_ms: NOW_MS + minute * 60_000,
                line: line.clone(),
                five_minutes: Some(window.clone()),
                ..Default::default()
            };
            let number = frame.len() as u64;
            delta(number, Object::Link(link)).encode_length_delimited(&mut frame).unwrap();
        }
        let emission = |id: &str, kind| wire::Emission {
            id: id.into(),
            event_time_ms: NOW_MS + minute * 60_000,
            kind,
            factor_set: "set".into(),
            five_minutes: Some(wire::EmissionWindow {
                duration_s: 300,
                vehicle_km: 12.5,
                rates: vec![wire::EmissionRate {
                    pollutant: wire::Pollutant::Co2Fossil.into(),
                    value: 1_500.0,
                    low: 1_000.0,
                    high: 2_500.0,
                    excess: -20.0,
                    excess_low: -60.0,
                    excess_high: 15.0,
                }],
                ..Default::default()
            }),
            line: ring.clone(),
            ..Default::default()
        };
        let city = Some(wire::AreaKind::City.into());
        for emission in [emission("1-2-3", None), emission("city:keskus", city)] {
            let number = frame.len() as u64;
            let object = Object::Emission(emission);
            delta(number, object).encode_length_delimited(&mut frame).unwrap();
        }
        let area = wire::Area {
            id: "city:keskus".into(),
            event_time_ms: NOW_MS + minute * 60_000,
            boundary: ring.clone(),
            ..Default::default()
        };
        let number = frame.len() as u64;
        delta(number, Object::Area(area)).encode_length_delimited(&mut frame).unwrap();
    }
    let sink = log.sink(stream::topic::PICTURE, REGION).await.unwrap();
    sink.append(Append { records: vec![frame.into()], cursor: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_polars_pyarrow_and_geopandas_read_it_as_it_lies() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = Archive::open(options(folder.path())).unwrap();
    let mut dice = Dice(77);
    for day in 0..3 {
        for round in 0..2 {
            let from_ms = NOW_MS + day * 86_400_000 + round * 60_000;
            append(log.as_ref(), &dice.records(2_000, from_ms)).await;
            record_all(&archive, &log).await;
        }
    }
    streets(log.as_ref()).await;
    record_topic(&archive, &log, Topic::Picture).await;
    // The first two days are merged, the last is not.
    archive.upkeep(NOW_MS + 2 * 86_400_000 + 600_000).await.unwrap();
    let rows = rows_by_kind(folder.path());
    assert_eq!((rows["link_state"], rows["area_state"]), (40, 20));
    assert_eq!((rows["link_emission"], rows["area_emission"]), (20, 20));
    let Some(python) = python("archive-requirements.txt") else { return };
    let mut judge = Command::new(python);
    judge.arg(script("archive.py")).arg(folder.path());
    judge.arg(serde_json::to_string(&rows).unwrap());
    let output = run(&mut judge);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{} kinds", rows.len()));
}
