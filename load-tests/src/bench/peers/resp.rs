//! Redis and Tile38, which speak the same protocol.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Cmd, Connection, Value};

use super::super::process::{Started, folder};
use super::{
    BATCH, BenchError, HITS, Measured, NEAREST, OBJECTS, box_of, check_hits, place, program, rate,
};

/// Longest start of a server.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question for the nearest looks so far: a circle of a thousand objects, of which the nearest are
/// taken.
const RADIUS_KM: f64 = 6.0;

/// How a peer is told and asked.
struct Peer {
    name: &'static str,
    set: fn(usize, usize) -> Cmd,
    within: fn(usize) -> Cmd,
    near: fn(usize) -> Cmd,
    /// Bytes of memory in use, in what it says of itself.
    memory: (&'static [&'static str], &'static str),
}

pub(super) fn redis() -> Result<Option<Measured>, BenchError> {
    let peer = Peer {
        name: "redis",
        set: |object, round| {
            let [longitude_deg, latitude_deg] = place(object, round);
            let mut set = redis::cmd("GEOADD");
            set.arg("fleet").arg(longitude_deg).arg(latitude_deg).arg(object);
            set
        },
        within: |number| {
            let [west, south, east, north] = box_of(number);
            let middle_deg = f64::midpoint(south, north);
            let width_km = (east - west) * 111.32 * middle_deg.to_radians().cos();
            let mut within = redis::cmd("GEOSEARCH");
            within.arg("fleet").arg("FROMLONLAT").arg(f64::midpoint(west, east)).arg(middle_deg);
            within.arg("BYBOX").arg(width_km).arg((north - south) * 111.32).arg("km");
            within.arg("WITHCOORD");
            within
        },
        near: |number| {
            let [longitude_deg, latitude_deg] = place(number % OBJECTS, 0);
            let mut near = redis::cmd("GEOSEARCH");
            near.arg("fleet").arg("FROMLONLAT").arg(longitude_deg).arg(latitude_deg);
            near.arg("BYRADIUS").arg(RADIUS_KM).arg("km").arg("ASC").arg("COUNT").arg(NEAREST);
            near.arg("WITHCOORD");
            near
        },
        memory: (&["INFO", "memory"], "used_memory:"),
    };
    let Some(server) = program("redis-server", &["/usr/bin"]) else { return Ok(None) };
    peer.measure(&server, |port, home| {
        let [port, home] = [port.to_string(), home.display().to_string()];
        // In memory alone, as it is fastest.
        ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port, "--dir", &home]
            .map(String::from)
            .to_vec()
    })
}

pub(super) fn tile38() -> Result<Option<Measured>, BenchError> {
    let peer = Peer {
        name: "tile38",
        set: |object, round| {
            let [longitude_deg, latitude_deg] = place(object, round);
            let mut set = redis::cmd("SET");
            set.arg("fleet").arg(object).arg("POINT").arg(latitude_deg).arg(longitude_deg);
            set
        },
        within: |number| {
            let [west, south, east, north] = box_of(number);
            let mut within = redis::cmd("WITHIN");
            within.arg("fleet").arg("LIMIT").arg(10 * HITS).arg("POINTS").arg("BOUNDS");
            within.arg(south).arg(west).arg(north).arg(east);
            within
        },
        near: |number| {
            let [longitude_deg, latitude_deg] = place(number % OBJECTS, 0);
            let mut near = redis::cmd("NEARBY");
            near.arg("fleet").arg("LIMIT").arg(NEAREST).arg("POINTS").arg("POINT");
            near.arg(latitude_deg).arg(longitude_deg);
            near
        },
        memory: (&["SERVER"], "heap_size"),
    };
    let Some(server) = program("tile38-server", &[]) else { return Ok(None) };
    peer.measure(&server, |port, home| {
        let [port, home] = [port.to_string(), home.display().to_string()];
        ["-h", "127.0.0.1", "--appendonly", "no", "-p", &port, "-d", &home]
            .map(String::from)
            .to_vec()
    })
}

