//! Ctrl-C: it ends the experiment, and we stay to tidy up.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use nix::sys::signal::Signal;

/// Whether it was pressed.
static CAME: AtomicBool = AtomicBool::new(false);

/// From now on it ends only what we have started, which has no handler.
pub(crate) fn stay() {
    // It fails only if there is a handler already.
    let _ = ctrlc::set_handler(|| CAME.store(true, Relaxed));
}

/// Whether it was pressed, judging also by how an experiment ended: our own handler may be
/// late.
pub(crate) fn has_ended(status: ExitStatus) -> bool {
    if status.signal() == Some(Signal::SIGINT as i32) {
        CAME.store(true, Relaxed);
    }
    came()
}

/// Whether it was pressed.
pub(crate) fn came() -> bool {
    CAME.load(Relaxed)
}
