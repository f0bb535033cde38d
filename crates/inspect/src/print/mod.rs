//! Facts as text for people, and as JSON for programs.
//!
//! | module | owns |
//! |---|---|
//! | [`table`] | columns |
//! | [`list`] | all objects, a line each |
//! | [`segment`] | one System V segment, every field in words |
//! | [`object`] | one of another kind, the same |
//! | [`exchange`] | the exchange in it, slot by slot |
//! | [`hex`] | bytes, in hex beside text |
//! | [`visible`] | text that a terminal shows and does not obey |
//! | [`time`] | moments and ages |
//! | [`limits`] | limits, with bars |
//! | [`failure`] | errors, in the one line that they have in these programs |

pub(crate) mod exchange;
pub(crate) mod failure;
pub(crate) mod hex;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod object;
pub(crate) mod segment;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod visible;

use std::io::{self, Write};

use handoff_cli::{Exit, Failure};
use serde::Serialize;

/// Writes all of it to stdout. If nobody reads it any more, that is no error.
///
/// # Errors
/// A full disk, say.
pub(crate) fn out(text: &str) -> Result<Exit, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::of("cannot write to stdout", error))
        }
        _ => Ok(Exit::Ended),
    }
}

/// The same for JSON, with a newline behind it.
///
/// # Errors
/// As above.
pub(crate) fn json(facts: &impl Serialize) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(facts);
    out(&(text.map_err(|error| Failure::of("cannot write JSON", error))? + "\n"))
}

/// "1 slot", "2 slots".
pub(crate) fn count(number: impl Into<u64>, noun: &str) -> String {
    let number = number.into();
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
