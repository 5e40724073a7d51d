//! Region files: defaults, bounds, and errors that say where.

use ingest::RegionConfig;

use super::fixture::{hfp_feed, region};

fn parse(text: &str) -> Result<RegionConfig, String> {
    let head = "id = \"test\"\nname = \"Test\"\ntime_zone = \"Europe/Helsinki\"\n\
                bbox = [24.0, 60.0, 26.0, 61.0]\n";
    toml::from_str(&format!("{head}{text}")).map_err(|error| error.to_string())
}

/// Key and message of what is wrong with a region that parses.
fn wrong(text: &str) -> (String, String) {
    let error = parse(text).unwrap().validate().unwrap_err();
    (error.key, error.message)
}

fn mqtt(options: &str) -> String {
    let source = "[[feed.source]]\nname = \"mqtt\"\ntransport = \"mqtt\"\n[feed.source.options]\n";
    hfp_feed("buses", "") + source + options
}

fn http(options: &str) -> String {
    let source =
        "[[feed.source]]\nname = \"a\"\ntransport = \"http_poll\"\n[feed.source.options]\n";
    hfp_feed("buses", "") + source + options
}

#[test]
fn a_feed_needs_a_name_and_a_format_only() {
    let region = region("test", &hfp_feed("buses", ""));
    let feed = &region.feeds[0];
    assert_eq!((feed.lateness_s, feed.idle_after_s, feed.future_after_s), (10, 30, 60));
    assert_eq!((feed.expire_after_s, feed.stale_after_s), (120, 600));
    assert!(feed.quarantine.contains(events::Verdict::Future));
    assert_eq!(region.region().bbox, region.bbox);
    assert!(region.missing_environment().is_empty());
}

#[test]
fn alerts_are_all_told_unless_a_region_says_otherwise() {
    let alerts = parse("").unwrap().alerts;
    assert_eq!((alerts.lasts_s, alerts.kinds), (120, picture::AlertOptions::KINDS.to_vec()));
    let alerts = parse("[alerts]\nlasts_s = 600\nkinds = [\"feed\", \"queue\"]\n").unwrap().alerts;
    assert_eq!((alerts.lasts_s, alerts.queue_length_m_min), (600, 0.0));
    assert_eq!(alerts.kinds, [events::AlertKind::Feed, events::AlertKind::Queue]);
    let error = parse("[alerts]\nkinds = [\"jam\"]\n").unwrap_err();
    assert!(error.contains("queue, contradiction, feed, ledger"), "{error}");
}

#[test]
fn unknown_keys_are_errors() {
    let error = parse(&hfp_feed("buses", "latness_s = 10")).unwrap_err();
    assert!(error.contains("latness_s"), "{error}");
    let (key, message) = wrong(&mqtt("url = \"mqtt://localhost\"\ntopic = [\"#\"]\n"));
    assert_eq!(key, "feed[0].source[0].options.topic");
    assert!(message.contains("unknown field"), "{message}");
}

#[test]
fn names_that_are_not_known_get_the_list_of_those_that_are() {
    let (key, message) = wrong("[[feed]]\nname = \"buses\"\nformat = \"hpf\"\n");
    assert_eq!(key, "feed[0].format");
    assert!(message.contains("hfp"), "{message}");
    let source = "[[feed.source]]\nname = \"a\"\ntransport = \"ftp\"\n";
    let (key, message) = wrong(&(hfp_feed("buses", "") + source));
    assert_eq!(key, "feed[0].source[0].transport");
    assert!(message.contains("file, http_poll, mqtt"), "{message}");
    let error = parse(&hfp_feed("buses", "quarantine = [\"stall\"]")).unwrap_err();
    assert!(error.contains("stale, future"), "{error}");
}

#[test]
fn values_out_of_bounds_are_named_with_their_path() {
    let cases = [
        ("alerts.lasts_s", "[alerts]\nlasts_s = -1\n".to_owned()),
        ("alerts.queue_length_m_min", "[alerts]\nqueue_length_m_min = nan\n".to_owned()),
        ("alerts.queue_delay_s_min", "[alerts]\nqueue_delay_s_min = 1e9\n".to_owned()),
        ("feed[0].lateness_s", hfp_feed("buses", "lateness_s = -1")),
        ("feed[0].idle_after_s", hfp_feed("buses", "idle_after_s = 0")),
        ("feed[0].speed_km_h_max", hfp_feed("buses", "speed_km_h_max = nan")),
        ("feed[0].payload_bytes_max", hfp_feed("buses", "payload_bytes_max = 10")),
        ("feed[0].name", hfp_feed("Buses", "")),
        ("feed[1].name", hfp_feed("buses", "") + &hfp_feed("buses", "")),
        ("feed[0].options.x", hfp_feed("buses", "options = { x = 1 }")),
        ("city[0].id", "[[city]]\nid=\"A\"\nname=\"A\"\nbbox=[24.0,60.0,25.0,61.0]\n".into()),
        ("feed[0].source[0].options.url", mqtt("url = \"http://a\"\ntopics = [\"#\"]\n")),
        ("feed[0].source[0].options.url", mqtt("url = \"mqtt://u:p@a\"\ntopics = [\"#\"]\n")),
        ("feed[0].source[0].options.topics", mqtt("url = \"mqtt://a\"\ntopics = []\n")),
        ("feed[0].source[0].options.topics[1]", mqtt("url=\"ws://a\"\ntopics=[\"#\",\"#/a\"]\n")),
        ("feed[0].source[0].options.resource", http("url = \"http://a\"\nresource = []\n")),
        (
            "feed[0].source[0].options.resource[0].every_s",
            http("url = \"http://a\"\nresource = [{ path = \"/\", every_s = 0 }]\n"),
        ),
        (
            "feed[0].source[0].options.password_env",
            http("url = \"http://a\"\npassword_env = \"P\"\nresource = [{ path = \"/\" }]\n"),
        ),
        (
            "feed[0].source[0].options.headers",
            http(
                "url = \"http://a\"\nheaders = { \"a b\" = \"\" }\nresource = [{ path = \"/\" }]\n",
            ),
        ),
    ];
    for (expected, text) in cases {
        let (key, message) = wrong(&text);
        assert_eq!(key, expected, "{message}");
        assert!(!message.is_empty());
    }
}

#[test]
fn time_zones_must_exist() {
    let mut region = parse("").unwrap();
    region.time_zone = "Europe/Nowhere".into();
    assert_eq!(region.validate().unwrap_err().key, "time_zone");
}

#[test]
fn variables_that_are_not_set_are_named() {
    let region = parse(&http(
        "url = \"http://a\"\nusername_env = \"TILANNE_TEST_NO_USER\"\n\
         password_env = \"TILANNE_TEST_NO_PASSWORD\"\nresource = [{ path = \"/\" }]\n",
    ));
    let missing = region.unwrap().missing_environment();
    assert_eq!(missing, ["TILANNE_TEST_NO_USER (buses, a)", "TILANNE_TEST_NO_PASSWORD (buses, a)"]);
}
