//! What people see.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether nobody reads any more (`lab all | head`).
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line.
pub(crate) fn print(line: &str) {
    if writeln!(io::stdout(), "{line}").is_err() {
        CLOSED.store(true, Relaxed);
    }
}

/// Whether there is no use in printing more. What runs still runs to its end, and tidies up.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Relaxed)
}
