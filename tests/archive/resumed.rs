//! A replay that was killed and goes on says the same of itself as one that was not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use gateway::ReplayState;
use replay::{Input, Lane, Order, Replay, SavedState, Start, Status};
use stream::Speed;

use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_archive, open_log, record_all};

/// So long a test waits before it has failed.
const PATIENCE: Duration = Duration::from_mins(1);

async fn reach(replay: &Replay, state: ReplayState) -> Status {
    let mut status = replay.watch();
    let reached = status.wait_for(|status| {
        assert_eq!(status.error, None);
        status.state == state
    });
    tokio::time::timeout(PATIENCE, reached).await.unwrap().unwrap().clone()
}

/// Hashes are of all from the first moment on, or there are none.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_before_a_kill_is_left_out_after_it() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, archive) = (open_log(log_folder.path()), open_archive(folder.path()));
    append(log.as_ref(), &Dice(95).records(700, NOW_MS)).await;
    record_all(&archive, &log).await;
    let (first_ms, to_ms) = archive.extent(REGION).await.unwrap().unwrap();
    let quarter_ms = (to_ms - first_ms) / 4;
    for is_sent_elsewhere in [false, true] {
        let state = folder.path().join(format!("{is_sent_elsewhere}.state"));
        let start = |paused: bool| {
            let (archive, from_ms) = (Arc::clone(&archive), first_ms - 1);
            let input = Input::Archived { archive, regions: vec![REGION.into()], from_ms, to_ms };
            let lane = Lane { setups: BTreeMap::new(), app: None };
            let saved = Some(SavedState::new(&state, "of the same", Duration::ZERO));
            let start = Start { speed: Speed::Max, paused, saved, ..Start::default() };
            Replay::start(input, vec![lane], start, Arc::new(AtomicI64::new(0))).unwrap()
        };
        let replay = start(true);
        reach(&replay, ReplayState::Paused).await;
        if is_sent_elsewhere {
            let seek_ms = Some(first_ms + quarter_ms);
            assert!(replay.order(Order { seek_ms, ..Order::default() }).await);
            reach(&replay, ReplayState::Paused).await;
        }
        let step_ms = Some(2 * quarter_ms);
        assert!(replay.order(Order { step_ms, ..Order::default() }).await);
        reach(&replay, ReplayState::Paused).await;
        drop(replay);
        assert!(state.is_file(), "no progress is kept");
        let ended = reach(&start(false), ReplayState::Ended).await;
        assert_eq!(ended.result.is_empty(), is_sent_elsewhere, "{ended:?}");
    }
}
