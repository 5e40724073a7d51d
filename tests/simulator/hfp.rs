//! Vehicle messages: topics, payloads, what is left out, and when they arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use events::{Position, RawRecord};
use jiff::Timestamp;
use load_tests::simulator::{Config, Simulation};
use serde_json::Value;

use super::{Reported, SMALL, json, of_feed, records, small};

const FEED: &str = "hsl-hfp";

/// A message, taken apart.
struct Message {
    levels: Vec<String>,
    key: String,
    payload: Value,
    received_ms: i64,
}

impl Message {
    fn read(record: &RawRecord) -> Self {
        let document = json(record);
        let (key, payload) = document.as_object().unwrap().iter().next().unwrap();
        Self {
            levels: record.topic.split('/').map(str::to_owned).collect(),
            key: key.clone(),
            payload: payload.clone(),
            received_ms: record.received_time_ms,
        }
    }

    fn time_ms(&self) -> i64 {
        let time: Timestamp = self.payload["tst"].as_str().unwrap().parse().unwrap();
        time.as_millisecond()
    }

    fn latency_ms(&self) -> i64 {
        self.received_ms - self.time_ms()
    }

    fn vehicle(&self) -> String {
        format!("{}/{}", self.levels[7], self.levels[8])
    }

    fn mode(&self) -> &str {
        &self.levels[6]
    }
}

fn messages(records: &[RawRecord]) -> Vec<Message> {
    of_feed(records, FEED).map(Message::read).collect()
}

/// The messages of the small simulation.
static MESSAGES: LazyLock<Vec<Message>> = LazyLock::new(|| messages(&SMALL));

/// Where the vehicle of a message says it is.
pub(super) fn reported(record: &RawRecord) -> Option<(String, Reported)> {
    if record.feed != FEED || !record.topic.contains("/vp/") {
        return None;
    }
    let message = Message::read(record);
    let payload = &message.payload;
    let position = Position::new(payload["lat"].as_f64()?, payload["long"].as_f64()?).unwrap();
    let reported =
        Reported { time_ms: message.time_ms(), position, speed_m_s: payload["spd"].as_f64() };
    Some((message.vehicle(), reported))
}

fn share<T>(all: &[T], is: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|one| is(one)).count() as f64 / all.len() as f64
}

#[test]
fn topics_have_the_publishers_levels() {
    for message in MESSAGES.iter() {
        let expected = match (message.levels[3].as_str(), message.key.as_str()) {
            ("deadrun", _) => 9,
            (_, "TLR" | "TLA") => 20,
            _ => 19,
        };
        assert_eq!(message.levels.len(), expected, "{:?}", message.levels);
        assert_eq!(message.key, message.levels[5].to_uppercase());
        assert_eq!([message.levels[7].len(), message.levels[8].len()], [4, 5]);
        let number: u64 = message.levels[8].parse().unwrap();
        assert_eq!(message.payload["veh"], number);
    }
}

#[test]
fn keys_are_in_the_publishers_order() {
    const KEYS: &str = "desi dir oper veh tst tsi spd hdg lat long acc dl odo drst oday jrn line \
                        start loc stop route occu";
    let keys = |record: &RawRecord| {
        let text = std::str::from_utf8(&record.payload).unwrap();
        let inner = text.split_once(":{").unwrap().1;
        let keys = inner.split(",\"").map(|pair| pair.split('"').find(|part| !part.is_empty()));
        keys.flatten().collect::<Vec<_>>().join(" ")
    };
    for record in of_feed(&SMALL, FEED) {
        if record.topic.contains("/metro/") {
            assert_eq!(keys(record), format!("{} seq", KEYS.replace("jrn line ", "")));
        } else if record.topic.contains("/vp/bus/") {
            assert_eq!(keys(record), KEYS);
        } else if record.topic.contains("/dep/") {
            assert_eq!(keys(record), format!("{KEYS} ttarr ttdep"));
        }
    }
}

