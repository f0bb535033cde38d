//! Moments and ages, for people.

use std::time::{Duration, UNIX_EPOCH};

/// "3m 20s", "2days 4h": the two largest units.
pub(crate) fn age(seconds: u64) -> String {
    let whole = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    whole.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// "2026-11-21T09:45:00Z, 3m 20s ago".
pub(crate) fn moment(at: u64, now: u64) -> String {
    let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(at)).filter(|_| at < END) else {
        return format!("{at} seconds after 1970");
    };
    let when = humantime::format_rfc3339_seconds(time);
    format!("{when}, {} ago", age(now.saturating_sub(at)))
}

/// The year 9999: behind it humantime has no words.
const END: u64 = 253_402_300_800;
