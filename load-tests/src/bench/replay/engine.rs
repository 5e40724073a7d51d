//! `tilanne replay` itself: the same slice through the engine, with the hashes that it prints.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use gateway::ReplayState;
use replay::{Input, Lane, Replay, Start};
use stream::Speed;

use super::city::City;
use super::recorded::Recorded;
use super::{RUNS, SLICE_S, day_messages_per_s};
use crate::bench::{BenchError, Figure, median};

/// The slice through the engine, without streets and with all of it.
pub(in crate::bench) fn engine(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let slice = Recorded::new(&city, SLICE_S)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(BenchError::new)?;
    for (name, has_streets) in
        [("replay_engine_without_streets", false), ("replay_engine_with_streets", true)]
    {
        let mut rates = Vec::new();
        for _ in 0..RUNS {
            let wall_s = runtime.block_on(play(&city, &slice, has_streets))?;
            rates.push(slice.messages as f64 / wall_s);
        }
        let rate = median(rates);
        each(Figure::known(format!("{name}_rate"), rate, "messages/s"));
        let (times, name) = (rate / day_messages_per_s(), format!("{name}_day"));
        each(if has_streets {
            Figure::at_least(name, times, "times", 150.0)
        } else {
            Figure::known(name, times, "times")
        });
    }
    Ok(())
}

/// Seconds that the engine takes for the slice.
async fn play(city: &City, slice: &Recorded, has_streets: bool) -> Result<f64, BenchError> {
    let input = Input::Recorded {
        files: vec![slice.path()],
        regions: vec![city.config.clone()],
        from_ms: None,
        to_ms: None,
    };
    let setup = if has_streets { city.setup.clone() } else { city.without_streets() };
    let setups = BTreeMap::from([(city.config.id.clone(), setup)]);
    let start = Start { speed: Speed::Max, ..Start::default() };
    let began = Instant::now();
    let lane = Lane { setups, app: None };
    let replay =
        Replay::start(input, vec![lane], start, Arc::default()).map_err(BenchError::new)?;
    let mut status = replay.watch();
    loop {
        status.changed().await.map_err(BenchError::new)?;
        let now = status.borrow_and_update().clone();
        match now.state {
            ReplayState::Ended => return Ok(began.elapsed().as_secs_f64()),
            ReplayState::Failed => return Err(BenchError(now.error.unwrap_or_default())),
            _ => {}
        }
    }
}
