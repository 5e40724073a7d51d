//! `tilanne check`: a sound configuration, and the line of what is wrong in others.

use super::process::{Folder, root, text, tilanne};

fn check(config: &str) -> (bool, String) {
    let output = tilanne(["check", "--config", config]).output().unwrap();
    let (out, error) = text(&output);
    (output.status.success(), out + &error)
}

#[test]
fn shipped_configurations_are_sound() {
    for name in ["config/tilanne.toml", "config/live.toml"] {
        let (sound, text) = check(name);
        assert!(sound, "{name}: {text}");
    }
}

#[test]
fn networks_are_found_by_region() {
    let folder = Folder::new();
    let network = load_tests::streets::network("turku", None).unwrap();
    std::fs::write(folder.0.join("turku.network"), network.to_bytes()).unwrap();
    let networks = folder.0.to_str().unwrap();
    let check = || {
        let arguments = ["check", "--config", "config/tilanne.toml", "--networks", networks];
        let output = tilanne(arguments).output().unwrap();
        let (out, error) = text(&output);
        (output.status.success(), out + &error)
    };
    let (sound, text) = check();
    assert!(sound, "{text}");
    assert_eq!(text.matches("network: none").count(), 3, "{text}");
    assert!(text.contains(&format!("network: {} links", network.len())), "{text}");
    folder.write("oulu.network", "no network");
    let (sound, text) = check();
    assert!(!sound && text.contains("oulu.network"), "{text}");
}

#[test]
fn feeds_of_the_main_file_belong_to_a_region() {
    let folder = Folder::new();
    let regions = root().join("config/regions");
    let main = |region: &str, feed: &str| {
        format!(
            "regions = {:?}\ndata_dir = \"data\"\n[[feeds.{region}]]\nname = {feed:?}\nformat = \"hfp\"\n",
            regions.canonicalize().unwrap()
        )
    };
    let check = |text: &str| check(folder.write("main.toml", text).to_str().unwrap());
    let (sound, text) = check(&main("turku", "more-cars"));
    assert!(sound, "{text}");
    for (region, feed, says) in [
        ("nowhere", "more-cars", "nowhere"),
        ("turku", "oulu-tms", "oulu-tms"),
        ("turku", "Cars", "a-z"),
    ] {
        let (sound, text) = check(&main(region, feed));
        assert!(!sound && text.contains(says) && names_line(&text, 3), "{text}");
    }
}

/// A copy of the shipped configuration with one text replaced in one file, and where it stands.
fn broken(file: &str, from: &str, to: &str) -> (String, usize) {
    let folder = Folder::new();
    let config = root().join("config");
    for entry in std::fs::read_dir(config.join("regions")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("regions/{}", path.file_name().unwrap().to_string_lossy());
        folder.write(&name, &std::fs::read_to_string(&path).unwrap());
    }
    folder.write("live.toml", &std::fs::read_to_string(config.join("live.toml")).unwrap());
    let sound = std::fs::read_to_string(folder.0.join(file)).unwrap();
    let place = sound.find(from).unwrap_or_else(|| panic!("{file} has no {from:?}"));
    folder.write(file, &sound.replacen(from, to, 1));
    let (sound_still, message) = check(folder.0.join("live.toml").to_str().unwrap());
    assert!(!sound_still, "{to:?} in {file} passed: {message}");
    (message, sound[..place].lines().count().max(1))
}

/// Errors name the line: as `file:LINE:` or `line LINE`.
fn names_line(message: &str, line: usize) -> bool {
    [line, line + 1].iter().any(|line| {
        message.contains(&format!(":{line}:")) || message.contains(&format!("line {line},"))
    })
}

