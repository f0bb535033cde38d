//! Figures with their spread, and under which conditions they were taken.

use std::{fmt, fs, thread};

/// The middle one of several figures, and the quarters around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of them are below.
    pub median: f64,
    /// A quarter of them is below.
    pub low: f64,
    /// A quarter is above.
    pub high: f64,
}

impl Spread {
    /// Of at least one figure.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |quarter: usize| figures[(figures.len() - 1) * quarter / 4];
        Self { median: at(2), low: at(1), high: at(3) }
    }

    /// The same in another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let Self { median, low, high } = self;
        Self { median: median * factor, low: low * factor, high: high * factor }
    }
}

/// `median (low to high)`, as many digits as the format asks for.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(1);
        let Self { median, low, high } = self;
        write!(f, "{median:.digits$} ({low:.digits$} to {high:.digits$})")
    }
}

/// What makes figures of this program worse than they could be: who else runs, and how it was
/// built.
#[must_use]
pub fn conditions() -> String {
    let built = if cfg!(debug_assertions) { ", built without optimisation" } else { "" };
    format!("{}{built}", busyness())
}

/// Who else runs.
#[must_use]
pub fn busyness() -> String {
    format!("load average {:.1} on {} cores", load(), cores())
}

/// A word of warning behind a figure, if others keep the machine busy: then it is theirs, too.
#[must_use]
pub fn caveat() -> String {
    match load() > cores() as f64 + 1.0 {
        true => format!("; but the machine is busy ({}), so these are no figures", busyness()),
        false => String::new(),
    }
}

/// Processes that ran or wanted to, in the last minute: proc_loadavg(5).
fn load() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_quarters_lie_around_the_middle() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread, Spread { median: 3.0, low: 2.0, high: 4.0 });
        assert_eq!(format!("{:.0}", spread.times(2.0)), "6 (4 to 8)");
    }
}
