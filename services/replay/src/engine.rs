//! A replay: reads ahead, waits until something is due on its own clock, and lets it through the
//! pictures.
//!
//! What comes of the records does not depend on the clock, which only says when they are let through
//! and what time frames and answers have. A seek forth goes through what lies between without showing
//! it; one back begins again at the nearest checkpoint.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use events::Text;
use gateway::{App, Comparison, LOOK_EVERY_MS, LiveRegion, Progress, ReplayState};
use picture::{Setup, View};
use stream::Speed;
use tokio::sync::{mpsc, oneshot, watch};

use crate::ReplayError;
use crate::pace::{Pace, SLEEP_MAX};
use crate::saved::SavedState;
use crate::source::{Input, Item, Source, What};
use crate::stage::{Place, Stage, show};
use crate::status::{Order, Status};

/// Items that go through between two looks at what is asked of the replay: some milliseconds.
const ITEMS_PER_TURN: usize = 1_024;
/// Orders that wait; who gives more waits.
const ORDERS_MAX: usize = 16;
/// Stack of a replay's thread, as that of the main thread.
const STACK_BYTES: usize = 8 << 20;

/// How to begin.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// How fast.
    pub speed: Speed,
    /// At the end from the beginning again.
    pub looped: bool,
    /// Stands at the first moment until it is told to play.
    pub paused: bool,
    /// Where progress is kept, so that a replay that was killed goes on; none: nowhere.
    pub saved: Option<SavedState>,
    /// Where the first lane is compared with the second, both of which are shown; none: nowhere.
    pub compared: Option<Arc<Mutex<Comparison>>>,
}

/// A picture of a replay. All of them get the same records; they differ in what they know.
pub struct Lane {
    /// What the picture of each region must know.
    pub setups: BTreeMap<Text, Setup>,
    /// What shows it, where anybody is to see it.
    pub app: Option<Arc<App>>,
}

/// A replay that runs, on a thread of its own. It ends when this is dropped.
pub struct Replay {
    orders: mpsc::Sender<(Order, oneshot::Sender<()>)>,
    status: watch::Receiver<Status>,
}

impl Replay {
    /// Starts one, within a tokio runtime. The first of the lanes is what its result is of; `time_ms`
    /// is its clock, which what shows it has too.
    pub fn start(
        input: Input,
        lanes: Vec<Lane>,
        start: Start,
        time_ms: Arc<AtomicI64>,
    ) -> std::io::Result<Self> {
        let (orders, heard) = mpsc::channel(ORDERS_MAX);
        let (to_ms, speed, looped) = (input.last_ms(), start.speed, start.looped);
        let status = Status { to_ms, speed, looped, ..Status::default() };
        let (status, told) = watch::channel(status);
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("replay".into()).stack_size(STACK_BYTES);
        thread.spawn(move || {
            runtime.block_on(async move {
                let from_ms = input.first_ms();
                let doing = Doing::Reaching { to_ms: from_ms, then_paused: start.paused };
                let mut engine = Engine {
                    source: input.open(from_ms.unwrap_or(i64::MIN)),
                    stages: stages(&input, &lanes),
                    input,
                    lanes,
                    time_ms,
                    pace: Pace::new(start.speed, 0),
                    doing,
                    through_ms: from_ms.unwrap_or(i64::MIN),
                    is_whole: true,
                    is_resumed: false,
                    saved: start.saved,
                    compared: start.compared,
                    status,
                };
                engine.begin();
                engine.run(heard).await;
            });
        })?;
        Ok(Self { orders, status: told })
    }

    /// Tells it something, and waits until it has heard it. False when it is over.
    pub async fn order(&self, order: Order) -> bool {
        let (heard, waits) = oneshot::channel();
        self.orders.send((order, heard)).await.is_ok() && waits.await.is_ok()
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// To be told when that changes.
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }
}

/// What a replay is about.
#[derive(Clone, Copy, Debug)]
enum Doing {
    /// On its way to a moment, without showing what lies between; none: to its first record.
    Reaching {
        to_ms: Option<i64>,
        then_paused: bool,
    },
    /// On its way to a moment, showing all, to stand there.
    Stepping {
        to_ms: i64,
    },
    Playing,
    /// Paused, ended or failed.
    Standing,
}

