//! `tilanne export`: what is archived, as a file for others' tools.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ::archive::Archive;
use anyhow::{Context, Result};
use gateway::{ExportFormat, ExportProgress, ExportRequest};
use metrics_exporter_prometheus::PrometheusBuilder;
use network::BoundingBox;
use serde_json::{Map, Value};

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::{config, run};

/// Steps of the bar.
const STEPS: f64 = 1_000.0;
/// Bytes of a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// Which objects, of which time, and where to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Region.
    #[arg(long)]
    region: String,
    /// Layer, such as vehicles or links.
    #[arg(long)]
    layer: String,
    /// Beginning of the range (RFC 3339): changes received after it, or the first moment.
    #[arg(long)]
    from: String,
    /// End of the range: changes received by then, or the last moment.
    #[arg(long)]
    to: String,
    /// From a moment to the next, such as PT5M: a row for each object at each moment. Without it a row
    /// for every change.
    #[arg(long)]
    step: Option<String>,
    /// `then`, or `now`: with late events. Goes with a step.
    #[arg(long)]
    known: Option<String>,
    /// West,south,east,north in degrees.
    #[arg(long, allow_hyphen_values = true)]
    bbox: Option<BoundingBox>,
    /// City of the region.
    #[arg(long)]
    city: Option<String>,
    /// District or postal area.
    #[arg(long)]
    district: Option<String>,
    /// Route of public transport.
    #[arg(long)]
    route: Option<String>,
    /// Ids, with commas between.
    #[arg(long, value_delimiter = ',')]
    ids: Option<Vec<String>>,
    /// A condition in CQL2 text, such as "report.mode = 'tram'".
    #[arg(long)]
    filter: Option<String>,
    /// Properties, with commas between; without it all.
    #[arg(long, value_delimiter = ',')]
    fields: Option<Vec<String>>,
    /// arrow, csv, flatgeobuf, geojson, ndjson or parquet; without it the output's name says it.
    #[arg(long)]
    format: Option<String>,
    /// File to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Where the log and the checkpoints are kept, with the archive unless it is elsewhere.
    #[arg(long, env = "TILANNE_DATA_DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArguments,
}

impl Arguments {
    fn format(&self) -> Result<ExportFormat> {
        let ending = self.output.extension().and_then(|ending| ending.to_str());
        let named = self.format.as_deref().or(ending).and_then(ExportFormat::named);
        let all = ExportFormat::ALL.map(ExportFormat::as_str).join(", ");
        named.with_context(|| match &self.format {
            Some(format) => format!("no format {format:?}; there is {all}"),
            None => {
                format!("the name of the output does not say a format; --format is one of {all}")
            }
        })
    }

    fn request(&self) -> Result<ExportRequest> {
        let mut request = Map::from_iter([
            ("region".to_owned(), Value::from(self.region.as_str())),
            ("layer".to_owned(), self.layer.as_str().into()),
            ("from".to_owned(), self.from.as_str().into()),
            ("to".to_owned(), self.to.as_str().into()),
            ("format".to_owned(), self.format()?.as_str().into()),
        ]);
        for (key, value) in [
            ("step", &self.step),
            ("known", &self.known),
            ("city", &self.city),
            ("district", &self.district),
            ("route", &self.route),
            ("filter", &self.filter),
        ] {
            if let Some(value) = value {
                request.insert(key.to_owned(), value.as_str().into());
            }
        }
        for (key, value) in [("ids", &self.ids), ("fields", &self.fields)] {
            if let Some(value) = value {
                request.insert(key.to_owned(), value.clone().into());
            }
        }
        if let Some(bbox) = &self.bbox {
            request.insert("bbox".to_owned(), serde_json::to_value(bbox)?);
        }
        Ok(serde_json::from_value(Value::Object(request))?)
    }
}

/// Writes the file, under another name until it is whole.
pub(crate) fn export(arguments: &Arguments) -> Result<ExitCode> {
    let request = arguments.request()?;
    let mut loaded = config::load(&arguments.config)?;
    if let Some(data_dir) = &arguments.data_dir {
        loaded.config.data_dir.clone_from(data_dir);
    }
    let options = loaded.config.archive.clone();
    let options = options.context("the configuration has no [archive]: nothing is archived")?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let app = run::app_with(&loaded.config, &loaded.regions, &loaded.setups, metrics)?;
    let archive = Archive::open(config::placed(options, &loaded.config.data_dir))?;
    app.set_archive(Arc::clone(&archive), loaded.setups);
    let mut unfinished = arguments.output.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let mut bar = Bar::new("exporting");
    let mut told = |done: ExportProgress| {
        let megabytes = done.bytes as f64 / MEBIBYTE;
        let note = || format!("{} rows, {megabytes:.1} MiB", done.rows);
        bar.show_with((done.progress * STEPS) as u64, STEPS as u64, note);
        true
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let written = gateway::export(&app, &request, &unfinished, u64::MAX, &mut told);
    let written = runtime.block_on(written);
    bar.clear();
    let named = || arguments.output.display().to_string();
    let done = match written {
        Ok(done) => done,
        Err(problem) => {
            // It may not have been begun.
            let _ = std::fs::remove_file(&unfinished);
            anyhow::bail!("{}", problem.detail);
        }
    };
    std::fs::rename(&unfinished, &arguments.output).with_context(named)?;
    let megabytes = done.bytes as f64 / MEBIBYTE;
    eprintln!("{} rows, {megabytes:.1} MiB in {}", done.rows, arguments.output.display());
    Ok(ExitCode::SUCCESS)
}
