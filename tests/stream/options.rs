//! Settings of the embedded log, as a configuration file gives them.

use stream::{EmbeddedLog, EmbeddedOptions};

#[test]
fn an_empty_table_is_the_default() {
    let options: EmbeddedOptions = toml::from_str("").unwrap();
    assert_eq!(options, EmbeddedOptions::default());
}

#[test]
fn a_setting_that_does_not_exist_is_refused_by_name() {
    let error = toml::from_str::<EmbeddedOptions>("fsync_interval = 5").unwrap_err();
    assert!(error.to_string().contains("fsync_interval"), "{error}");
}

#[test]
fn a_setting_that_cannot_work_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    for setting in ["record_bytes_max = 0", "block_bytes_max = 0", "pending_bytes_max = 9_000_000"]
    {
        let options: EmbeddedOptions = toml::from_str(setting).unwrap();
        let error = EmbeddedLog::open(directory.path(), options).err().unwrap().to_string();
        let name = setting.split(' ').next().unwrap();
        assert!(error.contains(name), "{error}");
    }
}
