//! Floating cars in our own JSON: no publisher has them, so they are marked as simulated.
//!
//! A car drives round a closed way of real streets, at its own share of the limit, slower in bends,
//! until lights are red or traffic queues before it. Near the end of the recording it has parked
//! and says nothing any more; where it began it begins again. That pause is longer than the demo's
//! region remembers a car, so that a loop has no jump.

use std::f64::consts::TAU;
use std::sync::Arc;

use serde_json::json;

use super::{Feed, REST, Sent, Setting};
use crate::simulator::chance::{Chance, Purpose};
use crate::simulator::clock;
use crate::simulator::path::Path;
use crate::simulator::world::{CircuitData, JamData};

/// Where the cars' reports are sent to.
const TOPIC: &str = "/cars";
/// Seconds without a report after a car's drive; the demo forgets a car after 20.
const PAUSE_S: f64 = 30.0;
/// Metres from the middle of the way to the lane in which a car drives, on the right.
const LANE_M: f64 = 2.0;
/// Most metres by which a fix wanders, either way, east and north.
const WANDER_M: f64 = 2.5;
/// Share of the limit at which cars drive when nothing is in the way.
const LIMIT_SHARE: [f64; 2] = [0.85, 1.05];
/// Gain and loss of speed, m/s2.
const ACCELERATION_M_S2: f64 = 1.7;
const BRAKING_M_S2: f64 = 2.2;
/// Lateral acceleration that drivers take in bends, m/s2.
const LATERAL_M_S2: f64 = 2.0;
/// Distance over which a bend is measured, metres.
const BEND_M: f64 = 9.0;
/// Slowest that a bend is driven, m/s.
const BEND_M_S_MIN: f64 = 3.5;
/// Red and whole cycle of traffic lights, seconds; whole recordings are multiples of the cycle.
const RED_S: f64 = 26.0;
const CYCLE_S: f64 = 60.0;
/// Room of a car that waits, metres, and how many wait in front of the last at most.
const WAITING_M: f64 = 7.0;
const WAITING_MAX: u64 = 4;
/// A place is on a way that passes within this distance, metres, within such a turn, degrees.
const ON_WAY_M: f64 = 25.0;
const ON_WAY_DEG: f64 = 50.0;
/// Parts of a jam's time in which it grows, and in which it dissolves.
const GROWS: f64 = 0.45;
const DISSOLVES: f64 = 0.2;
/// Step of the simulated drive, seconds; a whole number of them make a second.
const STEP_S: f64 = 0.25;
const STEPS_PER_S: usize = 4;

/// A closed way.
struct Circuit {
    path: Path,
    /// Highest speed as a share of what the driver makes of the limit, each metre, m/s.
    speed_m_s: Vec<f64>,
    signals: Vec<Signal>,
    jams: Vec<Jam>,
}

struct Signal {
    along_m: f64,
    /// Seconds of the cycle at which red begins.
    red_from_s: f64,
}

/// A jam where it meets a way.
struct Jam {
    head_m: f64,
    length_m: f64,
    speed_m_s: f64,
    from_s: f64,
    to_s: f64,
}

impl Jam {
    /// Metres that it reaches back at a second of the recording.
    fn length_m(&self, second: f64) -> f64 {
        let share = (second - self.from_s) / (self.to_s - self.from_s);
        if !(0.0..=1.0).contains(&share) {
            return 0.0;
        }
        self.length_m * (share / GROWS).min((1.0 - share) / DISSOLVES).min(1.0)
    }
}

impl Circuit {
    fn new(data: &CircuitData, jams: &[&JamData], duration_s: f64) -> Self {
        let path = Path::new(&data.path);
        let metres = path.length_m().ceil() as usize;
        let limit_m_s = |along_m: f64| {
            let before = data.limits.iter().rev().find(|[from_m, _]| *from_m <= along_m);
            before.map_or(10.0, |[_, limit_km_h]| limit_km_h / 3.6)
        };
        let mut speed_m_s: Vec<f64> = (0..metres.max(1))
            .map(|metre| limit_m_s(metre as f64).min(bend_m_s(&path, metre as f64)))
            .collect();
        // Brakes are used before a bend; twice round, as the way is closed.
        for metre in (0..2 * metres).rev() {
            let next_m_s = speed_m_s[(metre + 1) % metres];
            let here_m_s = &mut speed_m_s[metre % metres];
            *here_m_s = here_m_s.min((next_m_s * next_m_s + 2.0 * BRAKING_M_S2).sqrt());
        }
        let signals = data
            .signals_m
            .iter()
            .map(|&along_m| Signal { along_m, red_from_s: red_from_s(&path, along_m) });
        let signals = signals.collect();
        let met = |jam: &&JamData| {
            Some(Jam {
                head_m: path.find(jam.head, jam.bearing_deg, ON_WAY_M, ON_WAY_DEG)?,
                length_m: jam.length_m,
                speed_m_s: jam.speed_km_h / 3.6,
                from_s: jam.from * duration_s,
                to_s: jam.to * duration_s,
            })
        };
        let jams = jams.iter().filter_map(met).collect();
        Self { path, speed_m_s, signals, jams }
    }

