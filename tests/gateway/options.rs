//! Options: defaults, bounds and typos.

use gateway::{Options, OptionsError};

#[test]
fn an_empty_table_is_the_defaults() {
    assert_eq!(toml::from_str::<Options>("").unwrap(), Options::default());
}

#[test]
fn a_typo_is_an_error_that_names_it() {
    let error = toml::from_str::<Options>("[push]\nflush_ms = 5").unwrap_err();
    assert!(error.to_string().contains("flush_ms"), "{error}");
}

#[test]
fn values_out_of_bounds_are_errors_that_name_the_key() {
    for (text, says) in [
        ("page_limit_max = 10001", "gateway.page_limit_max is 10001"),
        ("page_limit_max = 0", "it must be 1 to 10000"),
        ("moments_max = 0", "gateway.moments_max is 0, it must be 1 to 100000"),
        ("connections_max = 0", "gateway.connections_max"),
        ("request_timeout_ms = 5", "gateway.request_timeout_ms"),
        ("map_style_url = \"style.json\"", "gateway.map_style_url"),
        ("map_style_url = \"javascript:alert(1)\"", "http://"),
        ("cors_origins = [\"example.org\"]", "gateway.cors_origins"),
        ("cors_origins = [\"https://example.org/page\"]", "gateway.cors_origins"),
        ("languages = []", "gateway.languages"),
        ("[push]\nflush_interval_ms = 0", "gateway.push.flush_interval_ms"),
        ("[push]\nidle_timeout_ms = 20000", "gateway.push.idle_timeout_ms"),
        ("[push]\nsubscriptions_max = 65", "it must be 1 to 64"),
        ("[tiles]\ncache_entries_max = 0", "gateway.tiles.cache_entries_max"),
        ("[tiles]\ncache_bytes_max = 4294967297", "it must be 0 to 4294967296"),
        ("[tiles]\nobjects_max = 0", "gateway.tiles.objects_max"),
        ("[exports]\njobs_max = 0", "gateway.exports.jobs_max"),
        ("[exports]\nbytes_max = 1000", "gateway.exports.bytes_max is 1000"),
        ("[exports]\nkeep_s = 0", "gateway.exports.keep_s"),
    ] {
        let options: Options = toml::from_str(text).unwrap();
        let error = options.validate().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn sound_values_are_taken() {
    let text = "listen = \"0.0.0.0:80\"
        map_style_url = \"https://tiles.example.org/style.json\"
        cors_origins = [\"https://example.org\", \"http://localhost:5173\"]";
    let options: Options = toml::from_str(text).unwrap();
    assert_eq!(options.validate(), Ok(()));
}

#[test]
fn a_region_cannot_be_there_twice() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let setup = gateway::RegionSetup {
        region: network::Region {
            id: "seutu".into(),
            name: "Seutu".into(),
            bbox: super::support::bbox(24.0, 60.0, 25.0, 61.0),
            cities: Vec::new(),
        },
        feeds: Vec::new(),
    };
    let made = gateway::App::new(
        Options::default(),
        gateway::Origin::Live,
        vec![setup.clone(), setup],
        recorder.handle(),
        std::sync::Arc::new(|| 0),
    );
    assert_eq!(made.err(), Some(OptionsError::RegionTwice("seutu".into())));
}
