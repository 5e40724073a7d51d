//! `tilanne decode`: one JSON line for each event, reject and verdict, the ledger as the last.

use serde_json::{Value, json};

use super::process::{Folder, text, tilanne};

const TOPIC: &str = "/hfp/v2/journey/ongoing/vp/tram/0040/00648/1004 4/2/Katajanokka/07:40/1080403/3/60;24/19/66/72";
const PAYLOAD: &str = r#"{"VP":{"desi":"4","dir":"2","oper":40,"veh":648,"tst":"2026-09-29T04:53:45.256Z","tsi":1790657625,"spd":10.0,"hdg":36,"lat":60.167,"long":24.962,"acc":0.2,"dl":-111,"odo":3011,"drst":0,"oday":"2026-09-29","jrn":1,"line":32,"start":"07:40","loc":"GPS","stop":null,"route":"1004 4","occu":0}}"#;

fn decode(arguments: &[&str], file: &str) -> Vec<Value> {
    let folder = Folder::new();
    let path = folder.write("message", file);
    let mut command = tilanne(["decode"]);
    let output = command.args(arguments).arg(path).output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{error}");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_message_with_its_topic() {
    let received = "2026-09-29T04:53:45.300Z";
    let arguments = ["--format", "hfp", "--topic", TOPIC, "--received", received];
    let lines = decode(&arguments, PAYLOAD);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let event = &lines[0];
    assert_eq!(event["type"], "event");
    assert_eq!(event["entity"], "0040/00648");
    assert_eq!(event["event_time_ms"], 1_790_657_625_256_i64);
    let report = &event["vehicle_position"];
    assert_eq!(report["delay_s"], 111);
    assert_eq!(report["speed_km_h"], 36.0);
    assert_eq!(report["trip"]["direction_id"], 1);
    let ledger = &lines[1];
    assert_eq!(ledger["type"], "ledger");
    assert_eq!((&ledger["received"], &ledger["applied"]), (&json!(1), &json!(1)));
}

#[test]
fn a_dump_with_a_repeat_and_a_broken_line() {
    let line = format!("2026-09-29T04:53:45.300Z {TOPIC} {PAYLOAD}");
    let broken = format!("2026-09-29T04:53:46.300Z {TOPIC} {{\"VP\":{{\"veh\":");
    let lines = decode(&["--format", "hfp"], &format!("{line}\n{line}\n{broken}\n"));
    let of_type = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((of_type("event"), of_type("reject"), of_type("ledger")), (2, 1, 1), "{lines:?}");
    assert_eq!(of_type("verdict"), 1, "{lines:?}");
    let ledger = lines.last().unwrap();
    assert_eq!(ledger["received"], 3);
    assert_eq!(ledger["applied"], 1);
    assert_eq!(ledger["duplicate"], 1);
    assert_eq!(ledger["rejected"], 1);
}

#[test]
fn garbage_is_one_reject_with_a_reason() {
    let lines = decode(&["--format", "gtfs_rt"], "<html><body>502</body></html>");
    assert_eq!(lines[0]["type"], "reject");
    assert!(lines[0]["message"].as_str().unwrap().to_lowercase().contains("html"), "{lines:?}");
    assert_eq!(lines.last().unwrap()["rejected"], 1);
}
