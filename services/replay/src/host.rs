//! Replays for the API: as many as are allowed, each with views and clients of its own, and an end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use archive::{Archive, Topic};
use events::Text;
use gateway::{
    App, Comparison, Origin, Problem, RegionSetup, ReplayChange, ReplayRequest, ReplayStatus,
    Replays, WhatIf,
};
use jiff::Timestamp;
use picture::Setup;
use serde::Deserialize;
use tokio::time::Instant;

use crate::engine::{Lane, Replay, Start};
use crate::error::time;
use crate::source::Input;
use crate::status::{Order, Status};

/// How long a replay is looked after, to see whether it is of use to anybody.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What the id of a what-if's baseline ends with.
const BASELINE: &str = ".baseline";
/// So long after the newest archived record nothing is missing: each feed says once a second how it is.
const SETTLED_MS: i64 = 2_000;
/// Longest step, s: longer ones are seeks.
const STEP_S_MAX: f64 = 86_400.0;
/// Shortest step, s: times are in milliseconds.
const STEP_S_MIN: f64 = 0.001;

/// Table `[replays]` of the configuration. Every key is optional.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostOptions {
    /// Most replays at a time, at most 64; 0: none. Each takes the memory of a live picture and its
    /// views, and up to a core while it plays at full speed.
    pub replays_max: usize,
    /// A replay that nobody has asked for anything, and that has no client, ends after so long, s: 10
    /// to 604,800.
    pub idle_s: u64,
    /// Most clients of the stream of one replay, 1 to 65,536.
    pub clients_max: usize,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { replays_max: 4, idle_s: 900, clients_max: 100 }
    }
}

impl HostOptions {
    /// Key and message of the first value that cannot be.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let bounds = [
            ("replays_max", self.replays_max as u64, 0..=64),
            ("idle_s", self.idle_s, 10..=604_800),
            ("clients_max", self.clients_max as u64, 1..=65_536),
        ];
        for (key, value, range) in bounds {
            if !range.contains(&value) {
                let (least, most) = range.into_inner();
                return Err((key, format!("must be {least} to {most}, not {value}")));
            }
        }
        Ok(())
    }
}

/// What a host is made of.
pub struct HostSetup {
    /// Bounds.
    pub options: HostOptions,
    /// The gateway's options, which its replays have too.
    pub gateway: gateway::Options,
    /// The regions and what their pictures must know.
    pub regions: Vec<(RegionSetup, Setup)>,
    /// What is replayed.
    pub archive: Arc<Archive>,
    /// What the pictures must know where something is otherwise, or why that cannot be.
    pub setups_if: SetupsIf,
    /// What counts requests.
    pub metrics: gateway::MetricsHandle,
}

/// Makes setups where something is otherwise. It reads files.
pub type SetupsIf = Arc<dyn Fn(&WhatIf) -> Result<BTreeMap<Text, Setup>, String> + Send + Sync>;

/// Runs replays for the API.
pub struct Host {
    setup: HostSetup,
    /// Held while one is started: a what-if reads street networks.
    starting: tokio::sync::Mutex<()>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    /// Oldest first.
    replays: BTreeMap<u64, Arc<Hosted>>,
    started: u64,
}

/// What shows a picture.
struct Shown {
    app: Arc<App>,
    router: gateway::Router,
}

struct Hosted {
    replay: Replay,
    shown: Shown,
    /// Of a what-if: without it.
    baseline: Option<Shown>,
    /// Of a what-if: what differs.
    compared: Option<Arc<Mutex<Comparison>>>,
    regions: Vec<Text>,
    from_ms: i64,
    to_ms: i64,
    used: Mutex<Instant>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.app.close();
    }
}

