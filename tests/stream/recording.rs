//! Recordings: what was written is read, and damage is found where it is.

use bytes::Bytes;
use events::wire::RawRecord;
use proptest::prelude::*;
use stream::StreamError;
use stream::recording::{Reader, Writer};

fn record(number: u32) -> RawRecord {
    RawRecord {
        feed: "buses".to_owned(),
        source: "mqtt".to_owned(),
        topic: format!("/vehicles/{number}"),
        received_time_ms: 1_700_000_000_000 + i64::from(number),
        payload: Bytes::from(format!("{{\"number\":{number}}}").repeat(number as usize % 5)),
    }
}

fn recorded(records: &[RawRecord]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap()
}

/// The records before the first error, and the error.
fn read(bytes: &[u8]) -> (Vec<RawRecord>, Option<StreamError>) {
    let mut records = Vec::new();
    let reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => return (records, Some(error)),
    };
    for result in reader {
        match result {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(error)),
        }
    }
    (records, None)
}

#[test]
fn an_empty_recording_has_no_records() {
    let (records, error) = read(&recorded(&[]));
    assert!(records.is_empty() && error.is_none());
}

#[test]
fn a_file_on_disk_is_read_by_path_and_named_in_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("day.recording");
    std::fs::write(&path, recorded(&[record(1)])).unwrap();
    let records: Result<Vec<_>, _> = Reader::open(&path).unwrap().collect();
    assert_eq!(records.unwrap(), [record(1)]);
    std::fs::write(&path, "something else, long enough to have a header").unwrap();
    let error = Reader::open(&path).err().unwrap();
    assert!(matches!(error, StreamError::Corrupt(_)), "{error}");
    assert!(error.to_string().contains("day.recording"), "{error}");
    let missing = Reader::open(directory.path().join("missing")).err().unwrap();
    assert!(missing.to_string().contains("missing"), "{missing}");
}

#[test]
fn a_recording_cut_anywhere_gives_what_is_before_the_cut_and_an_error() {
    let written: Vec<_> = (0..300).map(record).collect();
    let bytes = recorded(&written);
    for end in 0..bytes.len() {
        let (records, error) = read(&bytes[..end]);
        assert_eq!(records, written[..records.len()]);
        let error = error.unwrap_or_else(|| panic!("cut at {end} was not noticed"));
        assert!(matches!(error, StreamError::Corrupt(_)), "{error}");
    }
}

#[test]
fn an_error_names_the_record_and_the_byte() {
    // One stored length that claims more than there is, behind one good record.
    let good = prost::Message::encode_length_delimited_to_vec(&record(3));
    let mut plain = good.clone();
    plain.extend([100, 1, 2, 3]);
    let (records, error) = read(&framed(&plain));
    assert_eq!(records, [record(3)]);
    let message = error.unwrap().to_string();
    assert!(message.contains("record 1 at byte"), "{message}");
    assert!(message.contains(&format!("byte {}", good.len())), "{message}");
    assert!(message.contains("cut off after 3 of 100 bytes"), "{message}");
}

#[test]
fn a_claimed_length_is_not_believed() {
    for claim in [&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F][..], &[0xFF; 10], &[0x80; 30]] {
        let (records, error) = read(&framed(claim));
        assert!(records.is_empty());
        assert!(matches!(error, Some(StreamError::Corrupt(_))), "{error:?}");
    }
}

/// Bytes as the inside of a recording.
fn framed(plain: &[u8]) -> Vec<u8> {
    let mut bytes = recorded(&[]);
    bytes.truncate(bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    bytes.extend(zstd::encode_all(plain, 1).unwrap());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn what_is_written_is_read(
        contents in prop::collection::vec(
            (".{0,20}", any::<i64>(), prop::collection::vec(any::<u8>(), 0..2_000)),
            0..20,
        )
    ) {
        let written: Vec<_> = contents
            .into_iter()
            .map(|(topic, received_time_ms, payload)| RawRecord {
                topic,
                received_time_ms,
                payload: payload.into(),
                ..record(0)
            })
            .collect();
        let (records, error) = read(&recorded(&written));
        prop_assert!(error.is_none());
        prop_assert_eq!(records, written);
    }

    #[test]
    fn a_changed_byte_is_noticed_and_nothing_before_it_is_lost(
        position in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let written: Vec<_> = (0..50).map(record).collect();
        let mut bytes = recorded(&written);
        let position = position.index(bytes.len());
        bytes[position] ^= change;
        // Records of the block that was changed may come out before its checksum is reached.
        let (records, error) = read(&bytes);
        prop_assert!(error.is_some() || records == written);
    }
}
