//! For test builds: what the environment wants to happen at a step.
//!
//! `HANDOFF_STEP_LOG=FILE` writes each step's name, one a line, before it is taken.
//! `HANDOFF_KILL=NAME:N` has the process killed, by SIGKILL, before the N-th time that
//! it takes the step NAME; `HANDOFF_STOP=NAME:N` has it stopped there, by SIGSTOP, until
//! somebody lets it go on. Either may name several, with commas between them.

use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use handoff_proto::step::{Step, on_step};
use nix::sys::signal::{Signal, raise};

static LOG: OnceLock<File> = OnceLock::new();
static SIGNALS: OnceLock<Vec<At>> = OnceLock::new();

/// A signal to oneself, before the N-th time of a step.
struct At {
    signal: Signal,
    step: String,
    count: usize,
    taken: AtomicUsize,
}

impl At {
    fn asked_by((variable, signal): (&str, Signal)) -> Vec<Self> {
        let value = std::env::var(variable).unwrap_or_default();
        value.split_terminator(',').map(|at| Self::new(signal, at)).collect()
    }

    fn new(signal: Signal, at: &str) -> Self {
        let (step, count) = at.split_once(':').expect("NAME:N");
        let count = count.parse().expect("NAME:N");
        Self { signal, step: step.to_owned(), count, taken: AtomicUsize::new(0) }
    }
}

/// From now on, each step does what the environment says.
pub(crate) fn start() {
    if let Some(path) = std::env::var_os("HANDOFF_STEP_LOG") {
        let file = File::options().create(true).append(true).open(path).expect("a log of steps");
        let _ = LOG.set(file);
    }
    let asked = [("HANDOFF_KILL", Signal::SIGKILL), ("HANDOFF_STOP", Signal::SIGSTOP)];
    let _ = SIGNALS.set(asked.into_iter().flat_map(At::asked_by).collect());
    on_step(at);
}

fn at(step: Step, values: &dyn Fn() -> String) {
    if let Some(mut log) = LOG.get() {
        // One write: two threads do not mix their lines.
        let _ = log.write_all(format!("{step:?}\n").as_bytes());
    }
    for at in SIGNALS.get().into_iter().flatten() {
        if at.step == format!("{step:?}") && at.taken.fetch_add(1, Relaxed) + 1 == at.count {
            let _ = raise(at.signal);
        }
    }
    // The hook is taken, and `--step` has its turn all the same.
    crate::stepping::at(step, values);
}
