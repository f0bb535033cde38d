//! A started program: feed it, watch it, interrupt it, collect it. Killed on drop.

use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::capture::Capture;
use crate::outcome::{Outcome, excerpt};
use crate::procfs::{self, Asleep};
use crate::program::Feed;
use crate::watchdog::wait_until;

/// A program under test, alive or not yet collected.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    child: Child,
    status: Option<ExitStatus>,
    stdin: Option<PipeWriter>,
    watch: Option<PipeReader>,
    stdout: Capture,
    unread: Option<PipeReader>,
    stderr: Capture,
}

impl Running {
    pub(crate) fn new(
        name: &'static str,
        child: Child,
        feed: Feed,
        (stdout, unread): (Capture, Option<PipeReader>),
        stderr: Capture,
    ) -> Self {
        let (stdin, watch) = feed.unzip();
        Self { name, child, status: None, stdin, watch, stdout, unread, stderr }
    }

    /// Its process id.
    ///
    /// # Panics
    /// Never: Linux process ids fit.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id is positive")
    }

    /// Whether it has replaced the wrappers that start it.
    #[must_use]
    pub fn is_itself(&self) -> bool {
        procfs::is_program(self.pid(), self.name)
    }

    /// What it has written to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> &Capture {
        &self.stdout
    }

    /// What it has written to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> &Capture {
        &self.stderr
    }

    /// Writes to its open stdin; at most a pipe's capacity, for nobody watches this write.
    ///
    /// # Panics
    /// When stdin was not [`crate::Input::Open`], or is closed.
    pub fn feed(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("its stdin is open");
        stdin.write_all(bytes.as_ref()).expect("the pipe takes it");
    }

    /// Closes its open stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits for a condition under which the program is alive.
    ///
    /// # Panics
    /// When the program ends before the condition holds.
    #[track_caller]
    pub fn wait_while_alive(&mut self, condition: &str, mut probe: impl FnMut(&Self) -> bool) {
        let name = self.name;
        wait_until(&format!("{name} {condition}"), || {
            if probe(self) {
                return Some(());
            }
            let ended = self.try_wait();
            assert!(
                ended.is_none() || probe(self),
                "{name} ended ({ended:?}) before it {condition}"
            );
            ended.map(|_| ())
        });
    }

    /// Waits until its main thread sleeps so, and everything fed to it has been taken before.
    #[track_caller]
    pub fn wait_until_asleep(&mut self, asleep: Asleep) {
        self.wait_while_alive(&format!("sleeps ({asleep:?})"), |running| {
            // In this order: a sleep seen after the pipe ran dry is a later one than the read
            // that emptied it.
            running.has_taken_its_input()
                && running.is_itself()
                && procfs::is_asleep(running.pid(), asleep)
        });
    }

    /// Waits until Ctrl-C reaches the program itself.
    #[track_caller]
    pub fn wait_until_interruptible(&mut self) {
        self.wait_while_alive("catches SIGINT", |running| {
            running.is_itself() && procfs::catches_sigint(running.pid())
        });
    }

    /// Waits until everything fed to it has been taken.
    #[track_caller]
    pub fn wait_until_fed(&mut self) {
        self.wait_while_alive("has taken its input", Self::has_taken_its_input);
    }

    fn has_taken_its_input(&self) -> bool {
        let Some(watch) = &self.watch else {
            return true;
        };
        let mut fds = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).expect("a pipe can be polled");
        // With the other end closed there is POLLHUP, with text left POLLIN.
        !fds[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN))
    }

    /// Waits until it has written at least so many bytes to stdout.
    #[track_caller]
    pub fn wait_until_printed(&mut self, length: usize) {
        self.wait_while_alive(&format!("has printed {length} bytes"), |running| {
            running.stdout.len() >= length
        });
    }

    /// Waits until its stderr contains a word.
    #[track_caller]
    pub fn wait_until_says(&mut self, word: &str) {
        self.wait_while_alive(&format!("says {word:?}"), |running| {
            running.stderr.text().contains(word)
        });
    }

    /// Lets the test read what it printed into [`crate::Output::Unread`].
    ///
    /// # Panics
    /// When stdout leads elsewhere.
    pub fn read_output(&mut self) {
        let unread = self.unread.take().expect("its stdout is an unread pipe");
        self.stdout = Capture::of(unread);
    }

    /// Sends SIGINT, as Ctrl-C does.
    ///
    /// # Panics
    /// When it was already collected.
    pub fn interrupt(&self) {
        assert!(self.status.is_none(), "{} has ended already", self.name);
        kill(Pid::from_raw(self.pid()), Signal::SIGINT).expect("our own child");
    }

    /// Sends SIGINT again and again, until the program has ended.
    #[must_use]
    pub fn interrupt_until_ended(mut self) -> Outcome {
        wait_until(&format!("{} has ended of Ctrl-C", self.name), || {
            let ended = self.try_wait();
            if ended.is_none() {
                self.interrupt();
            }
            ended
        });
        self.collect()
    }

    /// Sends SIGKILL and collects what it had printed.
    ///
    /// # Panics
    /// When it cannot be killed.
    #[must_use]
    pub fn kill(mut self) -> Outcome {
        self.child.kill().expect("our own child");
        self.collect()
    }

    /// Waits until it has ended by itself.
    #[must_use]
    pub fn exit(mut self) -> Outcome {
        self.collect()
    }

    fn collect(&mut self) -> Outcome {
        let name = self.name;
        let status = wait_until(&format!("{name} has ended"), || self.try_wait());
        if self.unread.is_some() {
            self.read_output();
        }
        Outcome {
            name,
            status,
            stdout: self.stdout.whole(),
            stderr: String::from_utf8_lossy(&self.stderr.whole()).into_owned(),
        }
    }

    fn try_wait(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("our own child");
        }
        self.status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let status = self.try_wait();
        if status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // An ended and collected program has its streams in its outcome.
        if thread::panicking() {
            eprintln!(
                "{} (pid {}) {status:?}; stdout {} bytes {:?}; stderr:\n{}",
                self.name,
                self.child.id(),
                self.stdout.len(),
                excerpt(&self.stdout.bytes()),
                self.stderr.text()
            );
        }
    }
}
