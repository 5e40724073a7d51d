//! PostGIS, asked by the database's own load tool.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::super::process::{Started, folder};
use super::{AREA, BATCH, BenchError, CLIENTS, Figure, HITS, MEASURED, Measured, NEAREST, OBJECTS};

/// Where Debian 12 keeps the programs of the database.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const EXTENSION: &str = "/usr/share/postgresql/15/extension/postgis.control";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that ends with this.
struct Postgres {
    home: PathBuf,
    _server: Started,
}

/// Nothing when it is not installed.
pub(super) fn measure(each: &mut dyn FnMut(Figure)) -> Result<Option<Measured>, BenchError> {
    let is_there = Path::new(PROGRAMS).is_dir() && Path::new(EXTENSION).is_file();
    if !is_there {
        return Ok(None);
    }
    let postgres = Postgres::start()?;
    let [west, south, east, north]: [f64; 4] = AREA.into();
    let [width, height] = [east - west, north - south];
    // The same low-discrepancy places as the others have.
    postgres.sql(&format!(
        "CREATE EXTENSION postgis;
         CREATE TABLE fleet (id int PRIMARY KEY, place geometry(Point, 4326) NOT NULL);
         INSERT INTO fleet SELECT n, ST_SetSRID(ST_MakePoint(
             {west} + {width} * (0.5 + 0.754877666246693 * n - floor(0.5 + 0.754877666246693 * n)),
             {south} + {height} * (0.5 + 0.569840290998053 * n - floor(0.5 + 0.569840290998053 * n))
         ), 4326) FROM generate_series(0, {OBJECTS} - 1) AS n;
         CREATE INDEX ON fleet USING gist (place);"
    ))?;
    postgres.sql("VACUUM ANALYZE fleet;")?;
    let bytes = postgres.sql("SELECT pg_total_relation_size('fleet');")?;
    let bytes: f64 = bytes.trim().parse().map_err(BenchError::new)?;

    let share = (HITS as f64 / OBJECTS as f64).sqrt();
    let [box_width, box_height] = [width * share, height * share];
    let [random_west, random_south] = [east - box_width, north - box_height];
    let boxes_s = postgres.load(&format!(
        "\\set x random(0, 1000000)\n\\set y random(0, 1000000)\n\
         SELECT id, ST_X(place), ST_Y(place) FROM fleet WHERE place && ST_MakeEnvelope(\
         {west} + ({random_west} - {west}) * :x / 1e6, {south} + ({random_south} - {south}) * :y / 1e6, \
         {west} + ({random_west} - {west}) * :x / 1e6 + {box_width}, \
         {south} + ({random_south} - {south}) * :y / 1e6 + {box_height}, 4326);\n"
    ))?;
    let point = format!(
        "ST_SetSRID(ST_MakePoint({west} + {width} * :x / 1e6, {south} + {height} * :y / 1e6), 4326)"
    );
    let random = "\\set x random(0, 1000000)\n\\set y random(0, 1000000)\n";
    let nearest_s = postgres.load(&format!(
        "{random}SELECT id, ST_X(place), ST_Y(place) FROM fleet ORDER BY place <-> {point} \
         LIMIT {NEAREST};\n"
    ))?;
    let one = format!(
        "\\set id random(0, {OBJECTS} - 1)\n\
         UPDATE fleet SET place = ST_Translate(place, 0.0001, 0) WHERE id = :id;\n"
    );
    each(Figure::known("postgis_updates_one_by_one", postgres.load(&one)?, "positions/s"));
    let batches_s = postgres.load(&format!(
        "\\set id random(0, ({OBJECTS} / {BATCH}) - 1)\n\
         UPDATE fleet SET place = ST_Translate(place, 0.0001, 0) \
         WHERE id BETWEEN :id * {BATCH} AND :id * {BATCH} + {BATCH} - 1;\n"
    ))?;
    Ok(Some(Measured {
        name: "postgis",
        updates_s: batches_s * BATCH as f64,
        boxes_s,
        nearest_s,
        bytes_an_object: bytes / OBJECTS as f64,
    }))
}

impl Postgres {
    /// A cluster of its own with default settings, on a socket in its folder.
    fn start() -> Result<Self, BenchError> {
        let home = folder("postgis")?;
        if is_root()? {
            // It does not run as root.
            run(Command::new("chown").arg("postgres").arg(&home))?;
        }
        let data = home.join("data");
        run(tool("initdb")?.args(["--auth", "trust", "--username", "bench", "-D"]).arg(&data))?;
        let mut server = tool("postgres")?;
        server.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-k"]).arg(&home);
        server.stdout(Stdio::null()).stderr(Stdio::null());
        let server = Started::new(&mut server, Some(home.clone()))?;
        let postgres = Self { home, _server: server };
        let start = Instant::now();
        while postgres.sql("SELECT 1;").is_err() {
            if start.elapsed() > PATIENCE {
                return Err(BenchError::new("PostgreSQL does not start"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(postgres)
    }

    fn sql(&self, statements: &str) -> Result<String, BenchError> {
        let mut psql = tool("psql")?;
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--set", "ON_ERROR_STOP=1"]);
        self.of(&mut psql);
        run(psql.args(["--command", statements]))
    }

    /// Runs a script in [`CLIENTS`] for a while; gives transactions a second.
    fn load(&self, script: &str) -> Result<f64, BenchError> {
        let file = self.home.join("script.sql");
        std::fs::write(&file, script).map_err(BenchError::new)?;
        let mut load = tool("pgbench")?;
        load.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"]);
        load.arg("--client").arg(CLIENTS.to_string());
        load.arg("--time").arg(MEASURED.as_secs().to_string()).arg("--file").arg(&file);
        self.of(&mut load);
        let said = run(&mut load)?;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rate| rate.split_whitespace().next()?.parse().ok());
        rate.ok_or_else(|| BenchError(format!("pgbench says no rate: {said}")))
    }

    /// Which server a tool talks to.
    fn of(&self, tool: &mut Command) {
        tool.arg("--host").arg(&self.home).args(["--username", "bench"]);
        tool.env("PGDATABASE", "postgres");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // In good order, so that it removes its shared memory; the folder goes with the server.
        if let Ok(mut stop) = tool("pg_ctl") {
            let _ = run(stop.args(["stop", "--mode", "fast", "-D"]).arg(self.home.join("data")));
        }
    }
}

/// A program of the server's package, as another user where this one is root.
fn tool(name: &str) -> Result<Command, BenchError> {
    // The path may have another version.
    let program = Path::new(PROGRAMS).join(name);
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    Ok(command)
}

fn is_root() -> Result<bool, BenchError> {
    Ok(run(Command::new("id").arg("-u"))?.trim() == "0")
}

fn run(command: &mut Command) -> Result<String, BenchError> {
    let output = command.stdin(Stdio::null()).output().map_err(BenchError::new)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(BenchError(format!("{}: {said}", command.get_program().display())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
