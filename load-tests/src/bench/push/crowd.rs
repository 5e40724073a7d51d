//! Clients by the thousand: each watches a part of the region and moves on every few seconds.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use events::wire::{StreamMessage, object};
use futures_util::{SinkExt, StreamExt, stream};
use prost::Message as _;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::bench::BenchError;
use crate::bench::latency::Sent;

/// The region of the bench.
const WEST_DEG: f64 = 24.2;
const SOUTH_DEG: f64 = 59.9;
const EAST_DEG: f64 = 25.6;
const NORTH_DEG: f64 = 60.7;

/// A view is a part of the region on which some ten vehicles are.
const VIEW_EAST_DEG: f64 = 0.1;
const VIEW_NORTH_DEG: f64 = 0.057;

/// How far a view moves, as a share of its size, and how often.
const MOVE: f64 = 0.3;
const MOVE_EVERY_S: std::ops::Range<f64> = 3.0..10.0;

/// One client in so many reads what its frames say; the others only take them.
const READS_EVERY: usize = 16;

/// Handshakes under way at a time.
const ENTERING: usize = 64;

/// Clients read little at a time.
const READ_BUFFER_BYTES: usize = 1_024;

/// What clients have heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) frames: u64,
    bytes: u64,
    /// From the publisher to the client, sorted when the measuring is over.
    latencies_ms: Vec<f64>,
}

impl Heard {
    /// Latency that a share of the changes do not exceed, milliseconds.
    pub(super) fn at(&self, share: f64) -> f64 {
        let index = ((self.latencies_ms.len() as f64 - 1.0) * share) as usize;
        self.latencies_ms.get(index).copied().unwrap_or(f64::NAN)
    }

    /// Mean size of a frame.
    pub(super) fn frame_bytes(&self) -> f64 {
        self.bytes as f64 / self.frames as f64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames == 0
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What all clients share: nothing is heard before the measuring and after.
type Hearing = Arc<Mutex<Option<Heard>>>;

/// Clients that are there until this is dropped.
pub(super) struct Crowd {
    hearing: Hearing,
    tasks: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Connects and subscribes all of them.
    pub(super) async fn enter(
        address: &str,
        clients: usize,
        subprotocol: &'static str,
        sent: &Sent,
    ) -> Result<Self, BenchError> {
        let hearing = Hearing::default();
        let entering = (0..clients).map(|number| {
            let (hearing, sent) = (Arc::clone(&hearing), Arc::clone(sent));
            async move {
                let mut client = Client {
                    socket: connect(address, subprotocol).await?,
                    view: View::new(number as u64),
                    // Compressed frames are only counted.
                    reads: number % READS_EVERY == 0 && !subprotocol.ends_with("deflate"),
                    known: HashSet::new(),
                    hearing,
                    sent,
                };
                client.show().await?;
                Ok(tokio::spawn(async move {
                    // A connection that breaks is missing from the frames that are counted.
                    let _ = client.stay().await;
                }))
            }
        });
        let entered: Vec<Result<JoinHandle<()>, BenchError>> =
            stream::iter(entering).buffer_unordered(ENTERING).collect().await;
        let tasks = entered.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { hearing, tasks })
    }

    pub(super) fn start_measuring(&mut self) {
        *self.hearing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Heard::default());
    }