impl Peer {
    fn measure(
        &self,
        server: &Path,
        arguments: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Result<Option<Measured>, BenchError> {
        let home = folder(self.name)?;
        let port = free_port()?;
        let mut command = Command::new(server);
        command.args(arguments(port, &home)).stdout(Stdio::null());
        let _server = Started::new(&mut command, Some(PathBuf::from(&home)))?;
        let connect = || connected(port);
        let mut first = connect()?;
        let before = self.memory_bytes(&mut first)?;
        for objects in (0..OBJECTS).collect::<Vec<_>>().chunks(BATCH) {
            self.set_all(&mut first, objects.iter().copied(), 0)?;
        }
        let bytes = self.memory_bytes(&mut first)? - before;
        let (batches_s, _) = rate(connect, |client, number| {
            let start = number * BATCH;
            let objects = (start..start + BATCH).map(|object| object % OBJECTS);
            self.set_all(client, objects, 1 + start / OBJECTS)?;
            Ok(BATCH)
        })?;
        for objects in (0..OBJECTS).collect::<Vec<_>>().chunks(BATCH) {
            self.set_all(&mut first, objects.iter().copied(), 0)?;
        }
        let (boxes_s, hits) = rate(connect, |client, n| answered(client, &(self.within)(n)))?;
        check_hits(self.name, hits, HITS)?;
        let (nearest_s, hits) = rate(connect, |client, n| answered(client, &(self.near)(n)))?;
        check_hits(self.name, hits, NEAREST)?;
        Ok(Some(Measured {
            name: self.name,
            updates_s: batches_s * BATCH as f64,
            boxes_s,
            nearest_s,
            bytes_an_object: bytes / OBJECTS as f64,
        }))
    }

    fn set_all(
        &self,
        client: &mut Connection,
        objects: impl Iterator<Item = usize>,
        round: usize,
    ) -> Result<(), BenchError> {
        let mut pipeline = redis::pipe();
        for object in objects {
            pipeline.add_command((self.set)(object, round)).ignore();
        }
        pipeline.query(client).map_err(BenchError::new)
    }

    fn memory_bytes(&self, client: &mut Connection) -> Result<f64, BenchError> {
        let (words, name) = self.memory;
        let mut asked = Cmd::new();
        asked.arg(words);
        let said = asked.query::<Value>(client).map_err(BenchError::new)?;
        let words = texts(&said);
        let words: Vec<&str> = words.iter().flat_map(|text| text.split_whitespace()).collect();
        // Redis says `name:bytes`, Tile38 name and bytes one after the other.
        let beside = words.iter().position(|&word| word == name).and_then(|at| words.get(at + 1));
        let joined = words.iter().find_map(|word| word.strip_prefix(name));
        let bytes = beside.copied().or(joined).and_then(|bytes| bytes.parse().ok());
        bytes.ok_or_else(|| BenchError(format!("{} says no {name}", self.name)))
    }
}

/// Objects of an answer: Redis gives a list of them, Tile38 a list in a list beside a cursor.
fn answered(client: &mut Connection, asked: &Cmd) -> Result<usize, BenchError> {
    Ok(match asked.query::<Value>(client).map_err(BenchError::new)? {
        Value::Array(parts) => match parts.as_slice() {
            [Value::Int(_) | Value::BulkString(_), Value::Array(objects)] => objects.len(),
            objects => objects.len(),
        },
        _ => 0,
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => vec![text.clone()],
        Value::Int(number) => vec![number.to_string()],
        Value::Array(parts) => parts.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(BenchError::new)?;
    Ok(listener.local_addr().map_err(BenchError::new)?.port())
}

fn connected(port: u16) -> Result<Connection, BenchError> {
    let client = redis::Client::open(("127.0.0.1", port)).map_err(BenchError::new)?;
    let start = Instant::now();
    loop {
        match client.get_connection() {
            Ok(connection) => return Ok(connection),
            Err(error) if start.elapsed() > PATIENCE => return Err(BenchError::new(error)),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
