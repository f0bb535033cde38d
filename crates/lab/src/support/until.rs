//! Waiting for a condition: looked at again and again, under a watchdog.

use std::thread;
use std::time::{Duration, Instant};

use crate::Stop;

/// How long a condition may take before something is taken to hang. No statement about speed:
/// room for a whole bench on an emulated machine.
const DEADLINE: Duration = Duration::from_secs(600);

/// Looking more often would take the processor from who is looked at.
const INTERVAL: Duration = Duration::from_millis(1);

/// Looks until `probe` yields something.
///
/// # Errors
/// The probe's; [`Stop::Failed`] when it takes too long.
pub fn until<T>(
    condition: &str,
    mut probe: impl FnMut() -> Result<Option<T>, Stop>,
) -> Result<T, Stop> {
    let start = Instant::now();
    loop {
        if let Some(value) = probe()? {
            return Ok(value);
        }
        if start.elapsed() > DEADLINE {
            return Err(Stop::failed(format!(
                "after {DEADLINE:?} it does not hold that {condition}"
            )));
        }
        thread::sleep(INTERVAL);
    }
}
