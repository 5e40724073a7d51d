//! Faults: what is done to the system, and how it is undone.

use std::time::{Duration, Instant};

use super::brokers::BROKERS;
use super::system::{GATEWAY, INGEST, PROCESSORS, System};
use crate::kafka::roles::Dice;

/// How long a process is stopped.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a link is down.
const CUT: Duration = Duration::from_mins(1);
/// How long a broker may take to find out that its disk is full, which ends it. One that has not is no
/// use to anyone either, and is ended then.
const FULL: Duration = Duration::from_secs(20);

/// A kind of fault.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// For people.
    pub(super) what: &'static str,
    /// Whether processors keep each other's regions warm.
    pub(super) is_standby: bool,
    /// Seconds of the recording that one takes at least, with what comes after it: what is left must be
    /// as long, so that every fault comes under load.
    pub(super) lasts_s: f64,
    /// Longest time in which a region is to be taken over.
    pub(super) takeover_max_s: Option<f64>,
    /// Does it and undoes it; told how many there were before.
    pub(super) strike: fn(&mut System<'_>, &mut Dice, usize),
}

/// All of them, in the order in which they are tried.
pub(super) const KINDS: [Kind; 9] = [
    Kind {
        name: "processor",
        what: "kill -9 of a processor, with a standby",
        is_standby: true,
        lasts_s: 20.0,
        takeover_max_s: Some(5.0),
        strike: kill_processor,
    },
    Kind {
        name: "processor-alone",
        what: "kill -9 of a processor, without a standby",
        is_standby: false,
        lasts_s: 30.0,
        takeover_max_s: Some(15.0),
        strike: kill_processor,
    },
    Kind {
        name: "ingest",
        what: "kill -9 of ingest",
        is_standby: true,
        lasts_s: 20.0,
        takeover_max_s: None,
        strike: |system, dice, _| kill_part(system, dice, INGEST),
    },
    Kind {
        name: "gateway",
        what: "kill -9 of a gateway",
        is_standby: true,
        lasts_s: 15.0,
        takeover_max_s: None,
        strike: |system, dice, _| kill_part(system, dice, GATEWAY),
    },
    Kind {
        name: "broker",
        what: "kill -9 of a broker",
        is_standby: true,
        lasts_s: 40.0,
        takeover_max_s: None,
        strike: kill_broker,
    },
    Kind {
        name: "pause",
        what: "a process or a broker stopped for 30 s",
        is_standby: true,
        lasts_s: 45.0,
        takeover_max_s: None,
        strike: pause,
    },
    Kind {
        name: "cut",
        what: "the network of a process or a broker cut for a minute",
        is_standby: true,
        lasts_s: 75.0,
        takeover_max_s: None,
        strike: cut,
    },
    Kind {
        name: "disk",
        what: "the disk of a broker full",
        is_standby: true,
        lasts_s: 45.0,
        takeover_max_s: None,
        strike: fill_disk,
    },
    Kind {
        name: "roll",
        what: "a rolling restart of everything",
        is_standby: true,
        lasts_s: 120.0,
        takeover_max_s: None,
        strike: roll,
    },
];

/// Who is stopped or cut off.
#[derive(Clone, Copy)]
enum Target {
    Part(usize),
    Broker(usize),
}

/// Waits some milliseconds less than a number.
pub(super) fn sleep_below(dice: &mut Dice, ms: u64) {
    std::thread::sleep(Duration::from_millis(dice.below(ms)));
}

fn broker(dice: &mut Dice) -> usize {
    dice.below(BROKERS as u64) as usize
}

fn kill_processor(system: &mut System<'_>, dice: &mut Dice, _: usize) {
    let owned = system.shared_out();
    let victim = dice.below(2) as usize;
    sleep_below(dice, 1_000);
    let since = Instant::now();
    system.kill(PROCESSORS[victim]);
    system.take_over(&owned[victim], since);
    system.revive(PROCESSORS[victim]);
}

fn kill_part(system: &mut System<'_>, dice: &mut Dice, place: usize) {
    system.kill(place);
    sleep_below(dice, 2_000);
    system.revive(place);
}

fn kill_broker(system: &mut System<'_>, dice: &mut Dice, _: usize) {
    let victim = broker(dice);
    system.brokers.kill(victim);
    sleep_below(dice, 12_000);
    system.brokers.revive(victim);
}

fn pause(system: &mut System<'_>, dice: &mut Dice, nth: usize) {
    hold(system, dice, nth, PAUSE, |system, target, is_held| {
        let signal = if is_held { "-STOP" } else { "-CONT" };
        match target {
            Target::Part(place) => system.signal(place, signal),
            Target::Broker(number) => system.brokers.signal(number, signal),
        }
    });
}

fn cut(system: &mut System<'_>, dice: &mut Dice, nth: usize) {
    hold(system, dice, nth, CUT, |system, target, is_held| {
        let host = match target {
            Target::Part(place) => system.host(place),
            Target::Broker(number) => system.brokers.host(number),
        };
        system.link(host, if is_held { "down" } else { "up" });
    });
}

/// Keeps someone from the others for some time: processors and brokers more often, since what they do
/// when they come back matters most.
fn hold(
    system: &mut System<'_>,
    dice: &mut Dice,
    nth: usize,
    lasts: Duration,
    set: impl Fn(&System<'_>, Target, bool),
) {
    let processor = dice.below(2) as usize;
    let target = match nth % 6 {
        0 | 3 => Target::Part(PROCESSORS[processor]),
        1 | 4 => Target::Broker(broker(dice)),
        2 => Target::Part(GATEWAY),
        _ => Target::Part(INGEST),
    };
    let owned = nth.is_multiple_of(3).then(|| system.shared_out());
    sleep_below(dice, 1_000);
    let since = Instant::now();
    set(system, target, true);
    if let Some(owned) = owned {
        system.take_over(&owned[processor], since);
    }
    std::thread::sleep(lasts.saturating_sub(since.elapsed()));
    set(system, target, false);
}

fn fill_disk(system: &mut System<'_>, dice: &mut Dice, _: usize) {
    let victim = broker(dice);
    system.brokers.fill_disk(victim);
    if !system.brokers.ends_within(victim, FULL) {
        system.brokers.kill(victim);
    }
    sleep_below(dice, 8_000);
    system.brokers.free_disk(victim);
    system.brokers.revive(victim);
}

fn roll(system: &mut System<'_>, _: &mut Dice, _: usize) {
    for number in 0..BROKERS {
        system.brokers.stop(number);
        system.brokers.revive(number);
        system.calm();
    }
    for place in [INGEST].into_iter().chain(PROCESSORS).chain([GATEWAY]) {
        system.stop(place);
        system.revive(place);
        system.calm();
    }
}
