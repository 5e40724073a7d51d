//! Faults on the way: what happens to records between publisher and receiver.

use super::chance::{Chance, Draws, Purpose};
use super::feed::{MQTT, Sent};
use super::{Config, Faults};

/// Longest time by which a record is held up, seconds.
const HELD_UP_MAX_S: f64 = 5.0;
/// Longest time until the second copy, seconds.
const COPY_MAX_S: f64 = 0.4;
/// The middle third of the recording, as shares.
const SILENCE: [f64; 2] = [1.0 / 3.0, 2.0 / 3.0];
/// What a gateway in trouble answers, with status 200.
const ERROR_PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>503 Service Temporarily \
Unavailable</title></head>\n<body><h1>Service Temporarily Unavailable</h1></body></html>\n";

/// Strikes records as the faults say.
pub(super) struct Damage {
    faults: Faults,
    chance: Chance,
    duration_s: i64,
    /// Whether each feed falls silent.
    silent: Vec<bool>,
}

impl Damage {
    pub(super) fn new(config: &Config, chance: Chance, feeds: usize) -> Self {
        let mut silent = vec![false; feeds];
        let mut draws = chance.draws(Purpose::Silence, 0, 0);
        for _ in 0..config.faults.silent_feeds.min(feeds) {
            let still_loud: Vec<usize> = (0..feeds).filter(|place| !silent[*place]).collect();
            silent[still_loud[draws.below(still_loud.len())]] = true;
        }
        Self {
            faults: config.faults.clone(),
            chance,
            duration_s: i64::from(config.duration_s),
            silent,
        }
    }

    /// Strikes what a feed sent in a second.
    pub(super) fn strike(&self, place: usize, second: i64, sent: &mut Vec<Sent>) {
        let phase_s = second.rem_euclid(self.duration_s);
        let share = phase_s as f64 / self.duration_s as f64;
        if self.silent[place] && (SILENCE[0]..SILENCE[1]).contains(&share) {
            sent.clear();
        }
        if self.faults == Faults::none() {
            return;
        }
        let mut copies = Vec::new();
        for (nth, record) in sent.iter_mut().enumerate() {
            // A record of its own, so that one more message does not change the fate of others.
            let owner = (place as u64) << 32 | nth as u64;
            let moment = phase_s.unsigned_abs();
            let mut draws = self.chance.draws(Purpose::RecordFault, owner, moment);
            let twice = draws.happens(self.faults.duplicate_share);
            if draws.happens(self.faults.reordered_share) {
                record.received_time_ms += (draws.between(0.5, HELD_UP_MAX_S) * 1_000.0) as i64;
            }
            if record.source != MQTT && draws.happens(self.faults.error_page_share) {
                record.payload = ERROR_PAGE.to_vec();
            } else if draws.happens(self.faults.malformed_share) {
                spoil(&mut record.payload, &mut draws);
            }
            if twice {
                let later_ms = (draws.between(0.0, COPY_MAX_S) * 1_000.0) as i64;
                copies.push(Sent {
                    received_time_ms: record.received_time_ms + later_ms,
                    source: record.source.clone(),
                    topic: record.topic.clone(),
                    payload: record.payload.clone(),
                });
            }
        }
        sent.append(&mut copies);
    }
}

/// Cuts bytes off, scrambles them, or puts others in their place.
fn spoil(payload: &mut Vec<u8>, draws: &mut Draws) {
    match draws.below(4) {
        0 => payload.truncate(payload.len() / 2),
        1 => {
            for byte in payload.iter_mut().take(24) {
                *byte ^= 0xa5;
            }
        }
        2 => *payload = vec![0xff, 0x00, 0xfe],
        _ => payload.clear(),
    }
}