    /// Metres ahead of a place to another one, round the way.
    fn ahead_m(&self, from_m: f64, to_m: f64) -> f64 {
        (to_m - from_m).rem_euclid(self.path.length_m())
    }

    /// The speed that the way, the lights and the traffic allow, m/s.
    fn allowed_m_s(&self, along_m: f64, second: f64, car: u64, share: f64, speed_m_s: f64) -> f64 {
        let metre = (along_m as usize).min(self.speed_m_s.len() - 1);
        let mut allowed_m_s = self.speed_m_s[metre] * share;
        let waits_m = (car % WAITING_MAX) as f64 * WAITING_M + 1.0;
        let stops_m = speed_m_s * speed_m_s / (2.0 * BRAKING_M_S2);
        for signal in &self.signals {
            let red = (second - signal.red_from_s).rem_euclid(CYCLE_S) < RED_S;
            let left_m = self.ahead_m(along_m, signal.along_m) - waits_m;
            // Who cannot stop any more drives on.
            let step_m = 2.0 * STEP_S * speed_m_s + 0.5;
            if red && left_m >= 0.0 && left_m + step_m >= stops_m {
                let braking_m_s = (2.0 * BRAKING_M_S2 * (left_m - 0.3).max(0.0)).sqrt();
                allowed_m_s = allowed_m_s.min(braking_m_s);
            }
        }
        for jam in &self.jams {
            if self.ahead_m(along_m, jam.head_m) < jam.length_m(second) {
                // Traffic moves and stands in waves.
                let wave = 1.0 + 0.8 * (TAU * (second / 20.0 + along_m / 60.0)).sin();
                allowed_m_s = allowed_m_s.min(jam.speed_m_s * wave);
            }
        }
        allowed_m_s
    }
}

/// The speed of a bend, from the turn of the way's direction over a short distance.
fn bend_m_s(path: &Path, along_m: f64) -> f64 {
    let before_deg = path.bearing_deg((along_m - BEND_M).max(0.0));
    let after_deg = path.bearing_deg((along_m + BEND_M).min(path.length_m()));
    let turn_deg = (after_deg - before_deg + 540.0).rem_euclid(360.0) - 180.0;
    let radius_m = 2.0 * BEND_M / turn_deg.to_radians().abs().max(1e-3);
    (LATERAL_M_S2 * radius_m).sqrt().max(BEND_M_S_MIN)
}

/// When lights turn red: those of one junction together, its other streets half a cycle later.
fn red_from_s(path: &Path, along_m: f64) -> f64 {
    let at = path.place(along_m, 0.0, [0.0, 0.0]);
    // Cells of about 110 m stand for junctions.
    let cell = |degrees: f64, per_degree: f64| (degrees * per_degree).round() as i64;
    let junction = cell(at.latitude_deg, 1_000.0) * 7 + cell(at.longitude_deg, 500.0) * 13;
    let across = (path.bearing_deg(along_m) + 45.0).rem_euclid(180.0) >= 90.0;
    let turn_s = if across { CYCLE_S / 2.0 } else { 0.0 };
    (junction.rem_euclid(6) as f64 * 10.0 + turn_s).rem_euclid(CYCLE_S)
}

/// A car and its drive.
struct Car {
    id: String,
    index: u64,
    circuit: Arc<Circuit>,
    /// Second of the recording at which its drive begins.
    starts_s: i64,
    /// Place on the way and speed, each second of the drive.
    drive: Vec<[f32; 2]>,
    wander: [f64; 2],
}