#[test]
fn every_error_names_file_line_and_what_to_do() {
    let cases = [
        ("regions/tampere.toml", "format = \"gtfs_rt\"", "format = \"gtfsrt\"", "gtfs_rt"),
        ("regions/tampere.toml", "transport = \"http_poll\"", "transport = \"http\"", "http_poll"),
        ("regions/tampere.toml", "lateness_s", "latenes_s", "latenes_s"),
        ("regions/tampere.toml", "every_s = 2", "evry_s = 2", "evry_s"),
        ("regions/tampere.toml", "mode = \"bus\"", "mode = \"busse\"", "busse"),
        ("regions/turku.toml", "topics = [", "topic = [", "topic"),
        ("regions/turku.toml", "[21.9, 60.2, 22.8, 60.8]", "[22.8, 60.2, 21.9, 60.8]", "west"),
        ("regions/turku.toml", "id = \"turku\"", "id = \"oulu\"", "oulu"),
        ("regions/turku.toml", "name = \"turku-gtfs-rt\"", "name = \"oulu-tms\"", "oulu-tms"),
        ("live.toml", "listen = \"127.0.0.1:8080\"", "listen = \"8080\"", "listen"),
        ("live.toml", "data_dir", "data_directory", "data_directory"),
        ("live.toml", "roll_s = 900", "roll_s = 0", "1 to 86400"),
        ("live.toml", "raw = 7", "rawest = 7", "rawest"),
        ("live.toml", "keep_days = {", "keep_day = {", "keep_day"),
        ("live.toml", "bytes_max = 21_474_836_480", "bytes_max = 1024", "1048576"),
        ("live.toml", "roll_s = 900", "s3 = { bucket = \"\" }", "bucket"),
    ];
    for (file, from, to, says) in cases {
        let (message, line) = broken(file, from, to);
        assert!(message.contains(says), "{to:?}: {message}");
        assert!(message.contains(file.rsplit('/').next().unwrap()), "{to:?}: {message}");
        assert!(names_line(&message, line), "{to:?} is at line {line}: {message}");
    }
}

/// A configuration with the shipped factors, of which one file is changed.
fn with_factors(file: &str, change: impl Fn(&str) -> String) -> (bool, String) {
    let folder = Folder::new();
    let shipped = root().join("config/emission").canonicalize().unwrap();
    let factors = folder.0.join("emission");
    std::fs::create_dir(&factors).unwrap();
    for entry in std::fs::read_dir(&shipped).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, factors.join(path.file_name().unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(factors.join(file)).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "{file} is as before");
    std::fs::write(factors.join(file), changed).unwrap();
    let regions = root().join("config/regions").canonicalize().unwrap();
    let regions = regions.display();
    let main = format!("regions = \"{regions}\"\ndata_dir = \"data\"\nemission = \"emission\"\n");
    check(folder.write("main.toml", &main).to_str().unwrap())
}

#[test]
fn wrong_factors_name_file_place_and_remedy() {
    // File, what is replaced, by what, and what the error says.
    let cases: [(&str, &str, &str, &[&str]); 11] = [
        (
            "emission.toml",
            "shown = \"emep-eea-2019\"",
            "shown = \"hbefa\"",
            &["emission.toml", "hbefa", "sets are"],
        ),
        ("emission.toml", "mean_km = 12.4", "mean_km = 300", &["emission.toml", "mean_km"]),
        ("emission.toml", "default = ", "other = ", &["emission.toml", "default is missing"]),
        ("emission.toml", "\"fleet-finland.csv\"", "\"no.csv\"", &["no.csv"]),
        ("emission.toml", "idle = false", "idel = false", &["emission.toml", "idel"]),
        (
            "emission.toml",
            "fuels = \"fuels.csv\"",
            "fuels = \"fuels.csv\"\nrates = \"fuels.csv\"",
            &["fuels.csv:", "no column class"],
        ),
        (
            "emission.toml",
            "fuels = \"fuels.csv\"",
            "fuels = \"fuels.csv\"\nrates = \"measured.csv\"",
            &["measured.csv"],
        ),
        (
            "transit.csv",
            "battery_bus,0.42",
            "battery_bus,0.39",
            &["transit.csv", "hsl_bus", "0.97"],
        ),
        (
            "transit.csv",
            "tram_electric",
            "tram_steam",
            &["transit.csv:", "tram_steam", "add it there"],
        ),
        (
            "fleet-turku.csv",
            "street,car_electric",
            "street,car_steam",
            &["fleet-turku.csv:", "car_steam"],
        ),
        ("studded.csv", "*,11-15,0.796,0", "*,11-15,79.6,0", &["studded.csv:", "light"]),
    ];
    for (file, from, to, says) in cases {
        let (sound, text) = with_factors(file, |text| text.replacen(from, to, 1));
        assert!(!sound, "{file} {to}: {text}");
        for part in says {
            assert!(text.contains(part), "{file} {to} does not say {part:?}: {text}");
        }
    }
}

#[test]
fn another_set_is_shown_by_a_line_of_the_configuration() {
    let (sound, text) = with_factors("emission.toml", |text| {
        text.replace("shown = \"emep-eea-2019\"", "shown = \"emep-eea-2019-hot\"")
    });
    assert!(sound, "{text}");
    let sets: Vec<&str> = text.lines().filter(|line| line.starts_with("emission ")).collect();
    assert_eq!(sets.len(), 2, "{text}");
    assert!(sets[0].starts_with("emission emep-eea-2019-hot "), "{text}");
}
