//! Rust code of the wire messages in `proto/`, generated with protox so that no `protoc` is needed.
//! The result is committed; a test compares it with a fresh run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prost_types::field_descriptor_proto::Label;

const TILANNE: [&str; 11] = [
    "tilanne/v1/alert.proto",
    "tilanne/v1/detector.proto",
    "tilanne/v1/emission.proto",
    "tilanne/v1/event.proto",
    "tilanne/v1/picture.proto",
    "tilanne/v1/situation.proto",
    "tilanne/v1/stream.proto",
    "tilanne/v1/street.proto",
    "tilanne/v1/trip_update.proto",
    "tilanne/v1/vehicle_position.proto",
    "tilanne/v1/weather.proto",
];
const GTFS_REALTIME: &str = "gtfs_realtime.proto";

/// Where the generated files lie in the repository.
pub const GENERATED: &str = "services/events/src/wire";

/// Generates every file and gives its text by file name, without touching the repository.
pub fn generate(root: &Path) -> Result<BTreeMap<String, String>> {
    let out = scratch()?;
    let files = protox::compile(TILANNE.iter().chain([&GTFS_REALTIME]), [root.join("proto")])
        .context("proto/ does not compile")?;
    let mut config = prost_build::Config::new();
    config.out_dir(&out).bytes([".tilanne.v1.RawRecord.payload"]);
    // Enums are shared by the wire and the checked structs; JSON has the proto's names without the
    // prefix and in lower case.
    let ours = files.file.iter().filter(|file| file.package() == "tilanne.v1");
    for enumeration in ours.flat_map(|file| &file.enum_type) {
        let path = format!(".tilanne.v1.{}", enumeration.name());
        config.enum_attribute(&path, "#[derive(serde::Serialize)]");
        let mut prefix = None;
        for value in &enumeration.value {
            let name = value.name();
            let prefix = *prefix.get_or_insert(name.strip_suffix("UNSPECIFIED").unwrap_or(name));
            let short = name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase();
            let rename = format!("#[serde(rename = \"{short}\")]");
            config.field_attribute(format!("{path}.{name}"), rename);
        }
    }
    config.compile_fds(files.clone())?;
    // JSON is read for GTFS-Realtime only: archives of it are kept as protobuf JSON.
    let standard: Vec<_> =
        files.file.into_iter().filter(|file| file.name() == GTFS_REALTIME).collect();
    let mut json = pbjson_build::Builder::new();
    for file in standard {
        json.register_file_descriptor(file);
    }
    json.ignore_unknown_fields().out_dir(&out).build(&[".transit_realtime"])?;

    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(&out)? {
        let path = entry?.path();
        let name = path.file_name().context("generated file has a name")?;
        texts.insert(name.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?);
    }
    std::fs::remove_dir_all(&out)?;
    Ok(texts)
}

/// What readers of messages that were written by other versions depend on: a line for each field, value
/// of an enum and reserved number, `MESSAGE NUMBER NAME TYPE`.
pub fn signature(root: &Path) -> Result<BTreeSet<String>> {
    let files = protox::compile(TILANNE, [root.join("proto")])?;
    let mut lines = BTreeSet::new();
    for file in files.file {
        for message in &file.message_type {
            let name = format!("{}.{}", file.package(), message.name());
            for field in &message.field {
                let kind = match field.type_name() {
                    "" => field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase(),
                    named => named.trim_start_matches('.').to_owned(),
                };
                let repeated = if field.label() == Label::Repeated { "repeated " } else { "" };
                let (number, field) = (field.number(), field.name());
                lines.insert(format!("{name} {number} {field} {repeated}{kind}"));
            }
            for range in &message.reserved_range {
                lines.extend((range.start()..range.end()).map(|n| format!("{name} {n} reserved")));
            }
        }
        for enumeration in &file.enum_type {
            let name = format!("{}.{}", file.package(), enumeration.name());
            let values = enumeration.value.iter();
            lines.extend(values.map(|value| format!("{name} {} {}", value.number(), value.name())));
        }
    }
    Ok(lines)
}

/// Writes the generated files into the repository.
pub fn write(root: &Path) -> Result<()> {
    let folder = root.join(GENERATED);
    std::fs::create_dir_all(&folder)?;
    for (name, text) in generate(root)? {
        std::fs::write(folder.join(&name), text).with_context(|| format!("writing {name}"))?;
    }
    Ok(())
}

fn scratch() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("tilanne-codegen-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
