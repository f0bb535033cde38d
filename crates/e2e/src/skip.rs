//! Says aloud that a test cannot run here; counting is left to whoever reads the log.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

use nix::unistd::Uid;

/// Reports `SKIP name: reason` on stderr and, as cargo hides the stderr of a passing test, also
/// appends it to the file named by `HANDOFF_SKIP_LOG`. The test returns after it.
///
/// # Panics
/// When the log cannot be written: a skip that nobody sees is a hole in the tests.
pub fn skip(reason: &str) {
    let thread = thread::current();
    let line = format!("SKIP {}: {reason}\n", thread.name().unwrap_or("test"));
    eprint!("{line}");
    if let Some(path) = env::var_os("HANDOFF_SKIP_LOG") {
        // One write in append mode, so that lines of parallel tests do not mix.
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut log| log.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("cannot append to {}: {error}", path.display()));
    }
}

/// Whether the test may act as another user, enter namespaces and change limits. If not, it has
/// already been reported as skipped.
#[must_use]
pub fn is_root_or_skips() -> bool {
    let root = Uid::effective().is_root();
    if !root {
        skip("needs root");
    }
    root
}
