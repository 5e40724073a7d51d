//! What goes wrong, on purpose.

use super::ConfigError;

/// Faults with their rates; 0 switches one off. Which record or device they strike depends on the
/// seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// Share of records that arrive twice.
    pub duplicate_share: f64,
    /// Share of records that others overtake, by up to five seconds.
    pub reordered_share: f64,
    /// Share of records whose bytes are cut off, scrambled or not of their format.
    pub malformed_share: f64,
    /// Share of HTTP answers that are an error page with status 200.
    pub error_page_share: f64,
    /// Share of vehicles that report one place for good, with the speed at which they go.
    pub frozen_share: f64,
    /// Share of vehicles whose clock is minutes, or years, off.
    pub skewed_clock_share: f64,
    /// Share of positions that are kilometres off for one message.
    pub teleport_share: f64,
    /// Share of detectors that report the same speed and flow for good.
    pub stuck_share: f64,
    /// Feeds that say nothing in the middle third of the recording.
    pub silent_feeds: usize,
}

/// The names by which faults are switched on, with what switches them.
type Switch = (&'static str, fn(&mut Faults, &Faults));

/// All faults by name, in alphabetical order.
const SWITCHES: &[Switch] = &[
    ("clock", |to, from| {
        to.skewed_clock_share = from.skewed_clock_share;
    }),
    ("duplicate", |to, from| {
        to.duplicate_share = from.duplicate_share;
    }),
    ("error-page", |to, from| {
        to.error_page_share = from.error_page_share;
    }),
    ("frozen", |to, from| to.frozen_share = from.frozen_share),
    ("malformed", |to, from| {
        to.malformed_share = from.malformed_share;
    }),
    ("reorder", |to, from| {
        to.reordered_share = from.reordered_share;
    }),
    ("silent", |to, from| to.silent_feeds = from.silent_feeds),
    ("stuck", |to, from| to.stuck_share = from.stuck_share),
    ("teleport", |to, from| {
        to.teleport_share = from.teleport_share;
    }),
];

impl Default for Faults {
    /// What the publishers really send: now and then a message twice. (Missing values, late and
    /// back-dated messages belong to the formats, and are there without any fault.)
    fn default() -> Self {
        Self { duplicate_share: 0.002, ..Self::none() }
    }
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self {
            duplicate_share: 0.0,
            reordered_share: 0.0,
            malformed_share: 0.0,
            error_page_share: 0.0,
            frozen_share: 0.0,
            skewed_clock_share: 0.0,
            teleport_share: 0.0,
            stuck_share: 0.0,
            silent_feeds: 0,
        }
    }

    /// Everything goes wrong, often enough to be seen in a minute.
    pub fn all() -> Self {
        Self {
            duplicate_share: 0.02,
            reordered_share: 0.02,
            malformed_share: 0.01,
            error_page_share: 0.1,
            frozen_share: 0.1,
            skewed_clock_share: 0.1,
            teleport_share: 0.005,
            stuck_share: 0.1,
            silent_feeds: 1,
        }
    }

    /// `default`, `none`, `all`, or the faults of `all` whose names a comma-separated list has.
    ///
    /// ```
    /// use load_tests::simulator::Faults;
    /// let faults = Faults::parse("frozen,duplicate").unwrap();
    /// assert!(faults.frozen_share > 0.0 && faults.teleport_share == 0.0);
    /// ```
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        match list {
            "default" => return Ok(Self::default()),
            "none" => return Ok(Self::none()),
            "all" => return Ok(Self::all()),
            _ => {}
        }
        let all = Self::all();
        let mut faults = Self::none();
        for name in list.split(',').map(str::trim) {
            let switch = SWITCHES.iter().find(|(known, _)| *known == name);
            let (_, turn_on) = switch
                .ok_or_else(|| ConfigError::Fault { name: name.into(), known: known_names() })?;
            turn_on(&mut faults, &all);
        }
        Ok(faults)
    }
}

fn known_names() -> String {
    let names: Vec<&str> = SWITCHES.iter().map(|(name, _)| *name).collect();
    format!("default, none, all, {}", names.join(", "))
}
