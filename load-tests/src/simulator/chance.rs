//! Chance that knows no past: a draw depends on the seed, its purpose, its owner and the moment.
//!
//! So any second of a simulation can be made on its own, in any order, and the last second of a
//! recording fits the first one when it is played in a loop.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Words of the key stream that one moment may use; more would run into the next moment's.
const WORDS_PER_MOMENT: u128 = 256;

/// What a draw is for: draws of different purposes are independent.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// A vehicle's way, stops and device.
    Plan = 1,
    /// What a message leaves out.
    Message = 2,
    /// How late a message arrives.
    Latency = 3,
    /// What goes wrong with a record.
    RecordFault = 4,
    /// What goes wrong with a device.
    DeviceFault = 5,
    /// What a detector measures.
    Detector = 6,
    /// Which feeds fall silent.
    Silence = 7,
    /// What a weather station measures.
    Weather = 8,
}

/// The source of all draws of one simulation.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    origin: ChaCha8Rng,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { origin: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The draws of an owner at a moment; `moment` counts whatever the owner counts.
    pub(crate) fn draws(&self, purpose: Purpose, owner: u64, moment: u64) -> Draws {
        let mut rng = self.origin.clone();
        rng.set_stream((purpose as u64) << 48 | owner);
        rng.set_word_pos(u128::from(moment) * WORDS_PER_MOMENT);
        Draws(rng)
    }
}

/// A sequence of draws.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// Uniform between 0 and below 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// True for this share of draws.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// Uniform between two values.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Uniform among 0 to below `count`, 0 when there is none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.share() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// The value at a uniform place of a distribution given by (share, value) points, straight
    /// between them.
    pub(crate) fn quantile(&mut self, points: &[(f64, f64)]) -> f64 {
        let share = self.share();
        points.windows(2).find(|pair| share < pair[1].0).map_or(0.0, |pair| {
            let [(low_share, low), (high_share, high)] = [pair[0], pair[1]];
            low + (high - low) * (share - low_share) / (high_share - low_share)
        })
    }
}
