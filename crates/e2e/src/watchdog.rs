//! The only place that waits: a condition is polled under a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// How long a condition may take before the test counts as hung. It is not a statement about
/// speed, so it leaves room for a debug build on a loaded machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Looking more often than this would take the processor from the programs under test.
const INTERVAL: Duration = Duration::from_millis(1);

/// Polls `probe` until it yields a value.
///
/// # Panics
/// After [`DEADLINE`], naming `condition`. The drop guards of the test then kill its children
/// and print what they had said.
pub fn wait_until<T>(condition: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "watchdog: after {DEADLINE:?} it still does not hold that {condition}"
        );
        thread::sleep(INTERVAL);
    }
}
