//! Jobs of exports: one runs at a time, the others wait; what is done stays for some time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::{ExportProgress, ExportRequest, Plan};
use crate::app::App;
use crate::problem::Problem;

/// Exports that run at a time: each takes a core and a picture's memory, and live answers come first.
const RUNNING_MAX: usize = 1;
/// What names of files end with that are being written.
const UNFINISHED: &str = ".unfinished";

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It waits for those before it.
    Queued,
    /// It is being written.
    Running,
    /// Its file is there.
    Done,
    /// It has none, and `error` says why.
    Failed,
}

/// An export as a job.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Job {
    /// Id.
    pub(crate) id: String,
    /// How far it is.
    pub(crate) state: State,
    /// Share of the range that is written, 0 to 1.
    pub(crate) progress: f64,
    /// Rows so far.
    pub(crate) rows: u64,
    /// Bytes so far.
    pub(crate) bytes: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// When it was asked for, milliseconds since 1970-01-01 UTC.
    pub(crate) created_ms: i64,
    /// When it was done or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finished_ms: Option<i64>,
    /// When it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) removed_ms: Option<i64>,
    /// What was asked for.
    pub(crate) request: ExportRequest,
}

struct Held {
    job: Job,
    is_cancelled: Arc<AtomicBool>,
}

/// All jobs of this process, and the folder of their files.
pub(crate) struct Exports {
    folder: PathBuf,
    jobs: Mutex<BTreeMap<String, Held>>,
    turns: Arc<Semaphore>,
    count: AtomicU64,
}

impl Exports {
    /// Opens the folder. What is in it is of a process that is dead, whose jobs nobody knows any more:
    /// it goes.
    pub(crate) fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                tracing::info!(path = %path.display(), "removing an export of a process before");
                std::fs::remove_file(&path)?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            jobs: Mutex::new(BTreeMap::new()),
            turns: Arc::new(Semaphore::new(RUNNING_MAX)),
            count: AtomicU64::new(0),
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Held>) -> T) -> T {
        act(&mut self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All jobs, in the order in which they were asked for.
    pub(crate) fn list(&self) -> Vec<Job> {
        self.with(|jobs| jobs.values().map(|held| held.job.clone()).collect())
    }

    /// A job.
    pub(crate) fn job(&self, id: &str) -> Result<Job, Problem> {
        let job = self.with(|jobs| jobs.get(id).map(|held| held.job.clone()));
        job.ok_or_else(|| unknown(id))
    }

    /// Where the file of a job is that is done.
    pub(crate) fn file(&self, id: &str) -> Result<(Job, PathBuf), Problem> {
        let job = self.job(id)?;
        if job.state != State::Done {
            let state = serde_json::to_value(job.state).unwrap_or_default();
            let detail = format!("the file of {id:?} is not there: it is {state}");
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        Ok((job, self.path(id)))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// Adds a job, which begins when those before it have ended.
    pub(crate) fn add(app: &Arc<App>, request: ExportRequest, plan: Plan) -> Result<Job, Problem> {
        let exports = app.exports()?;
        let created_ms = app.now_ms();
        let number = exports.count.fetch_add(1, Ordering::Relaxed) + 1;
        // Time first, so that no job of a process before had the id.
        let id = format!("{created_ms:014}-{number:06}");
        let job = Job {
            id: id.clone(),
            state: State::Queued,
            progress: 0.0,
            rows: 0,
            bytes: 0,
            error: None,
            created_ms,
            finished_ms: None,
            removed_ms: None,
            request,
        };
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let jobs_max = app.options.exports.jobs_max;
        exports.with(|jobs| {
            if jobs.len() >= jobs_max {
                let detail = format!(
                    "there are {jobs_max} exports, as many as there may be; delete one, or come \
                     back when one is gone"
                );
                return Err(Problem::unavailable(detail));
            }
            let held = Held { job: job.clone(), is_cancelled: Arc::clone(&is_cancelled) };
            jobs.insert(id.clone(), held);
            Ok(())
        })?;
        tokio::spawn(run(Arc::clone(app), id, plan, is_cancelled));
        Ok(job)
    }

    /// Removes a job, its file too; one that runs stops.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Problem> {
        let held = self.with(|jobs| jobs.remove(id)).ok_or_else(|| unknown(id))?;
        held.is_cancelled.store(true, Ordering::Relaxed);
        if held.job.state == State::Done
            && let Err(error) = std::fs::remove_file(self.path(id))
        {
            tracing::warn!(id, %error, "the file of an export could not be removed");
        }
        Ok(())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) {
        self.with(|jobs| {
            if let Some(held) = jobs.get_mut(id) {
                change(&mut held.job);
            }
        });
    }
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("no export {id:?}; it may have been removed, /v1/exports lists all"))
}

/// Runs a job in its turn, and removes it when its time is over.
async fn run(app: Arc<App>, id: String, plan: Plan, is_cancelled: Arc<AtomicBool>) {
    let Ok(exports) = app.exports() else { return };
    let Ok(turn) = Arc::clone(&exports.turns).acquire_owned().await else { return };
    if is_cancelled.load(Ordering::Relaxed) || app.closing.is_cancelled() {
        return;
    }
    exports.change(&id, |job| job.state = State::Running);
    let writing = tokio::task::spawn_blocking({
        let (app, id, is_cancelled) = (Arc::clone(&app), id.clone(), Arc::clone(&is_cancelled));
        let runtime = tokio::runtime::Handle::current();
        move || {
            let exports = app.exports()?;
            let bytes_max = app.options.exports.bytes_max;
            let unfinished = exports.folder.join(format!("{id}{UNFINISHED}"));
            let mut told = |progress: ExportProgress| {
                exports.change(&id, |job| show(job, progress));
                !is_cancelled.load(Ordering::Relaxed) && !app.closing.is_cancelled()
            };
            let written = plan.run(&app, &unfinished, bytes_max, &mut told);
            let written = runtime.block_on(written).and_then(|progress| {
                let renamed = std::fs::rename(&unfinished, exports.path(&id));
                renamed.map_err(|error| Problem::internal(&error))?;
                Ok(progress)
            });
            if written.is_err() {
                // It may not have been begun.
                let _ = std::fs::remove_file(&unfinished);
            }
            written
        }
    });
    let written = writing.await.unwrap_or_else(|error| Err(Problem::internal(&error)));
    drop(turn);
    let keep_ms = app.options.exports.keep_s.saturating_mul(1_000);
    let finished_ms = app.now_ms();
    exports.change(&id, |job| {
        job.finished_ms = Some(finished_ms);
        job.removed_ms = Some(finished_ms.saturating_add_unsigned(keep_ms));
        match written {
            Ok(progress) => {
                show(job, progress);
                job.state = State::Done;
            }
            Err(problem) => {
                tracing::warn!(id = job.id, detail = problem.detail, "an export failed");
                job.state = State::Failed;
                job.error = Some(problem.detail);
            }
        }
    });
    // It was deleted between its last row and now.
    if exports.job(&id).is_err() {
        let _ = std::fs::remove_file(exports.path(&id));
        return;
    }
    tokio::select! {
        () = app.closing.cancelled() => {}
        () = tokio::time::sleep(Duration::from_millis(keep_ms)) => drop(exports.remove(&id)),
    }
}

fn show(job: &mut Job, progress: ExportProgress) {
    job.progress = progress.progress;
    job.rows = progress.rows;
    job.bytes = progress.bytes;
}
