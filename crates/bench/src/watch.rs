//! Waiting for children, and for who wants us to leave: one thread, no polling.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::side::Failure;

/// How long anything may take before it is taken to hang.
const LIMIT: Duration = Duration::from_secs(120);

/// Somebody wants us to leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped(pub(crate) Signal);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by {}", self.0)
    }
}

impl std::error::Error for Stopped {}

/// The signals that this process waits for; children start with none blocked.
#[derive(Debug)]
pub(crate) struct Watch(SignalFd);

impl Watch {
    /// From now on signals are noticed here only.
    ///
    /// # Errors
    /// signalfd(2)'s.
    pub(crate) fn start() -> io::Result<Self> {
        // A pair's second process is the first one's child: if that dies, it is ours.
        set_child_subreaper(true)?;
        let set =
            SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD]);
        set.thread_block()?;
        Ok(Self(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
    }

    /// Lets `time` pass.
    ///
    /// # Errors
    /// [`Stopped`].
    pub(crate) fn pass(&self, time: Duration) -> Result<(), Failure> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.next(left)?;
        }
        Ok(())
    }

    /// Waits until all have ended.
    ///
    /// # Errors
    /// [`Stopped`]; they take too long.
    pub(crate) fn wait(&self, running: &mut Running) -> Result<Vec<ExitStatus>, Failure> {
        let start = Instant::now();
        loop {
            let ended: Vec<_> =
                running.0.iter_mut().map(Child::try_wait).collect::<io::Result<_>>()?;
            if ended.iter().all(Option::is_some) {
                return Ok(ended.into_iter().flatten().collect());
            }
            let left = LIMIT.checked_sub(start.elapsed()).ok_or("it hangs")?;
            self.next(left)?;
        }
    }

    /// The same, and all must have ended well.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait), and one that failed.
    pub(crate) fn wait_well(&self, running: &mut Running) -> Result<(), Failure> {
        match self.wait(running)?.into_iter().find(|status| !status.success()) {
            None => Ok(()),
            Some(status) => Err(format!("a process failed: {status}").into()),
        }
    }

    /// The next signal, or no more than `left`.
    fn next(&self, left: Duration) -> Result<(), Failure> {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        // Rounded up: not to look again and again in the last millisecond.
        let timeout = left.as_millis() as i32 + 1;
        poll(&mut polled, PollTimeout::try_from(timeout)?)?;
        while let Some(signal) = self.0.read_signal()? {
            match Signal::try_from(signal.ssi_signo as i32)? {
                Signal::SIGCHLD => {}
                signal => return Err(Stopped(signal).into()),
            }
        }
        Ok(())
    }
}

/// Children, each with all that it started in a process group; killed on drop.
#[derive(Debug, Default)]
pub(crate) struct Running(pub(crate) Vec<Child>);

impl Running {
    /// Starts one more.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&mut self, command: &mut Command) -> io::Result<&mut Child> {
        // A group of its own: Ctrl-C is for us, who then clean up behind it.
        let child = command.process_group(0).spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("cannot start {command:?}: {error}"))
        })?;
        self.0.push(child);
        Ok(self.0.last_mut().expect("pushed just now"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Who has been waited for is gone, with its group: a pair's first process
            // ends well only behind the second.
            if let Ok(Some(status)) = child.try_wait()
                && status.success()
            {
                continue;
            }
            let group = Pid::from_raw(child.id().cast_signed());
            let _ = killpg(group, Signal::SIGKILL);
            let _ = child.wait();
            while waitpid(Pid::from_raw(-group.as_raw()), None).is_ok() {}
        }
    }
}
