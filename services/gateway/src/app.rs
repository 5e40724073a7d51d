//! What all requests share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use archive::Archive;
use events::Text;
use metrics_exporter_prometheus::PrometheusHandle;
use picture::Setup;
use stream::Log;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::export::Exports;
use crate::live::{LiveRegion, RegionSetup};
use crate::options::{Options, OptionsError, Origin};
use crate::past::Past;
use crate::problem::Problem;
use crate::replays::Replays;
use crate::tile::Cache;

/// Tells the time, milliseconds since 1970-01-01 UTC. Handed in: a replay has its own.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The gateway's state: options, the regions with their views, the bounds on clients.
pub struct App {
    pub(crate) options: Options,
    pub(crate) origin: Origin,
    regions: BTreeMap<String, Arc<LiveRegion>>,
    pub(crate) metrics: PrometheusHandle,
    clock: Clock,
    /// Beats when the view of any region has changed.
    pub(crate) pulse: watch::Sender<u64>,
    /// Vector tiles that were made.
    pub(crate) tiles: Cache,
    /// Where past moments come from, where something is archived.
    past: OnceLock<Past>,
    /// What a picture is compared with that would have been otherwise.
    baseline: OnceLock<Arc<App>>,
    /// Who runs replays, where that is allowed.
    replays: OnceLock<Arc<dyn Replays>>,
    /// Exports as jobs, where there is a folder for them.
    exports: OnceLock<Exports>,
    /// Whether no region will ever follow a log.
    is_without_log: AtomicBool,
    /// One permit for each WebSocket client.
    pub(crate) clients: Arc<Semaphore>,
    /// Cancelled when the server stops: WebSocket clients are told to come back.
    pub(crate) closing: CancellationToken,
}

impl App {
    /// Checks the options and makes an empty view for each region; feed each with
    /// [`follow`](crate::follow).
    pub fn new(
        options: Options,
        origin: Origin,
        regions: Vec<RegionSetup>,
        metrics: PrometheusHandle,
        clock: Clock,
    ) -> Result<Arc<Self>, OptionsError> {
        options.validate()?;
        crate::telemetry::describe();
        let pulse = watch::Sender::new(0);
        let mut live_regions = BTreeMap::new();
        for setup in regions {
            let id = setup.region.id.to_string();
            let changes_max = options.push.backlog_changes_max;
            let live = LiveRegion::new(setup, changes_max, Arc::clone(&clock), pulse.clone());
            if live_regions.insert(id.clone(), Arc::new(live)).is_some() {
                return Err(OptionsError::RegionTwice(id));
            }
        }
        Ok(Arc::new(Self {
            clients: Arc::new(Semaphore::new(options.push.clients_max)),
            closing: CancellationToken::new(),
            tiles: Cache::new(&options.tiles),
            past: OnceLock::new(),
            baseline: OnceLock::new(),
            replays: OnceLock::new(),
            exports: OnceLock::new(),
            is_without_log: AtomicBool::new(false),
            regions: live_regions,
            options,
            origin,
            metrics,
            clock,
            pulse,
        }))
    }

    /// Lets clients ask for past moments: `archive` has what was recorded, `setups` is what the
    /// picture of each region must know. The first one stays.
    pub fn set_archive(&self, archive: Arc<Archive>, setups: BTreeMap<Text, Setup>) {
        self.set_streets(&setups);
        self.past.get_or_init(|| Past::new(archive, setups));
    }

    /// Says which streets, with which stops, the regions have; an archive says so too. The first ones
    /// stay.
    pub fn set_streets(&self, setups: &BTreeMap<Text, Setup>) {
        for (region, setup) in setups {
            if let (Some(live), Some(streets)) = (self.region(region), &setup.streets) {
                live.set_streets(streets);
            }
        }
    }

    /// Lets clients export to files in a folder of its own: what is in it is removed. The first one
    /// stays.
    pub fn set_exports(&self, folder: &Path) -> std::io::Result<()> {
        let exports = Exports::open(folder)?;
        self.exports.get_or_init(|| exports);
        Ok(())
    }

    pub(crate) fn exports(&self) -> Result<&Exports, Problem> {
        let none = || Problem::not_found("this server has no folder for exports");
        self.exports.get().ok_or_else(none)
    }

    pub(crate) fn past(&self) -> Option<&Past> {
        self.past.get()
    }

    /// Lets clients start replays. The first one stays.
    pub fn set_replays(&self, replays: Arc<dyn Replays>) {
        self.replays.get_or_init(|| replays);
    }

    pub(crate) fn replays(&self) -> Option<&dyn Replays> {
        self.replays.get().map(AsRef::as_ref)
    }

    /// Names what this picture is compared with. The first one stays.
    pub fn set_baseline(&self, baseline: Arc<App>) {
        self.baseline.get_or_init(|| baseline);
    }

    pub(crate) fn baseline(&self) -> Option<&Arc<App>> {
        self.baseline.get()
    }

    /// Says that no region will ever follow a log, as in a replay of an archive: what is only on a log
    /// is then not there, in place of not there yet.
    pub fn set_without_log(&self) {
        self.is_without_log.store(true, Ordering::Relaxed);
    }

    /// Whether anybody follows the stream.
    pub fn has_clients(&self) -> bool {
        self.clients.available_permits() < self.options.push.clients_max
    }

    /// Tells the clients of the stream to come back later, as at the end of the server.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// The region of an id.
    pub fn region(&self, id: &str) -> Option<&Arc<LiveRegion>> {
        self.regions.get(id)
    }

    /// All regions, by id.
    pub fn regions(&self) -> impl Iterator<Item = &Arc<LiveRegion>> {
        self.regions.values()
    }

    pub(crate) fn known_region(&self, id: &str) -> Result<&Arc<LiveRegion>, Problem> {
        self.regions.get(id).ok_or_else(|| {
            let known: Vec<&str> = self.regions.keys().map(String::as_str).collect();
            let known = known.join(", ");
            Problem::not_found(format!("no region {id:?}; there are: {known}"))
        })
    }

    /// The log that a region is followed on.
    pub(crate) fn log<'a>(&self, live: &'a LiveRegion) -> Result<&'a Arc<dyn Log>, Problem> {
        live.log().ok_or_else(|| {
            if self.is_without_log.load(Ordering::Relaxed) {
                Problem::not_found("a replay has no log of its own; the live system has one")
            } else {
                Problem::unavailable("the log is not open yet; come back later")
            }
        })
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
