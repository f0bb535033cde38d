//! SIGTERM, SIGHUP and SIGINT: the terminal is put back before the program ends.
//!
//! They are blocked and waited for by a thread, which leaves a note. So no code runs inside a
//! handler, and no call of the main thread is cut short.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{process, thread};

use nix::sys::signal::{SigSet, Signal};

use super::terminal::rest;

/// One of them came.
static CAME: AtomicBool = AtomicBool::new(false);

/// From now on, they are noted. Before any other thread is started.
///
/// # Errors
/// No thread can be had.
pub(crate) fn note() -> std::io::Result<()> {
    let signals: SigSet = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT].into_iter().collect();
    signals.thread_block()?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        let signal = signals.wait();
        // The main thread may be about to read from a terminal that is gone: see `rest`.
        if signal == Ok(Signal::SIGHUP) && !rest(Duration::ZERO) {
            process::exit(0);
        }
        if signal.is_ok() {
            CAME.store(true, Relaxed);
        }
    })?;
    Ok(())
}

/// Whether one came.
pub(crate) fn came() -> bool {
    CAME.load(Relaxed)
}
