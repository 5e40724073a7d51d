//! `tilanne subscribe`: the stream of a server, as NDJSON.
//!
//! Lost connections are taken up where they broke: what was printed is never wrong, and nothing is
//! left out without a line that says so (`snapshot`, which replaces all before it).

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A region speaks each second, and of events the server says each ten seconds that there are none.
/// Silent this long, the connection is half dead.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// First and longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Largest frame that is taken: far above what servers send.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// What `subscribe` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Id of the region.
    region: String,
    /// Layers to watch. Not with --events.
    #[arg(required_unless_present = "events", conflicts_with = "events")]
    layers: Vec<String>,
    /// Address of the server, http, https, ws or wss.
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "TILANNE_URL")]
    url: String,
    /// The events themselves, as CloudEvents, instead of objects.
    #[arg(long)]
    events: bool,
    /// Print the server's frames as they come instead of one line a change.
    #[arg(long)]
    frames: bool,
    /// End when everything of now is printed.
    #[arg(long, conflicts_with = "events")]
    once: bool,
    /// Read on from the cursor of an earlier frame.
    #[arg(long)]
    cursor: Option<String>,
    /// Events received from this time on, such as 2026-11-26T07:00:00+02:00.
    #[arg(long, requires = "events", conflicts_with = "cursor")]
    since: Option<jiff::Timestamp>,
    /// Kinds of events, such as `vehicle_position`.
    #[arg(long, requires = "events", value_delimiter = ',')]
    kinds: Option<Vec<String>>,
    /// Names of feeds.
    #[arg(long, requires = "events", value_delimiter = ',')]
    feeds: Option<Vec<String>>,
    /// West,south,east,north in degrees.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    bbox: Option<Vec<f64>>,
    /// Corners: longitude,latitude,longitude,latitude,... in degrees.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    polygon: Option<Vec<f64>>,
    /// Points of a line, in the same way: what is near it.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    corridor: Option<Vec<f64>>,
    /// How wide the corridor is, both sides together.
    #[arg(long, requires = "corridor", default_value_t = 100.0)]
    width_m: f64,
    /// Id of a city.
    #[arg(long)]
    city: Option<String>,
    /// Id of a district or postal area.
    #[arg(long)]
    district: Option<String>,
    /// Route of public transport.
    #[arg(long)]
    route: Option<String>,
    /// Ids of objects.
    #[arg(long, value_delimiter = ',')]
    ids: Option<Vec<String>>,
    /// A condition on the properties, in CQL2 text: `report.delay_s > 120`.
    #[arg(long, conflicts_with = "events")]
    filter: Option<String>,
}

impl Arguments {
    /// The first message, to begin at a cursor or anew.
    fn message(&self, cursor: Option<&str>) -> Result<Value> {
        let mut message = json!({
            "id": "cli",
            "region": self.region,
            "bbox": self.bbox,
            "polygon": self.polygon.as_deref().map(|numbers| pairs("polygon", numbers)).transpose()?,
            "city": self.city,
            "district": self.district,
            "route": self.route,
            "ids": self.ids,
        });
        if let Some(numbers) = self.corridor.as_deref() {
            let line = pairs("corridor", numbers)?;
            message["corridor"] = json!({"line": line, "width_m": self.width_m});
        }
        if self.events {
            message["type"] = "subscribe_events".into();
            message["kinds"] = json!(self.kinds);
            message["feeds"] = json!(self.feeds);
            message["cursor"] = json!(cursor);
            if cursor.is_none() {
                message["time_ms"] = json!(self.since.map(jiff::Timestamp::as_millisecond));
            }
        } else {
            message["type"] = "subscribe".into();
            message["layers"] = json!(self.layers);
            message["filter"] = json!(self.filter);
            message["resume"] = json!(cursor);
        }
        Ok(message)
    }

    /// Address of the WebSocket.
    fn address(&self) -> Result<String> {
        let url = self.url.trim_end_matches('/');
        let rest = [
            ("http://", "ws://"),
            ("https://", "wss://"),
            ("ws://", "ws://"),
            ("wss://", "wss://"),
        ]
        .into_iter()
        .find_map(|(scheme, socket)| Some((socket, url.strip_prefix(scheme)?)));
        let (scheme, rest) = rest.with_context(|| {
            format!("--url {url:?} must begin with http://, https://, ws:// or wss://")
        })?;
        Ok(format!("{scheme}{rest}/v1/stream"))
    }
}

