//! Hand-offs: how many since we look, and how many a second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use handoff_proto::snapshot::SlotWords;

/// Laps wrap here.
const LAPS: u32 = 1 << 30;

/// What is averaged over.
const WINDOW: Duration = Duration::from_secs(1);

/// How many seconds of the past are kept.
const PAST: usize = 300;

/// A count that only grows, and its growth.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    total: u64,
    recent: VecDeque<(Instant, u64)>,
    /// Hand-offs in each second gone by, the latest last.
    past: VecDeque<u64>,
    second: Option<(Instant, u64)>,
}

impl Pace {
    /// Counts what was handed over between two looks at the same exchange.
    pub(crate) fn count(&mut self, before: &[SlotWords], now: &[SlotWords]) {
        let grown = |(before, now): (&SlotWords, &SlotWords)| {
            let laps = (now.sent() + LAPS - before.sent()) % LAPS;
            // Half of all that there are is more than ever happens: somebody has set it back.
            u64::from(if laps < LAPS / 2 { laps } else { 0 })
        };
        self.total += before.iter().zip(now).map(grown).sum::<u64>();
    }

    /// Notes the time of a look.
    pub(crate) fn tick(&mut self, at: Instant) {
        self.recent.push_back((at, self.total));
        while self.recent.len() > 2 && at - self.recent[1].0 >= WINDOW {
            self.recent.pop_front();
        }
        let (begun, total) = *self.second.get_or_insert((at, self.total));
        if at - begun >= WINDOW {
            let rate = (self.total - total) as f64 / (at - begun).as_secs_f64();
            self.past.push_back(rate as u64);
            self.second = Some((at, self.total));
        }
        if self.past.len() > PAST {
            self.past.pop_front();
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// A second, over the last one.
    pub(crate) fn rate(&self) -> f64 {
        match (self.recent.front(), self.recent.back()) {
            (Some((from, before)), Some((to, now))) if to > from => {
                (now - before) as f64 / (*to - *from).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// The last so many seconds, one number each.
    pub(crate) fn past(&self, seconds: usize) -> Vec<u64> {
        self.past.iter().skip(self.past.len().saturating_sub(seconds)).copied().collect()
    }
}
