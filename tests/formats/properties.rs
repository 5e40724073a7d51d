//! Whatever comes in, no decoder panics, and what is not empty leaves a record behind.

use proptest::prelude::*;

use super::case::{Case, gzip};
use super::cases::{files, read};
use super::{decode, decoder, raw};
use ingest::format::{Decoded, FORMATS};

/// Topics that make each decoder take each of its ways.
const TOPICS: [&str; 7] = [
    "",
    "/hfp/v2/journey/ongoing/vp/bus/0018/01029/5520/1/Asema/17:35/4170293/3/60;24/28/75/72",
    "/hfp/v2/journey/ongoing/tlr/tram/0040/00407/1010/2/Tori/22:00/1140441/0/////75",
    "/hfp/v2/",
    "tms-v2/23101/5122",
    "tms-v2/23101",
    "/gtfsrt/vp/feed////2/0/Tori//14:38/130092",
];

/// All messages of all cases with the format they are for.
fn messages() -> Vec<(&'static str, events::RawRecord)> {
    let of_format = |name: &'static str| {
        let cases = files(name).into_iter().map(|path| Case::parse(&read(&path)));
        cases.flat_map(move |case| case.messages.into_iter().map(move |raw| (name, raw)))
    };
    FORMATS.iter().flat_map(|format| of_format(format.name())).collect()
}

fn is_accounted_for(payload: &[u8], decoded: &Decoded) -> bool {
    // Documents with an empty list hold no record, nor does a protobuf header (a line feed) alone. In
    // protobuf's JSON a list without elements may be missing: a feed without `entity` is an empty one.
    let mut dense = payload.to_vec();
    dense.retain(|byte| !byte.is_ascii_whitespace());
    let has = |text: &[u8]| dense.windows(text.len()).any(|part| part == text);
    let may_be_empty = has(b"[]")
        || (has(b"\"header\"") && !has(b"\"entity\""))
        || payload.first() == Some(&b'\n')
        || payload.starts_with(&[0x1F, 0x8B]);
    decoded.records() > 0 || may_be_empty
}

#[test]
fn unreadable_payloads_are_rejected_by_every_format() {
    let html = b"<!DOCTYPE html><title>502 Bad Gateway</title>".as_slice();
    let unreadable: [&[u8]; 9] =
        [b"", b" ", html, b"null", b"42", b"\"text\"", b"{\"a\"", b"\xFF\xFE\x00", b"{}"];
    for format in FORMATS {
        for payload in unreadable {
            let decoded = decode(format.name(), "", payload);
            let what = format!("{} {}", format.name(), payload.escape_ascii());
            assert_eq!(decoded.records(), 1, "{what}");
            assert_eq!(decoded.rejects.len(), 1, "{what}");
            assert!(!decoded.rejects[0].message.is_empty(), "{what}");
        }
    }
}

#[test]
fn nesting_without_end_is_rejected() {
    let deep = "[".repeat(100_000);
    for format in FORMATS {
        for head in ["", "{\"VP\":", "{\"entity\":", "{\"features\":", "{\"stations\":"] {
            let decoded = decode(format.name(), "", format!("{head}{deep}").as_bytes());
            assert_eq!(decoded.rejects.len(), 1, "{} {head}", format.name());
        }
    }
}

#[test]
fn a_small_bomb_of_gzip_is_too_large() {
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    let decoded = decode("digitraffic_traffic_message", "", &bomb);
    assert_eq!(decoded.rejects[0].reason.as_str(), "too_large");
}

