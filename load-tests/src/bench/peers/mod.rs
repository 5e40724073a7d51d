//! Others that keep moving points and say where they are, beside us: the same points, the same
//! questions and as many clients, on the same machine in one run. Redis and PostGIS are Debian's;
//! what is not installed is left out, and said.
//!
//! They keep a place for each id. We keep, behind the same answer, the whole report with its time,
//! verdicts and history, and get it through the durable log; memory and updates are to be read so.

mod ours;
mod postgis;
mod resp;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::core::{AREA, spread};
use super::{BenchError, Figure};

const OBJECTS: usize = 100_000;
/// Objects in a box, and of a question for the nearest.
const HITS: usize = 100;
const NEAREST: usize = 10;
/// Updates in one batch, where the peer has such.
const BATCH: usize = 100;
/// Clients at a time, each waiting for its answer before it asks again.
const CLIENTS: usize = 4;
const MEASURED: Duration = Duration::from_secs(5);

/// What is compared.
struct Measured {
    name: &'static str,
    updates_s: f64,
    boxes_s: f64,
    nearest_s: f64,
    bytes_an_object: f64,
}

impl Measured {
    fn tell(&self, each: &mut dyn FnMut(Figure)) {
        let Self { name, .. } = self;
        each(Figure::known(format!("{name}_updates"), self.updates_s, "positions/s"));
        each(Figure::known(format!("{name}_bbox"), self.boxes_s, "queries/s"));
        each(Figure::known(format!("{name}_nearest"), self.nearest_s, "queries/s"));
        each(Figure::known(format!("{name}_memory"), self.bytes_an_object, "bytes/object"));
    }
}

/// We and the peers, one after the other.
pub(super) fn peers(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    ours::measure(each)?.tell(each);
    let peers: [(_, Peer); 3] = [
        ("redis-server", |_| resp::redis()),
        ("PostGIS", postgis::measure),
        ("tile38-server", |_| resp::tile38()),
    ];
    for (name, measure) in peers {
        match measure(each)? {
            Some(measured) => measured.tell(each),
            None => eprintln!("{name} is not installed and is left out"),
        }
    }
    Ok(())
}

/// Measures a peer, if it is installed.
type Peer = fn(&mut dyn FnMut(Figure)) -> Result<Option<Measured>, BenchError>;

/// Where an object is after so many rounds of driving: some metres from where it was.
fn place(object: usize, round: usize) -> [f64; 2] {
    let start = spread(object);
    let moved = 0.000_1 * (round % 100) as f64;
    [start.longitude_deg + moved, start.latitude_deg]
}

/// A box that has about [`HITS`] objects; another one for each number.
fn box_of(number: usize) -> [f64; 4] {
    let [west, south, east, north]: [f64; 4] = AREA.into();
    let share = (HITS as f64 / OBJECTS as f64).sqrt();
    let [width, height] = [(east - west) * share, (north - south) * share];
    let corner = spread(number);
    let west = corner.longitude_deg.min(east - width);
    let south = corner.latitude_deg.min(north - height);
    [west, south, west + width, south + height]
}

/// Lets [`CLIENTS`] ask for a while; gives answers a second, and objects an answer. `ask` gets the
/// client and a number that no other question has.
fn rate<C>(
    connect: impl Fn() -> Result<C, BenchError> + Sync,
    ask: impl Fn(&mut C, usize) -> Result<usize, BenchError> + Sync,
) -> Result<(f64, f64), BenchError> {
    let start = Instant::now();
    let client = |first: usize| {
        let mut client = connect()?;
        let (mut number, mut objects) = (first, 0);
        while start.elapsed() < MEASURED {
            objects += ask(&mut client, number)?;
            number += CLIENTS;
        }
        Ok((number / CLIENTS, objects))
    };
    let client = &client;
    let counts = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|first| scope.spawn(move || client(first))).collect();
        let joined = clients
            .into_iter()
            .map(|client| client.join().unwrap_or_else(|_| Err(BenchError::new("a client died"))));
        joined.collect::<Result<Vec<(usize, usize)>, BenchError>>()
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let answers: usize = counts.iter().map(|(answers, _)| answers).sum();
    let objects: usize = counts.iter().map(|(_, objects)| objects).sum();
    Ok((answers as f64 / seconds, objects as f64 / answers.max(1) as f64))
}

/// That what was compared is the same: each answer has about as many objects as it should.
fn check_hits(name: &str, hits: f64, wanted: usize) -> Result<(), BenchError> {
    let wanted = wanted as f64;
    if (wanted * 0.8..=wanted * 1.25).contains(&hits) {
        return Ok(());
    }
    Err(BenchError(format!("{name}: {hits:.1} objects an answer, not {wanted}")))
}

/// Where a program is, in the path or beside it.
fn program(name: &str, beside: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(beside.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