struct Engine {
    input: Input,
    lanes: Vec<Lane>,
    source: Source,
    /// Of each lane.
    stages: Vec<Stage>,
    time_ms: Arc<AtomicI64>,
    pace: Pace,
    doing: Doing,
    /// Nothing received later went through, nor is a checkpoint in that is later: a moment before it
    /// needs a new beginning.
    through_ms: i64,
    /// Whether all from the first moment on went through.
    is_whole: bool,
    /// On its way to where it was when it was killed: what had not gone through then counts.
    is_resumed: bool,
    saved: Option<SavedState>,
    compared: Option<Arc<Mutex<Comparison>>>,
    status: watch::Sender<Status>,
}

impl Engine {
    /// Goes on where a replay was that was killed.
    fn begin(&mut self) {
        let (Some(saved), Some(stage)) = (&self.saved, self.stages.first_mut()) else { return };
        let restored =
            saved.read().and_then(|state| state.map(|state| stage.restore(&state)).transpose());
        match restored {
            Ok(None) => {}
            Ok(Some(Place { from_ms, time_ms, is_whole })) => {
                let Doing::Reaching { then_paused, .. } = self.doing else { return };
                self.doing = Doing::Reaching { to_ms: Some(time_ms), then_paused };
                self.is_resumed = true;
                self.is_whole = is_whole;
                self.through_ms = time_ms;
                self.tell(|status| status.from_ms = Some(from_ms));
            }
            Err(error) => self.fail(&error),
        }
    }

    async fn run(&mut self, mut orders: mpsc::Receiver<(Order, oneshot::Sender<()>)>) {
        loop {
            let heard = tokio::select! {
                biased;
                heard = orders.recv() => heard,
                done = self.go_on(), if !matches!(self.doing, Doing::Standing) => {
                    if let Err(error) = done {
                        self.fail(&error);
                    }
                    continue;
                }
            };
            let Some((order, heard)) = heard else { return };
            self.heed(order);
            // Who asked may have gone.
            let _ = heard.send(());
        }
    }

    fn heed(&mut self, order: Order) {
        let now_ms = self.now_ms();
        if let Some(looped) = order.looped {
            self.tell(|status| status.looped = looped);
        }
        if let Some(speed) = order.speed {
            self.pace = Pace::new(speed, now_ms);
            self.tell(|status| status.speed = speed);
        }
        let state = self.status.borrow().state;
        let is_paused = match self.doing {
            Doing::Reaching { then_paused, .. } => then_paused,
            Doing::Stepping { .. } | Doing::Standing => true,
            Doing::Playing => false,
        };
        let paused = order.paused.unwrap_or(is_paused);
        if let Some(to_ms) = order.seek_ms {
            let from_ms = self.status.borrow().from_ms.unwrap_or(to_ms);
            self.seek(to_ms.max(from_ms), paused);
        } else if let (Some(step_ms), true) = (order.step_ms, state != ReplayState::Failed) {
            self.enter(match self.doing {
                // What it is on its way to comes first.
                Doing::Reaching { to_ms, .. } => Doing::Reaching {
                    to_ms: to_ms.map(|to_ms| to_ms.saturating_add(step_ms)),
                    then_paused: true,
                },
                _ => Doing::Stepping { to_ms: now_ms.saturating_add(step_ms) },
            });
        } else if order.paused.is_some() {
            match (self.doing, state) {
                (Doing::Reaching { to_ms, .. }, _) => {
                    self.doing = Doing::Reaching { to_ms, then_paused: paused };
                }
                (_, ReplayState::Ended | ReplayState::Failed) => {}
                (_, _) if paused => self.enter(Doing::Standing),
                (_, _) => self.enter(Doing::Playing),
            }
        }
    }

    fn seek(&mut self, to_ms: i64, then_paused: bool) {
        self.is_whole = false;
        self.tell(|status| status.result.clear());
        // Not of what is shown: it may be on its way to a later moment.
        let is_ahead = to_ms >= self.through_ms;
        let stands = matches!(self.status.borrow().state, ReplayState::Failed);
        if !is_ahead || stands {
            self.begin_at(to_ms);
        }
        self.enter(Doing::Reaching { to_ms: Some(to_ms), then_paused });
    }