#[test]
fn every_kind_and_oddity_is_there() {
    let messages = &*MESSAGES;
    let kinds: BTreeSet<&str> = messages.iter().map(|message| message.levels[5].as_str()).collect();
    let expected = ["ars", "arr", "dep", "doc", "doo", "due", "pde", "tla", "tlr", "vja", "vjout"];
    assert!(expected.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    let modes: BTreeSet<&str> = messages.iter().map(Message::mode).collect();
    assert_eq!(modes.into_iter().collect::<Vec<_>>(), ["bus", "ferry", "metro", "train", "tram"]);
    let level = |place: usize, is: &dyn Fn(&str) -> bool| {
        messages.iter().any(|message| message.levels.get(place).is_some_and(|text| is(text)))
    };
    assert!(level(9, &|route| route.contains(' ')));
    assert!(level(11, &|headsign| headsign.contains(" (M)") && headsign.contains('ä')));
    assert!(level(13, &|next_stop| next_stop == "EOL"));
    assert!(level(3, &|journey_type| journey_type == "deadrun"));
    assert!(messages.iter().any(|message| message.payload["desi"] == "H"));
    assert!(messages.iter().any(|message| message.payload["label"].is_string()));
    assert!(messages.iter().any(|message| {
        let day = message.payload["oday"].as_str();
        let start = message.payload["start"].as_str();
        day == Some("2026-11-16") && start < Some("04:30")
    }));
}

#[test]
fn places_in_topics_are_those_of_payloads() {
    for message in MESSAGES.iter().filter(|message| message.levels.len() == 19) {
        let Some(latitude) = message.payload["lat"].as_f64() else {
            assert_eq!(message.levels[14..], ["0", "", "", "", ""]);
            continue;
        };
        let longitude = message.payload["long"].as_f64().unwrap();
        let digits = |degrees: f64| format!("{degrees:.6}").into_bytes();
        let (latitude, longitude) = (digits(latitude), digits(longitude));
        let degrees = |digits: &[u8]| String::from_utf8(digits[..2].to_vec()).unwrap();
        assert_eq!(message.levels[15], format!("{};{}", degrees(&latitude), degrees(&longitude)));
        for place in 3..6 {
            let pair = [latitude[place], longitude[place]];
            assert_eq!(message.levels[13 + place].as_bytes(), pair);
        }
    }
}

#[test]
fn positions_come_every_second_once() {
    let config = small();
    let mut ticks: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for message in MESSAGES.iter().filter(|message| message.key == "VP") {
        if message.levels[3] == "journey" && message.payload["desi"] != "H" {
            ticks.entry(message.vehicle()).or_default().push(message.time_ms());
        }
    }
    for (vehicle, mut ticks) in ticks {
        ticks.sort_unstable();
        assert_eq!(ticks.len(), config.duration_s as usize, "{vehicle}");
        assert!(ticks.windows(2).all(|pair| pair[1] - pair[0] == 1_000), "{vehicle}");
    }
}

#[test]
fn latencies_are_as_measured_and_only_back_dated_events_are_late() {
    let messages = &*MESSAGES;
    let mut latencies: Vec<i64> = Vec::new();
    for message in messages {
        match message.key.as_str() {
            "PDE" => {
                let back_dated = (5_000..=56_000).contains(&message.latency_ms());
                assert!(back_dated, "{}", message.latency_ms());
            }
            // The metro's seconds are whole.
            _ if message.mode() == "metro" => assert!(message.latency_ms() < 6_000),
            _ => latencies.push(message.latency_ms()),
        }
    }
    latencies.sort_unstable();
    let at = |share: f64| latencies[(latencies.len() as f64 * share) as usize];
    assert!((50..=70).contains(&at(0.5)), "{}", at(0.5));
    assert!((100..=130).contains(&at(0.95)), "{}", at(0.95));
    assert!((800..=1_700).contains(&at(0.99)), "{}", at(0.99));
    assert!(at(0.0) >= 0 && latencies.last().unwrap() < &5_000);
}

#[test]
fn what_is_left_out_is_what_publishers_leave_out() {
    let config = Config { duration_s: 120, scale: 0.3, ..small() };
    let messages = messages(&records(&config));
    let null = |key: &'static str| move |message: &Message| message.payload[key].is_null();
    let (metro, others): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| message.mode() == "metro");
    for key in ["acc", "dl", "odo", "drst", "jrn", "line"] {
        assert_eq!(share(&metro, null(key)).to_bits(), 1.0_f64.to_bits(), "{key}");
    }
    assert!(metro.iter().all(|message| message.time_ms() % 1_000 == 0));
    assert!(metro.iter().all(|message| message.payload["loc"] == "MAN"));
    let near = |key, low: f64, high: f64| {
        let share = share(&others, null(key));
        assert!((low..high).contains(&share), "{key}: {share}");
    };
    near("lat", 0.002, 0.05);
    near("spd", 0.002, 0.05);
    near("hdg", 0.01, 0.06);
    near("dl", 0.03, 0.2);
    near("drst", 0.002, 0.1);
    near("stop", 0.25, 0.7);
    let other_operator = share(&others, |message| {
        message.payload["oper"].as_u64() != message.levels[7].parse().ok()
    });
    assert!((0.08..0.25).contains(&other_operator), "{other_operator}");
}

