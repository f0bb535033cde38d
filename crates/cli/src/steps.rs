//! For test builds: what the environment wants to happen at a step.
//!
//! `HANDOFF_STEP_LOG=FILE` writes each step's name, one a line, before it is taken.
//! `HANDOFF_KILL=NAME:N` has the process killed, by SIGKILL, before the N-th time that
//! it takes the step NAME.

use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use handoff_proto::step::{Step, on_step};
use nix::sys::signal::{Signal, raise};

static LOG: OnceLock<File> = OnceLock::new();
static KILL: OnceLock<(String, usize)> = OnceLock::new();
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// From now on, each step does what the environment says.
pub(crate) fn start() {
    if let Some(path) = std::env::var_os("HANDOFF_STEP_LOG") {
        let file = File::options().create(true).append(true).open(path).expect("a log of steps");
        let _ = LOG.set(file);
    }
    if let Ok(kill) = std::env::var("HANDOFF_KILL") {
        let (name, count) = kill.split_once(':').expect("HANDOFF_KILL=NAME:N");
        let _ = KILL.set((name.to_owned(), count.parse().expect("HANDOFF_KILL=NAME:N")));
    }
    on_step(at);
}

fn at(step: Step) {
    if let Some(mut log) = LOG.get() {
        // One write: two threads do not mix their lines.
        let _ = log.write_all(format!("{step:?}\n").as_bytes());
    }
    if let Some((name, count)) = KILL.get()
        && *name == format!("{step:?}")
        && TAKEN.fetch_add(1, Relaxed) + 1 == *count
    {
        let _ = raise(Signal::SIGKILL);
    }
}
