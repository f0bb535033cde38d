//! What there is, read without disturbing it. Nothing is printed here; all of it can be JSON.
//!
//! | module | owns |
//! |---|---|
//! | [`memory`] | bytes to be looked at: attached read-only, or read from a file |
//! | [`exchange`] | what is in them |
//! | [`slot`] | the same, slot by slot |
//! | [`segment`] | System V segments |
//! | [`named`] | POSIX objects and files of writer and reader |
//! | [`socket`] | the sockets at which they meet |
//! | [`nameless`] | memfds, found at their holders |
//! | [`holders`] | which process has what open or mapped |
//! | [`process`] | what a thread is called, and what it sleeps in |
//! | [`account`] | users and groups |
//! | [`limits`] | the kernel's limits, and how much of them is used |

pub(crate) mod account;
pub(crate) mod exchange;
pub(crate) mod holders;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod named;
pub(crate) mod nameless;
pub(crate) mod process;
pub(crate) mod segment;
pub(crate) mod slot;
pub(crate) mod socket;

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the epoch; 0 for what lies before it.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