#[test]
fn most_changes_are_in_the_last_two_digits() {
    let messages = &*MESSAGES;
    let ours = |message: &&Message| message.levels.len() == 19 && message.key == "VP";
    let levels: Vec<&str> =
        messages.iter().filter(ours).map(|message| message.levels[14].as_str()).collect();
    let share = |level: &str| share(&levels, |this| *this == level);
    assert!((0.01..0.08).contains(&share("0")), "{}", share("0"));
    assert!((0.03..0.15).contains(&share("3")), "{}", share("3"));
    assert!((0.3..0.6).contains(&share("4")), "{}", share("4"));
    assert!((0.3..0.6).contains(&share("5")), "{}", share("5"));
}

#[test]
fn a_thinned_subscription_leaves_out_small_changes() {
    let thinned = messages(&records(&Config { geohash_level_max: 4, ..small() }));
    assert!(thinned.len() * 10 < MESSAGES.len() * 8);
    assert!(thinned.iter().all(|message| message.levels.get(14).is_none_or(|level| level != "5")));
}

#[test]
fn a_departure_names_the_old_stop_and_the_next() {
    for message in MESSAGES.iter().filter(|message| message.key == "DEP") {
        let left = message.payload["stop"].as_u64().unwrap().to_string();
        assert_ne!(message.levels[13], left);
        assert!(message.payload["ttdep"].is_string());
    }
}

#[test]
fn answers_of_traffic_lights_join_their_requests() {
    let messages = &*MESSAGES;
    let requests = |key: &str| -> BTreeSet<(String, u64)> {
        let ours = messages.iter().filter(|message| message.key == key);
        ours.map(|message| (message.vehicle(), message.payload["tlp-requestid"].as_u64().unwrap()))
            .collect()
    };
    let answered = requests("TLA");
    assert!(answered.len() > 3);
    assert!(requests("TLR").is_subset(&answered) || answered.is_subset(&requests("TLR")));
}

#[test]
fn no_two_vehicles_share_a_number() {
    let mut routes: BTreeMap<String, String> = BTreeMap::new();
    let config = Config { duration_s: 60, scale: 1.0, ..small() };
    let first: Vec<RawRecord> = Simulation::new(config).unwrap().take(5_000).collect();
    for message in messages(&first) {
        if let Some(route) = message.levels.get(9) {
            let known = routes.entry(message.vehicle()).or_insert(route.clone());
            assert_eq!(known, route);
        }
    }
    assert!(routes.len() > 280);
}
