//! The list of formats, their options, and dump files.

use ingest::format::{DecoderContext, FORMATS, dump, format};

fn options_error(name: &str, options: &str) -> String {
    let context = DecoderContext {
        feed: "feed".into(),
        region: "region".into(),
        time_zone: jiff::tz::TimeZone::UTC,
    };
    let options: toml::Table = options.parse().expect("options are TOML");
    let decoder = format(name).expect("a format of the list").decoder(&context, &options);
    decoder.err().expect("the options are wrong").to_string()
}

#[test]
fn formats_are_in_alphabetical_order_and_found_by_name() {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
    for name in names {
        assert_eq!(format(name).expect("a format of the list").name(), name);
    }
    assert!(format("hpf").is_err());
}

#[test]
fn a_wrong_option_is_named_with_what_is_allowed() {
    let unknown = options_error("hfp", "speed = 1");
    assert_eq!(unknown, "option `speed`: unknown; this format has no options");
    let misspelt = options_error("gtfs_rt", "modes = \"bus\"");
    assert!(misspelt.starts_with("option `modes`: unknown; known are languages, mode"));
    let mode = options_error("gtfs_rt", "mode = \"boat\"");
    assert!(mode.contains("must be one of bus, ferry") && mode.contains("boat"), "{mode}");
    assert!(options_error("gtfs_rt", "route_from_topic = 1").contains("must be true or false"));
    let station = options_error("digitraffic_tms", "stations = [\"vt1\"]");
    assert!(station.contains("\"vt1\" is no station id"), "{station}");
    let station = options_error("digitraffic_weather", "stations = [true]");
    assert!(station.contains("must be a list of texts"), "{station}");
    let languages = options_error("digitraffic_traffic_message", "languages = \"fi\"");
    assert!(languages.contains("must be a list of texts"), "{languages}");
}

#[test]
fn a_dump_line_is_split_at_the_first_brace() {
    let text = "2024-05-13T05:45:00.5Z /hfp/v2/a/1004 4/Katu (M)/ {\"VP\":{\"desi\":\"4 {\"}}\n\
        \n/hfp/v2/deadrun/x {\"VP\":{}}\r\n/hfp/v2/deadrun/y {\"VP\"";
    let lines: Vec<_> = dump::lines(text.as_bytes()).expect("a dump").collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0].0, Some(1_715_579_100_500));
    assert_eq!(lines[0].1, "/hfp/v2/a/1004 4/Katu (M)/");
    assert_eq!(lines[0].2, b"{\"VP\":{\"desi\":\"4 {\"}}");
    assert_eq!(lines[1], (None, "/hfp/v2/deadrun/x", &b"{\"VP\":{}}"[..]));
    assert_eq!(lines[2].2, b"{\"VP\"", "a line that is cut off is a record too");
}

#[test]
fn lines_of_json_objects_are_payloads_without_a_topic() {
    let lines: Vec<_> = dump::lines(b"{\"VP\":{}}\n{\"VP\":{}}\n").expect("a dump").collect();
    assert_eq!(lines, [(None, "", &b"{\"VP\":{}}"[..]); 2]);
}

#[test]
fn other_files_are_no_dump() {
    let others: [&[u8]; 6] = [
        b"",
        b"{\n \"VP\": {}\n}\n",
        b"{\"type\":\"FeatureCollection\",\"features\":[]}\n",
        b"[{\"id\":1}]",
        b"\n\x0b\n\x032.0\x18\xd0\x9d\x9b\xc5\x05",
        b"<!DOCTYPE html>\n<p>{/}</p>",
    ];
    for other in others {
        assert!(dump::lines(other).is_none(), "{}", other.escape_ascii());
    }
}
