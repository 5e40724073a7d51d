//! MQTT message to WebSocket frame, through a real broker and the real binary.

use std::collections::HashMap;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::process::{Started, folder, runtime, tilanne};
use super::{BenchError, Figure};
use crate::{publish, simulator};

const MESSAGES_PER_S: u32 = 5_000;
const VEHICLES: usize = 5_000;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(20);

/// When a vehicle's message of an event time was handed to the MQTT client.
pub(super) type Sent = Arc<Mutex<HashMap<(String, i64), Instant>>>;

/// Latency at 5,000 messages a second to one subscriber that sees all of them.
pub(super) fn push(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let home = folder("latency")?;
    let (broker, port) = broker(&home)?;
    let config = write_config(&home, port, "")?;
    let (server, address) = tilanne(&config, home.join("data"))?;
    let sent = Sent::default();
    let publisher = std::thread::spawn({
        let sent = Arc::clone(&sent);
        move || {
            let seconds = (WARM_UP + MEASURED).as_secs() as usize + 3;
            let count = MESSAGES_PER_S as usize * seconds;
            let messages = simulator::hfp_messages(1, VEHICLES, count);
            let paced = publish::Paced { messages_per_s: MESSAGES_PER_S, present: true };
            let broker = format!("127.0.0.1:{port}");
            publish::mqtt_observed(
                &broker,
                messages,
                paced,
                || false,
                |raw, time_ms| {
                    let key = (vehicle(&raw.topic), time_ms);
                    if let Ok(mut sent) = sent.lock() {
                        sent.entry(key).or_insert_with(Instant::now);
                    }
                },
            )
        }
    });
    let mut latencies_ms = runtime()?.block_on(listen(&address, &sent))?;
    publisher.join().map_err(|_| BenchError::new("publisher died"))?.map_err(BenchError::new)?;
    drop((server, broker));
    latencies_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = ((latencies_ms.len() as f64 - 1.0) * share) as usize;
        latencies_ms.get(index).copied().unwrap_or(f64::NAN)
    };
    let rate = latencies_ms.len() as f64 / MEASURED.as_secs_f64();
    each(Figure::known("push_rate", rate, "objects/s"));
    each(Figure::known("push_latency_p50", at(0.5), "ms"));
    each(Figure::below("push_latency_p99", at(0.99), "ms", 25.0));
    Ok(())
}

/// `operator/vehicle` of an HFP topic.
pub(super) fn vehicle(topic: &str) -> String {
    let levels: Vec<_> = topic.split('/').skip(7).take(2).collect();
    levels.join("/")
}

async fn listen(address: &str, sent: &Sent) -> Result<Vec<f64>, BenchError> {
    let url = format!("ws://{address}/v1/stream");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.map_err(BenchError::new)?;
    let subscribe = json!({
        "type": "subscribe", "id": "bench", "region": "bench", "layers": ["vehicles"],
        "bbox": [24.2, 59.9, 25.6, 60.7],
    });
    socket.send(Message::text(subscribe.to_string())).await.map_err(BenchError::new)?;
    let mut latencies_ms = Vec::new();
    let start = Instant::now();
    while start.elapsed() < WARM_UP + MEASURED {
        let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
        let message = next.map_err(BenchError::new)?.ok_or_else(|| BenchError::new("closed"))?;
        let received = Instant::now();
        let message = message.map_err(BenchError::new)?;
        let Ok(text) = message.to_text() else { continue };
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        let vehicles = frame["updated"]["vehicles"].as_array().map_or(&[][..], Vec::as_slice);
        let mut sent = sent.lock().map_err(|_| BenchError::new("publisher died"))?;
        for object in vehicles {
            let entity = object["id"].as_str().and_then(|id| id.split_once(':')).map(|id| id.1);
            let key = (entity.unwrap_or_default().to_owned(), object["event_time_ms"].as_i64());
            let Some(time) = key.1.and_then(|time_ms| sent.remove(&(key.0, time_ms))) else {
                continue;
            };
            if start.elapsed() > WARM_UP {
                latencies_ms.push(received.duration_since(time).as_secs_f64() * 1_000.0);
            }
        }
    }
    if latencies_ms.is_empty() {
        return Err(BenchError::new("no vehicle came through"));
    }
    Ok(latencies_ms)
}

pub(super) fn broker(home: &std::path::Path) -> Result<(Started, u16), BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(BenchError::new)?;
    let port = listener.local_addr().map_err(BenchError::new)?.port();
    drop(listener);
    let config = home.join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
         max_queued_messages 100000\nset_tcp_nodelay true\n"
    );
    std::fs::write(&config, text).map_err(BenchError::new)?;
    let installed = std::path::Path::new("/usr/sbin/mosquitto");
    let program = if installed.is_file() { installed } else { std::path::Path::new("mosquitto") };
    let mut command = Command::new(program);
    command.arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Started::new(&mut command, Some(home.to_path_buf()))?;
    std::thread::sleep(Duration::from_millis(300));
    Ok((started, port))
}

/// A configuration with one region that reads HFP from the broker, and more for the main file.
pub(super) fn write_config(
    home: &std::path::Path,
    port: u16,
    more: &str,
) -> Result<String, BenchError> {
    let regions = home.join("regions");
    std::fs::create_dir_all(&regions).map_err(BenchError::new)?;
    let region = format!(
        "id = \"bench\"\nname = \"Bench\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [24.2, 59.9, 25.6, 60.7]\n\
         [[feed]]\nname = \"vehicles\"\nformat = \"hfp\"\n\
         [[feed.source]]\nname = \"mqtt\"\ntransport = \"mqtt\"\n\
         [feed.source.options]\nurl = \"mqtt://127.0.0.1:{port}\"\n\
         topics = [\"/hfp/v2/journey/#\"]\n"
    );
    std::fs::write(regions.join("bench.toml"), region).map_err(BenchError::new)?;
    let main = home.join("bench.toml");
    std::fs::write(&main, format!("regions = \"regions\"\ndata_dir = \"data\"\n{more}"))
        .map_err(BenchError::new)?;
    main.to_str().map(str::to_owned).ok_or_else(|| BenchError::new("path is not text"))
}
