//! What must hold of every victim, whatever was done to it.

use std::collections::HashSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use handoff_e2e::procfs::{is_wholly_asleep, usage};
use handoff_e2e::{Outcome, Running, wait_until};

/// How long the victims are watched for work that leads nowhere. A span of a measurement.
const SPAN: Duration = Duration::from_millis(400);

/// Ticks (of 10 ms) that a victim may use in that span: looking every 50 ms is no work.
const TICKS: u64 = 6;

/// Time for a victim to come to rest or to its end, and to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(8);

/// A victim, and what was done to it.
pub(crate) struct Victim {
    what: String,
    running: Running,
    ticks: u64,
    /// The writer before it, which may have left its number in a slot.
    after: Option<i32>,
}

impl Victim {
    pub(crate) fn new(what: impl Into<String>, running: Running) -> Self {
        Self { what: what.into(), running, ticks: 0, after: None }
    }

    pub(crate) fn after(self, writer: Option<i32>) -> Self {
        Self { after: writer, ..self }
    }

    fn is_over(&self) -> bool {
        // Nobody else collects our children, so an ended one stays a zombie.
        fs::read_to_string(format!("/proc/{}/stat", self.running.pid()))
            .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" Z")))
    }

    fn is_at_rest(&self) -> bool {
        self.is_over() || self.running.is_itself() && is_wholly_asleep(self.running.pid())
    }

    /// Burnt since the last look.
    fn ticks(&mut self) -> u64 {
        let now = if self.is_over() { self.ticks } else { usage(self.running.pid()).ticks };
        now - std::mem::replace(&mut self.ticks, now)
    }

    fn name(&self) -> String {
        format!("{} ({})", self.what, self.running.pid())
    }
}

/// Waits, but not for longer than [`PATIENCE`].
fn hope(condition: &str, mut probe: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    wait_until(condition, || {
        let holds = probe();
        (holds || start.elapsed() > PATIENCE).then_some(holds)
    })
}

/// No attack is going on: each victim ended, or sleeps; Ctrl-C then ends it at once.
#[track_caller]
pub(crate) fn judge(mut victims: Vec<Victim>) {
    hope("all have come to rest", || victims.iter().all(Victim::is_at_rest));
    for victim in &mut victims {
        victim.ticks();
    }
    thread::sleep(SPAN);
    let mut faults: Vec<String> = victims
        .iter_mut()
        .filter_map(|victim| match victim.ticks() {
            ..=TICKS => None,
            ticks => Some(format!("{}: {ticks} ticks burnt in {SPAN:?}", victim.name())),
        })
        .collect();
    faults.extend(interrupt_and_collect(victims));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// An attack is going on: Ctrl-C ends each victim all the same.
#[track_caller]
pub(crate) fn judge_under_attack(victims: Vec<Victim>) {
    hope("all can be interrupted", || {
        victims.iter().all(|it| {
            it.is_over()
                || it.running.is_itself() && handoff_e2e::procfs::catches_sigint(it.running.pid())
        })
    });
    let faults = interrupt_and_collect(victims);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn interrupt_and_collect(victims: Vec<Victim>) -> Vec<String> {
    let allowed = alphabet(&victims);
    for victim in victims.iter().filter(|victim| !victim.is_over()) {
        victim.running.interrupt();
    }
    hope("all have ended", || victims.iter().all(Victim::is_over));
    let mut faults = Vec::new();
    for victim in victims {
        let name = victim.name();
        if victim.is_over() {
            faults.extend(fault(&victim.running.exit(), &allowed).map(|why| name + ": " + &why));
        } else {
            let outcome = victim.running.kill();
            faults.push(format!("{name}: does not end by Ctrl-C; stderr:\n{}", outcome.stderr));
        }
    }
    faults
}

/// All that is ever in a slot: zeroes at first, the tests' numbered lines, the attacks' letters,
/// and what an end says: the number of the writer that ended its stream, and two flags.
fn alphabet(victims: &[Victim]) -> HashSet<u8> {
    let writers = victims.iter().flat_map(|it| it.after.into_iter().chain([it.running.pid()]));
    let numbers = writers.flat_map(i32::to_ne_bytes);
    (b'0'..=b'9').chain(b'A'..=b'Z').chain([0, b'\n']).chain(numbers).chain(1..=3).collect()
}

fn fault(outcome: &Outcome, allowed: &HashSet<u8>) -> Option<String> {
    let Outcome { name, status, stdout, stderr } = outcome;
    let stderr_is = format!("stderr:\n{stderr}");
    if let Some(signal) = status.signal() {
        return Some(format!("died by signal {signal}; {stderr_is}"));
    }
    let code = status.code().unwrap_or(-1);
    let sign = format!("{name}: ");
    if ![0, 1, 3, 130].contains(&code) || stderr.contains("panicked") {
        return Some(format!("exit status {code}; {stderr_is}"));
    }
    if stderr.lines().any(|line| !line.starts_with(&sign)) {
        return Some(format!("an unsigned line; {stderr_is}"));
    }
    if code == 1 && !stderr.lines().next_back().is_some_and(|line| line.contains("segment")) {
        return Some(format!("failed, and does not say over which segment; {stderr_is}"));
    }
    let strange = stdout.iter().position(|byte| !allowed.contains(byte));
    strange.map(|at| format!("printed {:#x} at {at}, which was in no slot", stdout[at]))
}
