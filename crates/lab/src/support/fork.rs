//! fork(2): the one call that nobody can make safe in general, made safe for experiments.

use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{self, Child, ExitStatus};
use std::{fs, io};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

use crate::Stop;

/// Exit status of a forked process that failed.
const FAILED: i32 = 1;

/// A process of ours, however it came to be.
#[derive(Debug)]
pub(super) enum Process {
    /// By fork and execve.
    Started(Child),
    /// By fork alone.
    Forked(Pid),
    /// And it has ended like this.
    Ended(ExitStatus),
}

impl Process {
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Started(child) => child.id(),
            Self::Forked(pid) => pid.as_raw().cast_unsigned(),
            // Ids are used again: this one is nobody's, or somebody else's.
            Self::Ended(_) => 0,
        }
    }

    pub(super) fn kill(&mut self) -> io::Result<()> {
        match self {
            Self::Started(child) => child.kill(),
            Self::Forked(pid) => Ok(kill(*pid, Signal::SIGKILL)?),
            Self::Ended(_) => Ok(()),
        }
    }

    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = match self {
            Self::Started(child) => child.wait()?,
            Self::Forked(pid) => loop {
                match waitpid(*pid, None) {
                    Ok(WaitStatus::Exited(_, code)) => break ExitStatus::from_raw(code << 8),
                    Ok(WaitStatus::Signaled(_, signal, _)) => {
                        break ExitStatus::from_raw(signal as i32);
                    }
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            },
            Self::Ended(status) => *status,
        };
        *self = Self::Ended(status);
        Ok(status)
    }
}

/// Forks. `child` is the rest of the other process's life; what is `ours` is dropped there
/// first, and nothing else of this process ever is.
pub(super) fn fork<T>(
    ours: T,
    child: impl FnOnce() -> Result<(), Stop>,
) -> Result<(Process, T), Stop> {
    // In a copy of a process with several threads, locks that another one held stay locked.
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(Stop::failed("an experiment with threads cannot fork"));
    }
    // SAFETY: this process has no other thread, so the copy may do whatever it could do.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok((Process::Forked(child), ours)),
        ForkResult::Child => {
            drop(ours);
            // Unwinding would run the guards of the process that we are a copy of.
            let end = catch_unwind(AssertUnwindSafe(child));
            if let Ok(Err(Stop::Failed(why) | Stop::Skipped(why))) = &end {
                eprintln!("lab: a forked process: {why}");
            }
            process::exit(if matches!(end, Ok(Ok(()))) { 0 } else { FAILED })
        }
    }
}
