//! The System V calls of an experiment, shown as they are made, with arguments and result:
//! nobody has to retype them, so none is shown that was not made.
//!
//! The wrapper logs each call; this is the sink.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};

use log::{LevelFilter, Log, Metadata, Record};

use crate::Tidings;

/// Where the calls are logged.
const TARGET: &str = "handoff_shm::sysv";

/// What becomes of a call; one of the following.
static MODE: AtomicU8 = AtomicU8::new(HIDDEN);
const HIDDEN: u8 = 0;
const PRINTED: u8 = 1;
/// Passed on to the process that listens to this peer.
const TOLD: u8 = 2;

/// Whether the last call was a shmat(2) that succeeded.
static ATTACHED: AtomicBool = AtomicBool::new(false);

struct Calls;

impl Log for Calls {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(TARGET)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let call = record.args().to_string();
        // After attaching, the wrapper asks how large it is: nobody who reads about shmat(2) has
        // to know.
        let attached = call.starts_with("shmat(") && !call.contains("= -1");
        if ATTACHED.swap(attached, Relaxed) && call.contains("IPC_STAT") {
            return;
        }
        match MODE.load(Relaxed) {
            // Nobody there to see it: the experiment goes on and tidies up.
            PRINTED => drop(writeln!(io::stdout(), "    {call}")),
            TOLD => Tidings::Call(call).send(),
            _ => {}
        }
    }

    fn flush(&self) {}
}

/// Shows calls from now on, as an experiment.
pub fn show_calls() {
    start(PRINTED);
}

/// Has them shown by the process that listens to us, as a peer.
pub fn tell_calls() {
    start(TOLD);
}

fn start(mode: u8) {
    MODE.store(mode, Relaxed);
    // It fails in a forked peer, whose logger is this one already.
    let _ = log::set_logger(&Calls);
    log::set_max_level(LevelFilter::Debug);
}

/// Does something without showing its calls, because they are not what the experiment is about.
pub fn unseen<T>(work: impl FnOnce() -> T) -> T {
    let mode = MODE.swap(HIDDEN, Relaxed);
    let result = work();
    MODE.store(mode, Relaxed);
    result
}
