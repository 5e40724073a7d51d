//! Benches: figures of a release build, each beside its target.
//!
//! A figure is the median of several runs. Nothing here fails when a target is missed: machines are
//! shared and noisy, and an honest figure is worth more than a green one.

mod accuracy;
mod core;
mod emissions;
mod kafka;
mod latency;
mod matching;
mod peers;
mod process;
mod push;
mod query;
mod replay;
pub mod report;
mod streets;

use std::borrow::Cow;

use serde::Serialize;

/// A measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: Cow<'static, str>,
    /// The median.
    pub figure: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it should be, when there is a target.
    pub target: Option<f64>,
    /// Whether it is.
    pub met: Option<bool>,
    /// The same figure of a naive method on the same data, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
}

impl Figure {
    /// A figure that should reach its target.
    pub fn at_least(
        name: impl Into<Cow<'static, str>>,
        figure: f64,
        unit: &'static str,
        target: f64,
    ) -> Self {
        let met = Some(figure >= target);
        Self { target: Some(target), met, ..Self::known(name, figure, unit) }
    }

    /// A figure that should stay below its target.
    pub fn below(
        name: impl Into<Cow<'static, str>>,
        figure: f64,
        unit: &'static str,
        target: f64,
    ) -> Self {
        let met = Some(figure < target);
        Self { target: Some(target), met, ..Self::known(name, figure, unit) }
    }

    /// A figure without a target.
    pub fn known(name: impl Into<Cow<'static, str>>, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, unit, target: None, met: None, baseline: None }
    }

    /// With the same figure of a naive method.
    #[must_use]
    pub fn against(self, baseline: Option<f64>) -> Self {
        Self { baseline, ..self }
    }
}

/// Why a figure could not be measured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BenchError(pub String);

impl BenchError {
    /// From anything that says what went wrong.
    pub fn new(what: impl std::fmt::Display) -> Self {
        Self(what.to_string())
    }
}

type Measure = fn(&mut dyn FnMut(Figure)) -> Result<(), BenchError>;

/// A named group of figures.
pub struct Bench {
    /// Name on the command line.
    pub name: &'static str,
    measures: &'static [(&'static str, Measure)],
}

/// Parts that take the better part of an hour, and are measured only when they are named.
const ON_REQUEST: &[&str] = &["day"];

/// All benches, in alphabetical order.
pub const BENCHES: &[Bench] = &[
    Bench {
        name: "accuracy",
        measures: &[
            ("matching", matching::matching),
            ("speed", accuracy::speed),
            ("calibration", accuracy::calibration),
            ("flow", accuracy::flow),
            ("emissions", accuracy::emissions),
        ],
    },
    Bench {
        name: "emissions",
        measures: &[("evaluations", emissions::evaluations), ("step", emissions::step)],
    },
    Bench {
        name: "kafka",
        measures: &[
            ("throughput", kafka::throughput),
            ("latency", kafka::latency),
            ("takeover", kafka::takeover),
            ("cities", kafka::cities),
        ],
    },
    Bench {
        name: "main",
        // Memory first: afterwards the allocator has freed memory to give out again.
        measures: &[
            ("memory", core::memory),
            ("hfp", core::hfp),
            ("apply", core::apply),
            ("query", core::query),
            ("push", latency::push),
            ("demo", process::demo),
        ],
    },
    Bench {
        name: "push",
        measures: &[
            ("clients", push::clients),
            ("ingest", push::ingest),
            ("formats", push::formats),
            ("peers", peers::peers),
        ],
    },
    Bench { name: "query", measures: &[("tiles", query::tiles), ("geojson", query::geojson)] },
    Bench {
        name: "replay",
        // Memory first: afterwards the allocator has freed memory to give out again.
        measures: &[
            ("memory", replay::memory),
            ("plain", replay::plain),
            ("streets", replay::streets),
            ("engine", replay::engine),
            ("recording", replay::recording),
            ("as_of", replay::as_of),
            ("day", replay::day),
        ],
    },
    Bench {
        name: "streets",
        measures: &[
            ("memory", streets::memory),
            ("resident", streets::resident),
            ("fixes", streets::fixes),
        ],
    },
];

impl Bench {
    /// Measures the group, or the parts of it that are named with commas between, giving each figure
    /// as it is known.
    pub fn run(&self, part: Option<&str>, each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
        let is_chosen = |name: &str| match part {
            Some(parts) => parts.split(',').any(|part| part == name),
            None => !ON_REQUEST.contains(&name),
        };
        let mut chosen = self.measures.iter().filter(|(name, _)| is_chosen(name)).peekable();
        if chosen.peek().is_none() {
            let known: Vec<_> = self.measures.iter().map(|(name, _)| *name).collect();
            let part = part.unwrap_or_default();
            return Err(BenchError(format!("no part {part:?}; there are: {}", known.join(", "))));
        }
        for (_, measure) in chosen {
            measure(each)?;
        }
        Ok(())
    }
}

/// Median of the runs' figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