impl Hosted {
    fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_idle(&self, after: Duration) -> bool {
        let baseline = self.baseline.as_ref();
        if self.shown.app.has_clients() || baseline.is_some_and(|shown| shown.app.has_clients()) {
            self.touch();
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > after
    }
}

impl Host {
    /// A host, within a tokio runtime; it ends its replays when it is dropped.
    pub fn start(setup: HostSetup) -> Arc<Self> {
        let host = Arc::new(Self {
            setup,
            starting: tokio::sync::Mutex::default(),
            running: Mutex::default(),
        });
        let weak = Arc::downgrade(&host);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(host) = weak.upgrade() else { return };
                host.end_idle();
            }
        });
        host
    }

    fn end_idle(&self) {
        let after = Duration::from_secs(self.setup.options.idle_s);
        self.running().replays.retain(|id, hosted| {
            let is_idle = hosted.is_idle(after);
            if is_idle {
                tracing::info!(id, "a replay ends: nobody has asked for it");
            }
            !is_idle
        });
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Option<Arc<Hosted>> {
        let hosted = self.running().replays.get(&number(id)?).cloned();
        hosted.inspect(|hosted| hosted.touch())
    }

    async fn begin(&self, request: ReplayRequest) -> Result<ReplayStatus, Problem> {
        let from_ms = moment("from", &request.from)?;
        let to_ms = request.to.as_deref().map(|to| moment("to", to)).transpose()?;
        if to_ms.is_some_and(|to_ms| to_ms <= from_ms) {
            return Err(Problem::bad_request("body: to: it must be after from"));
        }
        let regions = self.regions(&request.regions)?;
        let to_ms = self.archived_to(&regions, from_ms, to_ms).await?;
        // From here on nobody else starts one, until it counts.
        let _starting = self.starting.lock().await;
        self.admit()?;
        let names: Vec<Text> = regions.iter().map(|(one, _)| one.region.id.clone()).collect();
        let input = Input::Archived {
            archive: Arc::clone(&self.setup.archive),
            regions: names.clone(),
            from_ms,
            to_ms,
        };
        let setups: BTreeMap<Text, Setup> =
            names.iter().cloned().zip(regions.iter().map(|(_, setup)| setup.clone())).collect();
        let time_ms = Arc::new(AtomicI64::new(from_ms));
        let mut setups = vec![setups];
        if let Some(what_if) = request.what_if {
            let setups_if = Arc::clone(&self.setup.setups_if);
            let otherwise = tokio::task::spawn_blocking(move || setups_if(&what_if)).await;
            let otherwise = otherwise.map_err(|error| Problem::internal(&error))?;
            let otherwise =
                otherwise.map_err(|message| Problem::bad_request(format!("body: {message}")))?;
            setups.insert(0, otherwise);
        }
        let shown: Vec<RegionSetup> = regions.into_iter().map(|(one, _)| one).collect();
        let mut lanes = Vec::new();
        let mut pictures = Vec::new();
        for setups in setups {
            let picture = self.show(&shown, &setups, &time_ms)?;
            lanes.push(Lane { setups, app: Some(Arc::clone(&picture.app)) });
            pictures.push(picture);
        }
        let baseline = if pictures.len() > 1 { pictures.pop() } else { None };
        let Some(shown) = pictures.pop() else {
            return Err(Problem::internal(&"a replay without a picture"));
        };
        let compared = baseline.as_ref().map(|_| Arc::default());
        if let Some(baseline) = &baseline {
            shown.app.set_baseline(Arc::clone(&baseline.app));
        }

        let start = Start {
            speed: request.speed.unwrap_or_default(),
            looped: request.looped,
            paused: request.paused,
            saved: None,
            compared: compared.clone(),
        };
        let replay = Replay::start(input, lanes, start, time_ms);
        let replay = replay.map_err(|error| Problem::internal(&error))?;
        let used = Mutex::new(Instant::now());
        let regions = names;
        let hosted = Hosted { replay, shown, baseline, compared, regions, from_ms, to_ms, used };
        let mut running = self.running();
        running.started += 1;
        let id = running.started;
        let status = hosted.status(id);
        running.replays.insert(id, Arc::new(hosted));
        tracing::info!(id, from_ms, to_ms, "a replay begins");
        Ok(status)
    }

    fn admit(&self) -> Result<(), Problem> {
        let replays_max = self.setup.options.replays_max;
        if self.running().replays.len() < replays_max {
            return Ok(());
        }
        Err(Problem::unavailable(format!(
            "there are {replays_max} replays, as many as are allowed; end one with DELETE"
        )))
    }

    /// What shows a picture of its own, on the clock of its replay.
    fn show(
        &self,
        regions: &[RegionSetup],
        setups: &BTreeMap<Text, Setup>,
        time_ms: &Arc<AtomicI64>,
    ) -> Result<Shown, Problem> {
        let clock = Arc::clone(time_ms);
        let mut options = self.setup.gateway.clone();
        options.push.clients_max = self.setup.options.clients_max;
        let app = App::new(
            options,
            Origin::Replay,
            regions.to_vec(),
            self.setup.metrics.clone(),
            Arc::new(move || clock.load(Ordering::Relaxed)),
        );
        let app = app.map_err(|error| Problem::internal(&error))?;
        app.set_without_log();
        app.set_archive(Arc::clone(&self.setup.archive), setups.clone());
        Ok(Shown { router: gateway::router(Arc::clone(&app)), app })
    }

    /// The regions of these ids, all without any.
    fn regions(&self, ids: &[Text]) -> Result<Vec<(RegionSetup, Setup)>, Problem> {
        let all = &self.setup.regions;
        if let Some(unknown) = ids.iter().find(|id| all.iter().all(|(r, _)| r.region.id != **id)) {
            let known: Vec<&str> = all.iter().map(|(one, _)| one.region.id.as_str()).collect();
            let known = known.join(", ");
            return Err(Problem::bad_request(format!(
                "body: regions: there is no region {unknown:?} but {known}"
            )));
        }
        let is_wanted =
            |one: &&(RegionSetup, Setup)| ids.is_empty() || ids.contains(&one.0.region.id);
        Ok(all.iter().filter(is_wanted).cloned().collect())
    }

    /// The last moment: that of the archive, where none or a later one was asked for. What begins before
    /// or after what is archived is refused here, where somebody reads why.
    async fn archived_to(
        &self,
        regions: &[(RegionSetup, Setup)],
        from_ms: i64,
        to_ms: Option<i64>,
    ) -> Result<i64, Problem> {
        let mut last_ms = i64::MIN;
        for (region, _) in regions {
            let id = &region.region.id;
            let spans = self.setup.archive.spans(id, Topic::Events).await.map_err(|error| {
                tracing::error!(%error, "no replay could begin");
                Problem::unavailable("the archive cannot be read now; the server's log says why")
            })?;
            let first_ms = spans.iter().map(|span| span.from_ms).min();
            let region_last_ms = spans.iter().map(|span| span.to_ms).max();
            let (Some(first_ms), Some(region_last_ms)) = (first_ms, region_last_ms) else {
                return Err(Problem::not_found(format!("nothing of {id} is archived yet")));
            };
            if !(first_ms..=region_last_ms).contains(&from_ms) {
                return Err(Problem::not_found(format!(
                    "body: from: {id} is archived from {} to {}",
                    time(first_ms),
                    time(region_last_ms)
                )));
            }
            last_ms = last_ms.max(region_last_ms);
        }
        let is_there = |to_ms: &i64| *to_ms <= last_ms.saturating_add(SETTLED_MS);
        Ok(to_ms.filter(is_there).unwrap_or(last_ms))
    }
}

