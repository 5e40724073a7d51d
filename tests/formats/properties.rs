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
    // Documents with an empty list hold no record, nor does a protobuf header (a line feed) alone.
    let may_be_empty = payload.windows(2).any(|pair| pair == b"[]")
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