fn pairs(key: &str, numbers: &[f64]) -> Result<Vec<[f64; 2]>> {
    ensure!(numbers.len().is_multiple_of(2), "--{key} has a longitude without its latitude");
    Ok(numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

/// Prints until it is ended, nobody reads, or the server says that it cannot be.
pub(crate) fn subscribe(arguments: &Arguments) -> Result<ExitCode> {
    // A second installation in one process is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments))
}

/// What has been printed.
struct Printed<'a> {
    out: BufWriter<StdoutLock<'a>>,
    cursor: Option<String>,
    /// Of the last frame: another one before a delta is a gap.
    sequence: Value,
    /// The next frame is the first of its connection.
    is_first: bool,
    /// Tries since a frame came.
    failures: u32,
}

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let address = arguments.address()?;
    let mut printed = Printed {
        out: BufWriter::new(io::stdout().lock()),
        cursor: arguments.cursor.clone(),
        sequence: Value::Null,
        is_first: true,
        failures: 0,
    };
    loop {
        let ended = match connection(arguments, &address, &mut printed).await {
            Ok(()) => return Ok(ExitCode::SUCCESS),
            Err(End::Final(error)) => return Err(error),
            Err(End::Lost(why)) => why,
        };
        let pause = pause(printed.failures);
        printed.failures += 1;
        eprintln!("tilanne: {ended}; trying again in {:.1} s", pause.as_secs_f64());
        sleep(pause).await;
    }
}

/// Doubles with each failure, less up to a half that differs from client to client: those that were
/// cut off together do not come back together.
fn pause(failures: u32) -> Duration {
    let longest = PAUSE.saturating_mul(1 << failures.min(16)).min(PAUSE_MAX);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    longest.mul_f64(1.0 - f64::from(now.subsec_micros() % 1_000) / 2_000.0)
}

/// Why a connection ended.
enum End {
    /// It can be tried again.
    Lost(String),
    Final(anyhow::Error),
}

impl From<anyhow::Error> for End {
    fn from(error: anyhow::Error) -> Self {
        Self::Final(error)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) if response.status().is_client_error() => {
                Self::Final(anyhow::anyhow!("the server answers {}", response.status()))
            }
            Error::Url(error) => Self::Final(error.into()),
            error => Self::Lost(error.to_string()),
        }
    }
}

async fn connection(
    arguments: &Arguments,
    address: &str,
    printed: &mut Printed<'_>,
) -> Result<(), End> {
    let message = arguments.message(printed.cursor.as_deref())?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let connecting = tokio_tungstenite::connect_async_with_config(address, Some(config), true);
    let silent = |_| End::Lost("the server says nothing".into());
    let (mut socket, _) = timeout(SILENCE_MAX, connecting).await.map_err(silent)??;
    socket.send(Message::text(message.to_string())).await?;
    printed.is_first = true;
    loop {
        let next = timeout(SILENCE_MAX, socket.next()).await.map_err(silent)?;
        match next.ok_or_else(|| End::Lost("the connection was closed".into()))?? {
            Message::Text(text) => match printed.frame(arguments, &text)? {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(()) => return Ok(()),
            },
            Message::Close(close) => {
                let why = close.map(|close| close.reason.to_string()).unwrap_or_default();
                return Err(End::Lost(format!("the server closed the connection: {why}")));
            }
            _ => {}
        }
    }
}

impl Printed<'_> {
    /// Prints a frame; breaks when that was the last one.
    fn frame(&mut self, arguments: &Arguments, text: &str) -> Result<ControlFlow<()>, End> {
        let frame: Value = serde_json::from_str(text).context("the server sent no JSON")?;
        if frame["type"] == "error" {
            let detail = frame["problem"]["detail"].as_str().unwrap_or_default();
            let status = frame["problem"]["status"].as_u64().unwrap_or_default();
            if status >= 500 {
                return Err(End::Lost(detail.into()));
            }
            return Err(End::Final(anyhow::anyhow!("{detail}")));
        }
        let is_gap = frame["type"] == "delta" && frame["previous"] != self.sequence;
        if is_gap && !self.is_first {
            return Err(End::Lost("a message was missed".into()));
        }
        self.is_first = false;
        self.failures = 0;
        self.sequence = frame["sequence"].clone();
        if let Some(cursor) = frame["cursor"].as_str() {
            self.cursor = Some(cursor.into());
        }
        match self.print(arguments, text, &frame).and_then(|()| self.out.flush()) {
            Ok(()) if arguments.once && frame["more"] != true => Ok(ControlFlow::Break(())),
            Ok(()) => Ok(ControlFlow::Continue(())),
            // Whoever read has enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            Err(error) => Err(End::Final(error.into())),
        }
    }

    fn print(&mut self, arguments: &Arguments, text: &str, frame: &Value) -> io::Result<()> {
        if arguments.frames {
            return writeln!(self.out, "{text}");
        }
        for event in frame["events"].as_array().into_iter().flatten() {
            writeln!(self.out, "{event}")?;
        }
        if frame["type"] == "snapshot" {
            let reason = &frame["reason"];
            writeln!(self.out, "{}", json!({"change": "snapshot", "reason": reason}))?;
        }
        for (layer, objects) in entries(&frame["objects"]).chain(entries(&frame["updated"])) {
            for object in objects.as_array().into_iter().flatten() {
                let line = json!({"change": "updated", "layer": layer, "object": object});
                writeln!(self.out, "{line}")?;
            }
        }
        for (layer, removed) in entries(&frame["removed"]) {
            for one in removed.as_array().into_iter().flatten() {
                let line = json!({"change": one["reason"], "layer": layer, "id": one["id"]});
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