impl Hosted {
    fn status(&self, id: u64) -> ReplayStatus {
        let status = self.replay.status();
        let Status { state, error, time_ms, speed, looped, loops, records, result, .. } = status;
        ReplayStatus {
            id: id.to_string(),
            state,
            error,
            address: format!("/replays/{id}/"),
            baseline: self.baseline.as_ref().map(|_| format!("/replays/{id}{BASELINE}/")),
            regions: self.regions.clone(),
            from_ms: self.from_ms,
            to_ms: Some(self.to_ms),
            time_ms: time_ms.max(self.from_ms),
            speed,
            looped,
            loops,
            records,
            result,
        }
    }

    fn order(&self, change: &ReplayChange) -> Result<Order, Problem> {
        let seek_ms = change.seek.as_deref().map(|seek| moment("seek", seek)).transpose()?;
        if let Some(seek_ms) = seek_ms
            && !(self.from_ms..=self.to_ms).contains(&seek_ms)
        {
            return Err(Problem::bad_request(format!(
                "body: seek: the replay is of {} to {}",
                time(self.from_ms),
                time(self.to_ms)
            )));
        }
        if change.seek.is_some() && change.step_s.is_some() {
            return Err(Problem::bad_request("body: step_s: not with seek"));
        }
        if let Some(step_s) = change.step_s
            && !(STEP_S_MIN..=STEP_S_MAX).contains(&step_s)
        {
            return Err(Problem::bad_request(format!(
                "body: step_s: it must be {STEP_S_MIN} to {STEP_S_MAX}, not {step_s}"
            )));
        }
        Ok(Order {
            paused: change.paused,
            speed: change.speed,
            seek_ms,
            step_ms: change.step_s.map(|step_s| (step_s * 1_000.0).round() as i64),
            looped: change.looped,
        })
    }
}