    /// Does the next bit of what there is to do.
    async fn go_on(&mut self) -> Result<(), ReplayError> {
        let next_ms = self.source.peek().await?.map(|item| item.time_ms);
        let (due_ms, is_shown) = match self.doing {
            Doing::Reaching { to_ms, .. } => (to_ms.unwrap_or(i64::MIN), false),
            Doing::Stepping { to_ms } => (to_ms, true),
            Doing::Playing => (self.pace.due_ms(), true),
            Doing::Standing => return Ok(()),
        };
        let Some(next_ms) = next_ms else { return self.end() };
        if next_ms <= due_ms {
            self.let_through(due_ms, is_shown)?;
            tokio::task::yield_now().await;
            return Ok(());
        }
        match self.doing {
            Doing::Reaching { to_ms: None, then_paused } => {
                // The first record is the first moment, and counts.
                self.arrive(next_ms, then_paused)
            }
            Doing::Reaching { to_ms: Some(to_ms), then_paused } => self.arrive(to_ms, then_paused),
            Doing::Stepping { to_ms } => {
                self.set_time(to_ms);
                self.enter(Doing::Standing);
                Ok(())
            }
            _ => {
                self.set_time(due_ms);
                tokio::time::sleep(self.pace.until(next_ms).min(SLEEP_MAX)).await;
                Ok(())
            }
        }
    }

    fn let_through(&mut self, due_ms: i64, is_shown: bool) -> Result<(), ReplayError> {
        let items = self.source.take(due_ms, ITEMS_PER_TURN);
        let regions = self.input.regions();
        let counts = is_shown || self.is_resumed;
        let apply = |stage: &mut Stage, lane: &Lane| {
            let mut frames = Vec::new();
            for item in &items {
                stage.apply(item, counts, &mut frames)?;
            }
            match &lane.app {
                Some(app) if is_shown => show(&regions, app, frames),
                _ => Ok(()),
            }
        };
        let mut lanes = self.stages.iter_mut().zip(&self.lanes);
        let first = lanes.next();
        // Another core does what it can.
        std::thread::scope(|scope| {
            let apply = &apply;
            let others: Vec<_> =
                lanes.map(|(stage, lane)| scope.spawn(move || apply(stage, lane))).collect();
            let first = first.map_or(Ok(()), |(stage, lane)| apply(stage, lane));
            let join = |other: std::thread::ScopedJoinHandle<'_, _>| {
                other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            others.into_iter().map(join).fold(first, Result::and)
        })?;
        let last_ms = items.last().map_or(self.through_ms, |last| last.time_ms);
        self.through_ms = self.through_ms.max(last_ms);
        if let Some(last) = items.last().filter(|_| is_shown) {
            let before_ms = self.now_ms();
            self.set_time(last.time_ms);
            if before_ms.div_euclid(LOOK_EVERY_MS) != last.time_ms.div_euclid(LOOK_EVERY_MS) {
                self.compare();
            }
            if self.pace.is_behind(last.time_ms) {
                self.pace = Pace::new(self.pace.speed, last.time_ms);
            }
        }
        if let [Item { region, what: What::Begin { .. }, .. }] = items.as_slice()
            && is_shown
        {
            self.show_anew(*region..*region + 1, None)?;
        }
        let records = self.stages.first().map_or(0, Stage::records);
        self.tell(|status| status.records = records);
        let time_ms = self.now_ms();
        let from_ms = self.status.borrow().from_ms.unwrap_or(time_ms);
        let place = Place { from_ms, time_ms, is_whole: self.is_whole };
        if let (Some(saved), Some(stage)) = (&mut self.saved, self.stages.first())
            && is_shown
            && saved.is_due()
        {
            saved.write(&stage.save(place));
        }
        Ok(())
    }

    /// It is at the moment that it was to reach: from here on all is shown.
    fn arrive(&mut self, at_ms: i64, paused: bool) -> Result<(), ReplayError> {
        self.is_resumed = false;
        self.show_anew(0..self.input.regions().len(), Some(at_ms))?;
        self.tell(|status| {
            status.from_ms.get_or_insert(at_ms);
        });
        self.enter(if paused { Doing::Standing } else { Doing::Playing });
        Ok(())
    }

    /// Shows the pictures of regions as they are, not as they have become; where a time is given, that
    /// is theirs, and nobody sees one without the other.
    fn show_anew(&self, shown: Range<usize>, at_ms: Option<i64>) -> Result<(), ReplayError> {
        let regions = self.input.regions();
        let lanes = self.stages.iter().zip(&self.lanes);
        let mut views = Vec::new();
        for (stage, app) in lanes.filter_map(|(stage, lane)| Some((stage, lane.app.as_ref()?))) {
            for index in shown.clone() {
                let Some(live) = app.region(&regions[index]) else { continue };
                if let Some(snapshot) = stage.snapshot(index)? {
                    views.push((live.as_ref(), View::from_snapshot(snapshot)));
                }
            }
        }
        LiveRegion::reset_together(views, || {
            if let Some(at_ms) = at_ms {
                self.set_time(at_ms);
            }
        });
        for app in self.lanes.iter().filter_map(|lane| lane.app.as_ref()) {
            for live in shown.clone().filter_map(|index| app.region(&regions[index])) {
                live.set_progress(Progress::Following);
            }
        }
        Ok(())
    }

