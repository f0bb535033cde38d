//! What a pair of processes has measured in one round.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use super::Failure;

/// One round of one row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Nanoseconds of one operation: a trip, or a message.
    pub nanos: f64,
    /// How many operations that is the figure of.
    pub operations: u64,
    /// Times of single operations: (nanoseconds, how often). Empty where they overlap.
    pub times: Vec<(u64, u64)>,
    /// The part of that time for which the side that goes there had its core busy.
    pub busy: f64,
    /// How often it was switched away, per operation.
    pub switches: f64,
}

/// What this process has used since.
pub(super) struct Meter {
    usage: Usage,
    start: Instant,
}

impl Meter {
    pub(super) fn start() -> Result<Self, Failure> {
        Ok(Self { usage: getrusage(UsageWho::RUSAGE_SELF)?, start: Instant::now() })
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The outcome of `operations`, if each took the mean time.
    pub(super) fn stop(self, operations: u64) -> Result<Outcome, Failure> {
        let elapsed = self.start.elapsed().as_nanos() as f64;
        let now = getrusage(UsageWho::RUSAGE_SELF)?;
        let busy = |usage: &Usage| (usage.user_time() + usage.system_time()).num_microseconds();
        let switches = |usage: &Usage| {
            usage.voluntary_context_switches() + usage.involuntary_context_switches()
        };
        Ok(Outcome {
            nanos: elapsed / operations as f64,
            operations,
            times: Vec::new(),
            busy: ((busy(&now) - busy(&self.usage)) as f64 * 1e3 / elapsed).min(1.0),
            switches: (switches(&now) - switches(&self.usage)) as f64 / operations as f64,
        })
    }
}

/// A histogram with three digits, of nanoseconds.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are within what it can do")
}

/// A histogram as pairs of value and count.
pub(super) fn pairs(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    histogram
        .iter_recorded()
        .map(|step| (step.value_iterated_to(), step.count_at_value()))
        .collect()
}

/// The middle one.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
