//! How late a change is: from just before its event is appended to `events` until a client of the
//! WebSocket has the vehicle as it is then, through the broker, `tilanne process` and `tilanne serve`.
//!
//! Events go in evenly, in steps of 10 ms that do not wait for those before. A change that a newer one
//! of the same vehicle has replaced before a frame went out is not counted.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use events::Text;
use events::wire::{StreamMessage, object};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::load::{Load, region};
use super::pace::{Acked, Pace, STEPS_PER_S, Starts, starts};
use super::system::System;
use super::{at, runtime};
use crate::bench::{BenchError, Figure};

/// Events a second.
const RATES: [usize; 2] = [5_000, 50_000];
/// Before anything is measured: all vehicles are there.
const WARM_UP_S: usize = 5;
const MEASURED_S: usize = 20;
/// When nothing has come for so long after the last append, nothing will.
const SILENCE: Duration = Duration::from_secs(2);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// In which step the event of a vehicle at a time is appended.
type Wanted = HashMap<(Text, i64), usize>;

/// What came of a rate.
struct Outcome {
    /// From the append to the client.
    changes_ms: Vec<f64>,
    /// From the append until it is acknowledged.
    acked_ms: Vec<f64>,
    /// Events that were appended while it was measured.
    wanted: usize,
}

/// Latency at each rate, in one region.
pub(in crate::bench) fn latency(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let (broker, runtime) = (Broker::start()?, runtime()?);
    for rate in RATES {
        let Outcome { mut changes_ms, mut acked_ms, wanted } = measure(&broker, &runtime, rate)?;
        let heard = changes_ms.len() as f64 / wanted as f64 * 100.0;
        each(Figure::known(format!("latency_{rate}_p50"), at(&mut changes_ms, 0.5), "ms"));
        each(Figure::known(format!("latency_{rate}_p99"), at(&mut changes_ms, 0.99), "ms"));
        each(Figure::known(format!("latency_{rate}_heard"), heard, "% of events"));
        each(Figure::known(format!("latency_{rate}_acked_p50"), at(&mut acked_ms, 0.5), "ms"));
        each(Figure::known(format!("latency_{rate}_acked_p99"), at(&mut acked_ms, 0.99), "ms"));
    }
    Ok(())
}

fn measure(broker: &Broker, runtime: &Runtime, rate: usize) -> Result<Outcome, BenchError> {
    // A vehicle has about an event a second.
    let load = Arc::new(Load::new(0, rate, rate * (WARM_UP_S + MEASURED_S))?);
    // Changes of two seconds, as the default has at 5,000 events/s: a client that is further behind than
    // that gets the layer anew.
    let backlog = format!("[gateway.push]\nbacklog_changes_max = {}\n", 2 * rate);
    let system = runtime.block_on(System::make(broker, 1, "", &backlog))?;
    let (process, serve) = (system.start("process", &[])?, system.start("serve", &[])?);
    let sinks = runtime.block_on(system.open(&serve))?;
    let steps = (WARM_UP_S + MEASURED_S) * STEPS_PER_S;
    let pace = Pace {
        sinks,
        loads: vec![Arc::clone(&load)],
        records_s: rate,
        steps,
        starts: starts(steps),
        stop: CancellationToken::new(),
    };
    let wanted = wanted(&pace, &load);
    let count = wanted.len();
    let (changes_ms, acked) = runtime.block_on(attend(&serve.address, pace, wanted))?;
    drop((process, serve));
    if changes_ms.is_empty() {
        return Err(BenchError::new("no vehicle came through"));
    }
    let measured = acked.iter().filter(|acked| acked.step >= WARM_UP_S * STEPS_PER_S);
    let acked_ms = measured.map(|acked| acked.took.as_secs_f64() * 1_000.0).collect();
    Ok(Outcome { changes_ms, acked_ms, wanted: count })
}

/// The events that are appended while it is measured.
fn wanted(pace: &Pace, load: &Load) -> Wanted {
    let mut wanted = Wanted::new();
    for step in WARM_UP_S * STEPS_PER_S..pace.steps {
        for made in &load.made[pace.due(0, step - 1)..pace.due(0, step)] {
            if let Some(of) = &made.of {
                // Two events of a vehicle at the same time: the first one shows it.
                wanted.entry(of.clone()).or_insert(step);
            }
        }
    }
    wanted
}

/// Appends and listens until all has come.
async fn attend(
    address: &str,
    pace: Pace,
    wanted: Wanted,
) -> Result<(Vec<f64>, Vec<Acked>), BenchError> {
    let socket = connect(address).await?;
    let over = CancellationToken::new();
    let listening = listen(socket, wanted, Arc::clone(&pace.starts), over.clone());
    let listener = tokio::spawn(listening);
    let acked = tokio::spawn(pace.run()).await.map_err(BenchError::new)??;
    over.cancel();
    let changes_ms = listener.await.map_err(BenchError::new)??;
    Ok((changes_ms, acked))
}

/// A client that sees all vehicles.
async fn connect(address: &str) -> Result<Socket, BenchError> {
    let url = format!("ws://{address}/v1/stream");
    let mut request = url.into_client_request().map_err(BenchError::new)?;
    // Cheaper to read than text: at the higher rate the client is on the same two cores as all others.
    let subprotocol = "tilanne.v1.protobuf".parse().map_err(BenchError::new)?;
    request.headers_mut().insert("sec-websocket-protocol", subprotocol);
    let connected = tokio_tungstenite::connect_async(request).await;
    let (mut socket, _) = connected.map_err(BenchError::new)?;
    let subscribe = json!({
        "type": "subscribe", "id": "bench", "region": region(0), "layers": ["vehicles"],
    });
    socket.send(Message::text(subscribe.to_string())).await.map_err(BenchError::new)?;
    Ok(socket)
}

/// Latencies of the wanted changes, milliseconds.
async fn listen(
    mut socket: Socket,
    mut wanted: Wanted,
    starts: Starts,
    over: CancellationToken,
) -> Result<Vec<f64>, BenchError> {
    let mut latencies_ms = Vec::with_capacity(wanted.len());
    loop {
        let Ok(message) = timeout(SILENCE, socket.next()).await else {
            if over.is_cancelled() {
                return Ok(latencies_ms);
            }
            continue;
        };
        let received = Instant::now();
        let message = message.ok_or_else(|| BenchError::new("the gateway ended the stream"))?;
        let Message::Binary(bytes) = message.map_err(BenchError::new)? else { continue };
        let frame = StreamMessage::decode(bytes).map_err(BenchError::new)?;
        for object in frame.updated.into_iter().filter_map(|object| object.object) {
            let object::Object::Vehicle(vehicle) = object else { continue };
            let entity = vehicle.id.split_once(':').map_or("", |(_, entity)| entity);
            let step = wanted.remove(&(Text::from(entity), vehicle.event_time_ms));
            let start = step.and_then(|step| starts.get(step)).and_then(OnceLock::get);
            if let Some(start) = start {
                latencies_ms.push(received.duration_since(*start).as_secs_f64() * 1_000.0);
            }
        }
    }
}