    /// Looks what the lanes have made of it.
    fn compare(&self) {
        let Some(compared) = &self.compared else { return };
        let [after, before, ..] = self.lanes.as_slice() else { return };
        let mut compared = compared.lock().unwrap_or_else(PoisonError::into_inner);
        for region in self.input.regions() {
            let of = |lane: &Lane| lane.app.as_ref()?.region(&region).cloned();
            if let (Some(before), Some(after)) = (of(before), of(after)) {
                compared.look(&before, &after);
            }
        }
    }

    /// All begins anew, so that a moment can be reached.
    fn begin_at(&mut self, at_ms: i64) {
        self.source = self.input.open(at_ms);
        self.through_ms = at_ms;
        self.stages = stages(&self.input, &self.lanes);
        if let Some(compared) = &self.compared {
            compared.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// There is no more.
    fn end(&mut self) -> Result<(), ReplayError> {
        let end_ms = self.input.last_ms().unwrap_or(self.through_ms.max(self.now_ms()));
        match self.doing {
            // Nothing more comes, but the end is not there yet.
            Doing::Reaching { to_ms: Some(to_ms), then_paused } if to_ms < end_ms => {
                return self.arrive(to_ms, then_paused);
            }
            Doing::Stepping { to_ms } if to_ms < end_ms => {
                self.set_time(to_ms);
                self.enter(Doing::Standing);
                return Ok(());
            }
            Doing::Reaching { .. } => self.arrive(end_ms, true)?,
            _ => {}
        }
        if let Some(to_ms) = self.input.last_ms() {
            self.set_time(to_ms);
        }
        self.compare();
        let result = self.stages.first().filter(|_| self.is_whole).map(Stage::report);
        if let Some(saved) = &self.saved {
            saved.remove();
        }
        let is_looped = self.status.borrow().looped;
        self.tell(|status| {
            status.loops += 1;
            status.result = result.unwrap_or_default();
        });
        if !is_looped {
            self.doing = Doing::Standing;
            self.tell(|status| status.state = ReplayState::Ended);
            return Ok(());
        }
        let from_ms = self.status.borrow().from_ms;
        let to_ms = self.input.first_ms();
        self.begin_at(from_ms.unwrap_or(i64::MIN));
        self.is_whole = true;
        self.enter(Doing::Reaching { to_ms, then_paused: false });
        Ok(())
    }

    fn fail(&mut self, error: &ReplayError) {
        tracing::error!(%error, "a replay cannot go on");
        self.doing = Doing::Standing;
        for region in self.input.regions() {
            for app in self.lanes.iter().filter_map(|lane| lane.app.as_ref()) {
                if let Some(live) = app.region(&region) {
                    live.set_progress(Progress::Stopped(error.to_string()));
                }
            }
        }
        self.tell(|status| {
            status.state = ReplayState::Failed;
            status.error = Some(error.to_string());
        });
    }

    /// Begins to do something else.
    fn enter(&mut self, doing: Doing) {
        self.doing = doing;
        self.pace = Pace::new(self.pace.speed, self.now_ms());
        let state = match doing {
            Doing::Reaching { .. } => ReplayState::Reaching,
            Doing::Stepping { .. } | Doing::Playing => ReplayState::Playing,
            Doing::Standing => ReplayState::Paused,
        };
        self.tell(|status| {
            status.state = state;
            status.error = None;
        });
    }

    fn now_ms(&self) -> i64 {
        self.time_ms.load(Ordering::Relaxed)
    }

    fn set_time(&self, time_ms: i64) {
        self.time_ms.store(time_ms, Ordering::Relaxed);
        self.tell(|status| status.time_ms = time_ms);
    }

    fn tell(&self, tell: impl FnOnce(&mut Status)) {
        self.status.send_modify(tell);
    }
}

fn stages(input: &Input, lanes: &[Lane]) -> Vec<Stage> {
    let regions = input.regions();
    lanes.iter().map(|lane| Stage::new(&regions, &lane.setups)).collect()
}