#[test]
fn payloads_over_the_bound_are_rejected_unread() {
    let large = vec![b'{'; 65 * 1024 * 1024];
    for format in FORMATS {
        let decoded = decode(format.name(), "", &large);
        assert_eq!(decoded.rejects[0].reason.as_str(), "too_large", "{}", format.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_never_panic(
        payload in prop::collection::vec(any::<u8>(), 1..400),
        topic in prop::sample::select(&TOPICS[..]),
    ) {
        for format in FORMATS {
            let decoded = decode(format.name(), topic, &payload);
            prop_assert!(is_accounted_for(&payload, &decoded), "{}", format.name());
        }
    }

    #[test]
    fn arbitrary_topics_never_panic(topic in "(/?(hfp|gtfsrt|tms-v2)/)?\\PC{0,80}") {
        for format in FORMATS {
            decode(format.name(), &topic, b"{\"VP\":{\"tsi\":1700000000}}");
        }
    }

    #[test]
    fn mutated_messages_never_panic_and_leave_a_record(
        seed in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let messages = messages();
        let (name, mut message) = messages[seed.index(messages.len())].clone();
        let mut payload = message.payload.to_vec();
        for (place, byte, edit) in edits {
            let place = place.index(payload.len() + 1);
            match edit {
                0 if place < payload.len() => payload[place] = byte,
                1 => payload.insert(place, byte),
                2 if place < payload.len() => { payload.remove(place); }
                _ => payload.truncate(place),
            }
        }
        message.payload = payload.clone().into();
        let decoded = decoder(name, "").decode(&message);
        let accounted = payload.is_empty() || is_accounted_for(&payload, &decoded);
        prop_assert!(accounted, "{name}: {}", payload.escape_ascii());
    }
}

/// Values as they stand in JSON, right and wrong.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_map(|number| number.to_string()),
        (-1_000_000..1_000_000_i64, 0..7_u32).prop_map(|(number, decimals)| {
            let scale = 10_i64.pow(decimals);
            format!("{}.{:02$}", number / scale, (number % scale).abs(), decimals as usize)
        }),
        any::<i64>().prop_map(|number| number.to_string()),
        "[-+]?[0-9]{0,20}\\.?[0-9]{0,20}([eE][-+]?[0-9]{1,3})?",
        "\"[ -!#-\\[\\]-~äö\t]{0,12}\"",
        "\"(\\\\n|\\\\u00e4|[a-z])*\"",
        "null|true|false|nul|\\{\\}|\\[1\\]| ?|\"|\"12\"|\"2026-03-10T08:30:15Z\"",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A second member behind the event is what the scanner of HFP does not take: the same fields
    /// go the way of the general reader then, and must give the same.
    #[test]
    fn hfp_is_read_the_same_by_scanner_and_general_reader(
        fields in prop::collection::vec((prop::sample::select(&KEYS[..]), value()), 0..12),
        space in prop::sample::select(&["", " ", "\n", "\t "][..]),
    ) {
        let fields: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("\"{key}\"{space}:{space}{value}"))
            .collect();
        let fields = fields.join(&format!("{space},{space}"));
        let known = "\"tsi\":1773131415,";
        for known in [known, ""] {
            let one = format!("{space}{{\"VP\":{{{known}{fields}}}{space}}}{space}");
            let two = format!("{space}{{\"VP\":{{{known}{fields}}}{space},\"x\":0}}{space}");
            let one = decode("hfp", TOPICS[1], one.as_bytes());
            let two = decode("hfp", TOPICS[1], two.as_bytes());
            prop_assert_eq!(&one.events, &two.events);
            prop_assert_eq!(one.rejects.len(), two.rejects.len());
        }
    }
}

/// Fields of HFP, those that are used and others.
const KEYS: [&str; 20] = [
    "desi", "dir", "oper", "veh", "tst", "tsi", "spd", "hdg", "lat", "long", "acc", "dl", "odo",
    "drst", "oday", "start", "stop", "occu", "label", "new",
];

#[test]
fn one_decoder_survives_everything_in_a_row() {
    for format in FORMATS {
        let mut decoder = decoder(format.name(), "");
        for (_, message) in messages() {
            decoder.decode(&message);
            decoder.decode(&raw(&message.topic, b"{"));
        }
    }
}