    pub(super) fn stop_measuring(&mut self) -> Heard {
        let heard = self.hearing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut heard = heard.unwrap_or_default();
        heard.latencies_ms.sort_by(f64::total_cmp);
        heard
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A client that asks for everything and reads nothing.
pub(super) async fn stalled(address: &str) -> Result<Socket, BenchError> {
    let mut socket = connect(address, "tilanne.v1.json").await?;
    let message = json!({
        "type": "subscribe", "id": "bench", "region": "bench", "layers": ["vehicles", "feeds"],
    });
    socket.send(Message::text(message.to_string())).await.map_err(BenchError::new)?;
    Ok(socket)
}

async fn connect(address: &str, subprotocol: &str) -> Result<Socket, BenchError> {
    let url = format!("ws://{address}/v1/stream");
    let mut request = url.into_client_request().map_err(BenchError::new)?;
    let subprotocol = subprotocol.parse().map_err(BenchError::new)?;
    request.headers_mut().insert("sec-websocket-protocol", subprotocol);
    let config =
        WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
    let connected = tokio_tungstenite::connect_async_with_config(request, Some(config), true).await;
    connected.map(|(socket, _)| socket).map_err(BenchError::new)
}

/// A view that moves about in the region.
struct View {
    chance: ChaCha8Rng,
    west_deg: f64,
    south_deg: f64,
}

impl View {
    fn new(seed: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let west_deg = chance.random_range(WEST_DEG..EAST_DEG - VIEW_EAST_DEG);
        let south_deg = chance.random_range(SOUTH_DEG..NORTH_DEG - VIEW_NORTH_DEG);
        Self { chance, west_deg, south_deg }
    }

    fn bbox(&self) -> [f64; 4] {
        let Self { west_deg, south_deg, .. } = *self;
        [west_deg, south_deg, west_deg + VIEW_EAST_DEG, south_deg + VIEW_NORTH_DEG]
    }

    fn move_on(&mut self) {
        let east_deg = self.chance.random_range(-MOVE..MOVE) * VIEW_EAST_DEG;
        let north_deg = self.chance.random_range(-MOVE..MOVE) * VIEW_NORTH_DEG;
        self.west_deg = (self.west_deg + east_deg).clamp(WEST_DEG, EAST_DEG - VIEW_EAST_DEG);
        self.south_deg = (self.south_deg + north_deg).clamp(SOUTH_DEG, NORTH_DEG - VIEW_NORTH_DEG);
    }

    fn next_move(&mut self) -> Duration {
        Duration::from_secs_f64(self.chance.random_range(MOVE_EVERY_S))
    }
}

struct Client {
    socket: Socket,
    view: View,
    reads: bool,
    /// Entities that it has: a change of another one is older than its wish to see it.
    known: HashSet<String>,
    hearing: Hearing,
    sent: Sent,
}

impl Client {
    async fn show(&mut self) -> Result<(), BenchError> {
        let message = json!({
            "type": "subscribe", "id": "view", "region": "bench", "layers": ["vehicles"],
            "bbox": self.view.bbox(),
        });
        self.socket.send(Message::text(message.to_string())).await.map_err(BenchError::new)
    }

    async fn stay(&mut self) -> Result<(), BenchError> {
        let moving = tokio::time::sleep(self.view.next_move());
        tokio::pin!(moving);
        loop {
            tokio::select! {
                () = &mut moving => {
                    self.view.move_on();
                    self.show().await?;
                    let next = tokio::time::Instant::now() + self.view.next_move();
                    moving.as_mut().reset(next);
                }
                message = self.socket.next() => {
                    let message = message.ok_or_else(|| BenchError::new("closed"))?;
                    self.hear(&message.map_err(BenchError::new)?);
                }
            }
        }
    }

    fn hear(&mut self, message: &Message) {
        if !message.is_text() && !message.is_binary() {
            return;
        }
        let received = Instant::now();
        let changes = if self.reads { changes(message) } else { Changes::default() };
        let mut heard = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(heard) = heard.as_mut() {
            heard.frames += 1;
            heard.bytes += message.len() as u64;
            let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            let known = changes.updated.iter().filter(|(entity, _)| self.known.contains(entity));
            let sent = known.filter_map(|key| sent.get(key));
            let latency_ms =
                |sent: &Instant| received.duration_since(*sent).as_secs_f64() * 1_000.0;
            heard.latencies_ms.extend(sent.map(latency_ms));
        }
        self.known.extend(changes.updated.into_iter().map(|(entity, _)| entity));
        for entity in &changes.removed {
            self.known.remove(entity);
        }
    }
}

/// What a frame changes.
#[derive(Default)]
struct Changes {
    /// Entity and event time.
    updated: Vec<(String, i64)>,
    removed: Vec<String>,
}

fn changes(message: &Message) -> Changes {
    let entity = |id: &str| id.split_once(':').map_or("", |(_, entity)| entity).to_owned();
    match message {
        Message::Text(text) => {
            let frame: JsonFrame = serde_json::from_str(text).unwrap_or_default();
            let vehicles = frame.updated.vehicles.iter().chain(&frame.objects.vehicles);
            let updated = vehicles.map(|vehicle| (entity(&vehicle.id), vehicle.event_time_ms));
            let removed = frame.removed.vehicles.iter().map(|vehicle| entity(&vehicle.id));
            Changes { updated: updated.collect(), removed: removed.collect() }
        }
        Message::Binary(bytes) => {
            let frame = StreamMessage::decode(bytes.clone()).unwrap_or_default();
            let objects = frame.updated.into_iter().filter_map(|object| object.object);
            let key = |object| match object {
                object::Object::Vehicle(vehicle) => {
                    Some((entity(&vehicle.id), vehicle.event_time_ms))
                }
                _ => None,
            };
            let removed = frame.removed.iter().map(|removal| entity(&removal.id));
            Changes { updated: objects.filter_map(key).collect(), removed: removed.collect() }
        }
        _ => Changes::default(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonFrame {
    objects: Layers,
    updated: Layers,
    removed: Layers,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Layers {
    vehicles: Vec<Changed>,
}

#[derive(Deserialize)]
struct Changed {
    id: String,
    #[serde(default)]
    event_time_ms: i64,
}
