//! Arguments and files that cannot be, from the command line.

use super::process::{Folder, text, tilanne};

fn refused<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let output = tilanne(arguments).output().unwrap();
    let (_, error) = text(&output);
    assert!(!output.status.success(), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

#[test]
fn unknown_format_lists_the_known() {
    let error = refused(["decode", "--format", "hpf", "Cargo.toml"]);
    for known in
        ["hfp", "gtfs_rt", "digitraffic_tms", "digitraffic_traffic_message", "tilanne_json"]
    {
        assert!(error.contains(known), "{error}");
    }
}

#[test]
fn missing_files_are_named() {
    assert!(refused(["decode", "--format", "hfp", "no/such.dump"]).contains("no/such.dump"));
    assert!(refused(["replay", "no/such.recording", "--hash"]).contains("no/such.recording"));
    assert!(refused(["check", "--config", "no/such.toml"]).contains("no/such.toml"));
}

#[test]
fn a_file_that_is_no_recording_is_refused() {
    let error = refused(["replay", "Cargo.toml", "--hash"]);
    assert!(error.contains("Cargo.toml") && error.contains("recording"), "{error}");
}

#[test]
fn a_data_directory_in_use_is_refused() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let config = super::process::root().join("config/tilanne.toml");
    let _server = super::process::Server::start(&config, &data);
    let data = data.to_str().unwrap();
    let error = refused(["run", "--listen", "127.0.0.1:0", "--data-dir", data]);
    assert!(error.contains(data), "{error}");
}
