//! Medians and spreads of all rounds, and what a histogram says.

use serde::{Deserialize, Serialize};

use crate::side::{Failure, histogram};

/// One figure over all rounds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    /// A quarter of the rounds is below.
    pub(crate) low: f64,
    /// A quarter is above.
    pub(crate) high: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) rounds: usize,
    /// All of them, in their order.
    pub(crate) each: Vec<f64>,
}

impl Summary {
    /// Of at least one round.
    pub(crate) fn of(rounds: impl IntoIterator<Item = f64>) -> Self {
        let each: Vec<f64> = rounds.into_iter().collect();
        let mut rounds = each.clone();
        rounds.sort_by(f64::total_cmp);
        let at = |quarter| rounds[(rounds.len() - 1) * quarter / 4];
        let middle = rounds.len() / 2;
        let median = match rounds.len() % 2 {
            1 => rounds[middle],
            _ => f64::midpoint(rounds[middle - 1], rounds[middle]),
        };
        Self { median, low: at(1), high: at(3), min: at(0), max: at(4), rounds: rounds.len(), each }
    }

    /// The median of the ratios to what `other` was at the same time; none if it was not
    /// measured as often. Two cores of a virtual machine are now near each other, now far, and
    /// what is short takes five times as long then: a ratio of two medians may be one of both.
    pub(crate) fn ratio_to(&self, other: &Self) -> Option<f64> {
        if self.each.is_empty() || self.each.len() != other.each.len() {
            return None;
        }
        let pairs = self.each.iter().zip(&other.each);
        Some(Self::of(pairs.map(|(this, other)| this / other)).median)
    }

    /// Half the distance between the quarters, as a part of the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median
    }
}

/// Times of single operations in all rounds, in nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
    /// (quantile, nanoseconds), to draw by.
    pub(crate) quantiles: Vec<(f64, u64)>,
}

/// Steps of the curve between two nines.
const STEPS: u32 = 10;

impl Times {
    /// Of the pairs that outcomes have; none if they have none.
    ///
    /// # Errors
    /// A time that no histogram holds.
    pub(crate) fn of<'a>(
        pairs: impl IntoIterator<Item = &'a (u64, u64)>,
    ) -> Result<Option<Self>, Failure> {
        let mut times = histogram();
        for &(nanos, count) in pairs {
            times.record_n(nanos, count)?;
        }
        if times.is_empty() {
            return Ok(None);
        }
        // As far as there are ten samples behind it.
        let nines = (times.len() as f64 / 10.0).log10().max(1.0);
        let quantiles = (0..)
            .map(|step| f64::from(step) / f64::from(STEPS))
            .take_while(|&at| at <= nines)
            .map(|at| 1.0 - 10f64.powf(-at))
            .map(|quantile| (quantile, times.value_at_quantile(quantile)))
            .collect();
        let at = |quantile| times.value_at_quantile(quantile);
        Ok(Some(Self {
            count: times.len(),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: times.max(),
            quantiles,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn a_ratio_is_of_what_was_measured_at_the_same_time() {
        // Far, near, far, near; and one round in which it changed in between.
        let line = Summary::of([400.0, 80.0, 400.0, 80.0, 400.0]);
        let ours = Summary::of([440.0, 88.0, 440.0, 88.0, 88.0]);
        assert_eq!(ours.median / line.median, 0.22);
        assert!((ours.ratio_to(&line).unwrap() - 1.1).abs() < 1e-9);
        assert_eq!(ours.ratio_to(&Summary::of([1.0])), None);
    }
}
