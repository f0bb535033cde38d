//! A third process in a scene: a reader that was alone, leaves, and is long or dies about it.
//! And how to hold a process where it is, as who is long about something is held.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::procfs::{self, Asleep};
use crate::program::Program;
use crate::running::Running;
use crate::scenario::{Cast, Scene, Side, has_ended, settled};
use crate::scratch::Scratch;
use crate::steps::{Kill, with_steps};
use crate::watchdog::wait_until;

impl Scene {
    fn closer(&self, kill: Option<&Kill>) -> Program {
        let log = self.scratch.path().join("closer.steps");
        let program = Program::reader(&self.key).args(["--slots", &self.slots.to_string()]);
        with_steps(program, &log, kill)
    }

    /// A reader that was alone and left dies when it has kept writers out.
    pub(crate) fn closer_dies(&self) {
        let kill = Kill { step: "LookAgain".into(), time: 1 };
        let mut closer = self.closer(Some(&kill)).start();
        closer.wait_until_asleep(Asleep::InFutex);
        closer.interrupt();
        assert_eq!(closer.exit().status.code(), None, "it was killed while it closed");
    }

    /// The writer meets one that has kept writers out, and is held before the removal
    /// until the writer waits for it.
    pub(crate) fn slow_closer(&self) -> Cast {
        let mut closer = self.closer(None).env("HANDOFF_STOP", "Remove:1").start();
        closer.wait_until_asleep(Asleep::InFutex);
        closer.interrupt();
        wait_until_stopped(&closer);
        let writer = self.writer().start();
        wait_until("the writer waits for the closer", || {
            let waits = self.steps(Side::Writer).count("WaitForReader") > 0;
            (waits || has_ended(&writer)).then_some(())
        });
        go_on(&closer);
        closer.exit().expect_code(130);
        settled(&writer, Asleep::InFutex);
        Cast { writer: Some(writer), reader: Some(self.reader().start()) }
    }

    /// The reader meets the end of the stream before the writer has let go, and the writer is
    /// held there until the reader waits for it.
    pub(crate) fn slow_writer(&self) -> Cast {
        let writer = self.writer().env("HANDOFF_STOP", "LeaveBegin:1").start();
        wait_until("the writer is stopped or has ended", || {
            let stopped = procfs::state(writer.pid()) == Some('T');
            (stopped || has_ended(&writer)).then_some(())
        });
        let reader = self.reader().start();
        wait_until("the reader waits for the writer, or one of them has ended", || {
            let waits = self.steps(Side::Reader).count("WaitForWriter") > 0;
            (waits || has_ended(&reader) || has_ended(&writer)).then_some(())
        });
        go_on(&writer);
        Cast { writer: Some(writer), reader: Some(reader) }
    }
}

/// A program that stops itself before each of these steps, `NAME:N` with commas between them.
#[must_use]
pub fn stopping_at(program: Program, steps: &str, scratch: &Scratch) -> Program {
    let log = scratch.path().join(format!("{}-{steps}", program.name()));
    with_steps(program, &log, None).env("HANDOFF_STOP", steps)
}

/// Waits until the process is stopped, as at the step where it was asked to stop itself.
///
/// # Panics
/// If it ends instead.
#[track_caller]
pub fn wait_until_stopped(program: &Running) {
    wait_until("the process is stopped", || {
        let state = procfs::state(program.pid());
        assert!(!matches!(state, None | Some('Z')), "it ended, and was to be stopped");
        (state == Some('T')).then_some(())
    });
}

/// Stops a process where it is.
///
/// # Panics
/// If there is no such process any more.
pub fn stop(program: &Running) {
    kill(Pid::from_raw(program.pid()), Signal::SIGSTOP).expect("our own child");
    wait_until_stopped(program);
}

/// Lets a stopped process go on.
///
/// # Panics
/// If there is no such process any more.
pub fn go_on(program: &Running) {
    kill(Pid::from_raw(program.pid()), Signal::SIGCONT).expect("it is stopped, not dead");
}