impl Replays for Host {
    fn list(&self) -> Vec<ReplayStatus> {
        self.running().replays.iter().map(|(&id, hosted)| hosted.status(id)).collect()
    }

    fn start(
        &self,
        request: ReplayRequest,
    ) -> gateway::BoxFuture<'_, Result<ReplayStatus, Problem>> {
        Box::pin(self.begin(request))
    }

    fn get(&self, id: &str) -> Option<ReplayStatus> {
        self.find(id).zip(number(id)).map(|(hosted, id)| hosted.status(id))
    }

    fn change<'a>(
        &'a self,
        id: &'a str,
        change: ReplayChange,
    ) -> gateway::BoxFuture<'a, Result<ReplayStatus, Problem>> {
        Box::pin(async move {
            let none = || Problem::not_found(format!("there is no replay {id:?}"));
            let (hosted, id) = self.find(id).zip(number(id)).ok_or_else(none)?;
            let order = hosted.order(&change)?;
            if !hosted.replay.order(order).await {
                return Err(Problem::internal(&"the thread of a replay has ended"));
            }
            Ok(hosted.status(id))
        })
    }

    fn differences(&self, id: &str) -> Option<Vec<u8>> {
        let compared = self.find(id)?.compared.clone()?;
        let mut table = Vec::new();
        let compared = compared.lock().unwrap_or_else(PoisonError::into_inner);
        compared.write(&mut table).ok()?;
        Some(table)
    }

    fn end(&self, id: &str) -> bool {
        let id = number(id);
        id.is_some_and(|id| self.running().replays.remove(&id).is_some())
    }

    fn router(&self, id: &str) -> Option<gateway::Router> {
        let Some(id) = id.strip_suffix(BASELINE) else {
            return self.find(id).map(|hosted| hosted.shown.router.clone());
        };
        self.find(id)?.baseline.as_ref().map(|baseline| baseline.router.clone())
    }
}

/// Ids are numbers as they are written.
fn number(id: &str) -> Option<u64> {
    id.parse().ok().filter(|number: &u64| number.to_string() == id)
}

fn moment(key: &str, text: &str) -> Result<i64, Problem> {
    let time: Timestamp = text.parse().map_err(|error| {
        let example = "it must be like 2026-11-26T07:30:00Z";
        Problem::bad_request(format!("body: {key}: {text:?} is no time: {example}: {error}"))
    })?;
    Ok(time.as_millisecond())
}