impl Car {
    fn new(
        circuit: &Arc<Circuit>,
        index: u64,
        share: f64,
        chance: &Chance,
        duration_s: i64,
    ) -> Self {
        let mut draws = chance.draws(Purpose::Plan, index, 0);
        let starts_s = (draws.share() * duration_s as f64) as i64;
        let limit_share = draws.between(LIMIT_SHARE[0], LIMIT_SHARE[1]);
        let length_m = circuit.path.length_m();
        let mut along_m = share * length_m;
        let mut speed_m_s = 0.0_f64;
        let seconds = (duration_s as f64 - PAUSE_S).max(1.0) as usize;
        let mut drive = Vec::with_capacity(seconds);
        for second in 0..seconds {
            drive.push([along_m as f32, speed_m_s as f32]);
            for step in 0..STEPS_PER_S {
                let now_s =
                    (starts_s + second as i64).rem_euclid(duration_s) as f64 + step as f64 * STEP_S;
                let wanted = circuit.allowed_m_s(along_m, now_s, index, limit_share, speed_m_s);
                let faster_m_s = speed_m_s + ACCELERATION_M_S2 * STEP_S;
                speed_m_s = wanted.min(faster_m_s).max(0.0);
                along_m = (along_m + speed_m_s * STEP_S).rem_euclid(length_m);
            }
        }
        let wander = [draws.share(), draws.share()];
        let id = format!("fc-{:03}", index & 0xff_ffff);
        Self { id, index, circuit: Arc::clone(circuit), starts_s, drive, wander }
    }

    /// Its report of a second, if it drives then.
    fn report(&self, setting: &Setting, second: i64) -> Option<String> {
        let timeline = setting.timeline;
        let since_s = (timeline.phase_s(second) - self.starts_s).rem_euclid(timeline.duration_s);
        let [along_m, speed_m_s] = self.drive.get(since_s as usize)?.map(f64::from);
        let moved_m = [0, 1].map(|axis| {
            let slow = since_s as f64 / 37.0 + self.wander[axis];
            let fast = since_s as f64 / 8.3 + self.wander[1 - axis];
            WANDER_M * ((TAU * slow).sin() * 0.7 + (TAU * fast).sin() * 0.3)
        });
        let path = &self.circuit.path;
        let at = path.place(along_m, LANE_M, moved_m);
        let round = |value: f64, parts: f64| (value * parts).round() / parts;
        let report = json!({
            "vehicle": self.id,
            "time": clock::utc_s(timeline.time_ms(second)),
            "mode": "car",
            "latitude_deg": round(at.latitude_deg, 1e5),
            "longitude_deg": round(at.longitude_deg, 1e5),
            "speed_km_h": round(speed_m_s * 3.6, 10.0),
            "bearing_deg": path.bearing_deg(along_m).round().rem_euclid(360.0),
        });
        Some(report.to_string())
    }
}

/// All cars of a region.
pub(super) struct Cars {
    setting: Setting,
    every_s: i64,
    fleet: Vec<Car>,
}

impl Cars {
    pub(super) fn new<'a>(
        setting: Setting,
        every_s: i64,
        circuits: impl Iterator<Item = &'a CircuitData>,
        jams: &[&JamData],
        scale: f64,
    ) -> Self {
        let duration_s = setting.timeline.duration_s;
        let mut cars = Vec::new();
        for data in circuits {
            let circuit = Arc::new(Circuit::new(data, jams, duration_s as f64));
            let count = (f64::from(data.cars) * scale).ceil() as usize;
            for nth in 0..count {
                // Apart from the vehicles' numbers, which begin with the line's place.
                let index = 1 << 39 | (setting.owner & 0xff) << 24 | cars.len() as u64;
                let share = nth as f64 / count as f64;
                cars.push(Car::new(&circuit, index, share, &setting.chance, duration_s));
            }
        }
        Self { setting, every_s, fleet: cars }
    }
}

impl Feed for Cars {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.setting.timeline.phase_s(second);
        let turn = |car: &&Car| (phase_s + (car.index % 1_024) as i64) % self.every_s == 0;
        let reports = self.fleet.iter().filter(turn);
        let reports = reports.filter_map(|car| car.report(&self.setting, second));
        let payload = reports.collect::<Vec<_>>().join("\n");
        if !payload.is_empty() {
            out.push(Sent {
                received_time_ms: self.setting.answered_ms(second),
                source: REST.into(),
                topic: TOPIC.into(),
                payload: payload.into_bytes(),
            });
        }
    }
}
