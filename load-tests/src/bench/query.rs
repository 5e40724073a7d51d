//! Answers of the gateway over HTTP, while the picture of a city goes on changing: vector tiles,
//! each made anew since its layer has changed, and again from the cache, and GeoJSON of the whole.

use std::sync::Arc;
use std::time::Instant;

use gateway::{App, LiveRegion, Options, Origin, RegionSetup};
use network::{BoundingBox, Region};
use picture::{Delta, Picture, View};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::streets::{World, grid};
use super::{BenchError, Figure, median};

const REGION: &str = "bench";
/// About as many as the streets of a city have that is as large as the Finnish capital.
const LINKS: usize = 20_000;
/// Seconds until traffic is known on most of them.
const WARM_UP: usize = 190;
/// Rounds that are measured; one is a second of the picture.
const ROUNDS: usize = 20;
/// What a screen of a map shows: the zooms, and tiles along each side around the middle.
const ZOOMS: std::ops::RangeInclusive<u8> = 12..=16;
const SIDE: u32 = 3;
/// Where the grid's middle is.
const MIDDLE: [f64; 2] = [24.9, 60.2];
/// Vehicles of a city on the road.
const CITY_VEHICLES: usize = 1_800;

/// A city that drives, and a server of it.
struct City {
    world: World,
    picture: Picture,
    app: Arc<App>,
    address: String,
    runtime: Runtime,
    client: reqwest::Client,
    shutdown: CancellationToken,
}

impl Drop for City {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl City {
    fn new() -> Result<Self, BenchError> {
        let mut world = World::new(grid(LINKS), 1);
        let mut picture = world.picture();
        let mut out = Vec::new();
        for _ in 0..WARM_UP {
            world.second(&mut picture, &mut out);
        }
        let bbox = BoundingBox { west_deg: 24.0, south_deg: 59.5, east_deg: 26.0, north_deg: 61.0 };
        let region = Region { id: REGION.into(), name: "Bench".into(), bbox, cities: Vec::new() };
        let options = Options { page_limit_max: gateway::PAGE_LIMIT_MAX, ..Options::default() };
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let setup = RegionSetup { region, feeds: Vec::new() };
        let clock = Arc::new(|| 1_773_129_600_000);
        let app = App::new(options, Origin::Replay, vec![setup], recorder.handle(), clock);
        let app = app.map_err(BenchError::new)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(BenchError::new)?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.map_err(BenchError::new)?;
        let address = listener.local_addr().map_err(BenchError::new)?.to_string();
        let shutdown = CancellationToken::new();
        runtime.spawn(gateway::serve(listener, Arc::clone(&app), shutdown.clone()));
        // What compression costs depends on what the client takes; here nothing.
        let client = reqwest::Client::builder().gzip(false).build().map_err(BenchError::new)?;
        let city = Self { world, picture, app, address, runtime, client, shutdown };
        city.live()?.reset(View::from_snapshot(city.picture.snapshot()));
        Ok(city)
    }

    fn live(&self) -> Result<&Arc<LiveRegion>, BenchError> {
        self.app.region(REGION).ok_or_else(|| BenchError::new("the region is not served"))
    }

    /// A second of traffic, in the picture and in what is served of it.
    fn drive(&mut self) -> Result<(), BenchError> {
        let mut out: Vec<Delta> = Vec::new();
        self.world.second(&mut self.picture, &mut out);
        self.live()?.apply([out]);
        Ok(())
    }

    /// Milliseconds until an answer is there to its last byte, and its bytes.
    fn ask(&self, path: &str) -> Result<(f64, usize), BenchError> {
        let url = format!("http://{}{path}", self.address);
        self.runtime.block_on(async {
            let start = Instant::now();
            let answer = self.client.get(url).send().await.map_err(BenchError::new)?;
            if !answer.status().is_success() {
                return Err(BenchError(format!("{path}: {}", answer.status())));
            }
            let body = answer.bytes().await.map_err(BenchError::new)?;
            Ok((start.elapsed().as_secs_f64() * 1_000.0, body.len()))
        })
    }
}

/// Addresses of the tiles that maps of the middle have on the screen.
fn addresses(layer: &str) -> impl Iterator<Item = String> {
    ZOOMS.flat_map(move |zoom| {
        let tiles = f64::from(1_u32 << zoom);
        let [longitude_deg, latitude_deg] = MIDDLE;
        let south = latitude_deg.to_radians().tan().asinh() / std::f64::consts::PI;
        let x = ((longitude_deg + 180.0) / 360.0 * tiles) as u32 - SIDE / 2;
        let y = ((1.0 - south) / 2.0 * tiles) as u32 - SIDE / 2;
        let all = (0..SIDE).flat_map(move |east| (0..SIDE).map(move |down| (x + east, y + down)));
        all.map(move |(x, y)| format!("/v1/tiles/{layer}/{zoom}/{x}/{y}"))
    })
}

fn share(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let at = (figures.len().saturating_sub(1) as f64 * share) as usize;
    figures.get(at).copied().unwrap_or(f64::NAN)
}

/// Vector tiles of vehicles, which change every second, and of links.
pub(super) fn tiles(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut city = City::new()?;
    let mut bytes = Vec::new();
    let (mut fresh_ms, mut links_ms, mut cached_ms) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        city.drive()?;
        for path in addresses("vehicles") {
            fresh_ms.push(city.ask(&path)?.0);
            cached_ms.push(city.ask(&path)?.0);
        }
        // Another view of the same is another version: every tile is made anew.
        city.live()?.reset(View::from_snapshot(city.picture.snapshot()));
        for path in addresses("links") {
            let (spent_ms, body) = city.ask(&path)?;
            links_ms.push(spent_ms);
            bytes.push(body as f64);
            cached_ms.push(city.ask(&path)?.0);
        }
    }
    each(Figure::known("tile_vehicles_p50", share(fresh_ms.clone(), 0.5), "ms"));
    each(Figure::below("tile_vehicles_p99", share(fresh_ms, 0.99), "ms", 10.0));
    each(Figure::known("tile_links_size", share(bytes.clone(), 0.5) / 1_000.0, "kB"));
    each(Figure::known("tile_links_size_max", share(bytes, 1.0) / 1_000.0, "kB"));
    each(Figure::known("tile_links_p50", share(links_ms.clone(), 0.5), "ms"));
    each(Figure::below("tile_links_p99", share(links_ms, 0.99), "ms", 10.0));
    each(Figure::below("tile_cached_p99", share(cached_ms, 0.99), "ms", 10.0));
    Ok(())
}

/// The vehicles of a whole city, and more than that.
pub(super) fn geojson(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut city = City::new()?;
    let limit = |layer: &str, limit| format!("/v1/regions/{REGION}/{layer}?limit={limit}");
    let paths = [
        limit("vehicles", CITY_VEHICLES),
        limit("vehicles", gateway::PAGE_LIMIT_MAX),
        limit("links", gateway::PAGE_LIMIT_MAX),
    ];
    let mut spent_ms = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        city.drive()?;
        for (path, spent_ms) in paths.iter().zip(&mut spent_ms) {
            spent_ms.push(city.ask(path)?.0);
        }
    }
    let [vehicles, more, links] = spent_ms;
    each(Figure::known("geojson_1800_vehicles_p50", median(vehicles.clone()), "ms"));
    each(Figure::below("geojson_1800_vehicles_p99", share(vehicles, 0.99), "ms", 20.0));
    each(Figure::known("geojson_5000_vehicles_p50", median(more), "ms"));
    each(Figure::known("geojson_10000_links_p50", median(links), "ms"));
    Ok(())
}
