//! Another process of an experiment: this program once more in one of its roles, or a
//! forked copy of this process.
//!
//! The two talk in lines: the peer [says](say) on its stdout what it saw, and
//! [waits](wait_for_go) on its stdin until it may go on. So nobody ever sleeps and hopes.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, ExitStatus};

use super::fork::{self, Process};
use super::orphan::{PARENT, die_with};
use crate::{Stop, Tidings};

/// The option by which this program knows that it is a peer.
const ROLE: &str = "--role";

/// A process that is killed when this is dropped, or when the thread that made it ends,
/// however that comes.
#[derive(Debug)]
pub struct Peer {
    process: Process,
    stdin: Option<PipeWriter>,
    stdout: BufReader<PipeReader>,
}

impl Peer {
    /// Starts this program in `role` of `experiment`, with these arguments.
    ///
    /// # Errors
    /// What fork(2) and execve(2) say.
    pub fn start(experiment: &str, role: &str, args: &[String]) -> Result<Self, Stop> {
        Ok(Self::spawn(command(experiment, role, args))?)
    }

    /// The same, as another user (and the group of that number, and no other).
    ///
    /// # Errors
    /// [`Stop::Skipped`] unless we are root, and may become that user: in a user namespace there
    /// may be none.
    pub fn start_as(uid: u32, experiment: &str, role: &str, args: &[String]) -> Result<Self, Stop> {
        let mut command = command(experiment, role, args);
        command.uid(uid).gid(uid);
        Self::spawn(command)
            .map_err(|error| Stop::skipped(format!("needs to act as user {uid}: {error}")))
    }

    fn spawn(mut command: Command) -> io::Result<Self> {
        let (their_stdin, stdin) = io::pipe()?;
        let (stdout, their_stdout) = io::pipe()?;
        let child = command.stdin(their_stdin).stdout(their_stdout).spawn()?;
        // Our copies of its ends, in there, would keep the pipes from ending with it.
        drop(command);
        let stdout = BufReader::new(stdout);
        Ok(Self { process: Process::Started(child), stdin: Some(stdin), stdout })
    }

    /// Forks: the peer is a copy of this process, with all that it has attached, and ends when
    /// `life` does. What this process has to drop is not dropped there, so a guard removes
    /// nothing twice.
    ///
    /// # Errors
    /// What pipe(2) and fork(2) say; [`Stop::Failed`] if this process has other threads.
    pub fn fork(life: impl FnOnce() -> Result<(), Stop>) -> Result<Self, Stop> {
        let (their_stdin, stdin) = io::pipe()?;
        let (stdout, their_stdout) = io::pipe()?;
        let us = process::id();
        let (process, (stdin, stdout)) = fork::fork((stdin, stdout), || {
            die_with(us)?;
            nix::unistd::dup2_stdin(&their_stdin)?;
            nix::unistd::dup2_stdout(&their_stdout)?;
            super::tell_calls();
            life()
        })?;
        Ok(Self { process, stdin: Some(stdin), stdout: BufReader::new(stdout) })
    }

    /// Its process id, as long as it lives.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The next line it says.
    ///
    /// # Errors
    /// [`Stop::Failed`] if it ends without one.
    pub fn hears(&mut self) -> Result<String, Stop> {
        if let Some(line) = self.next_line()? {
            return Ok(line);
        }
        let status = self.process.wait()?;
        Err(Stop::failed(format!("a peer has ended with {status}, saying nothing")))
    }

    /// The same; none at the end of its output.
    fn next_line(&mut self) -> Result<Option<String>, Stop> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match Tidings::from_line(&line) {
                Some(Tidings::Call(call)) => {
                    // If nobody is there to see it, we still have to tidy up.
                    let _ = writeln!(io::stdout(), "    [{}] {call}", self.process.id());
                }
                // What it made is ours to announce in turn.
                Some(tidings) => tidings.send(),
                None => return Ok(Some(line.trim_end().to_owned())),
            }
        }
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// EPIPE if it has ended.
    pub fn go(&mut self) -> Result<(), Stop> {
        let stdin = self.stdin.as_mut().ok_or_else(|| Stop::failed("a peer has no stdin"))?;
        Ok(stdin.write_all(b"\n")?)
    }

    /// Kills it with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// What kill(2) and waitpid(2) say.
    pub fn kill(mut self) -> Result<ExitStatus, Stop> {
        self.process.kill()?;
        Ok(self.process.wait()?)
    }

    /// Lets it go on to its end, and waits for that.
    ///
    /// # Errors
    /// What waitpid(2) says.
    pub fn end(mut self) -> Result<ExitStatus, Stop> {
        self.stdin = None;
        while self.next_line()?.is_some() {}
        Ok(self.process.wait()?)
    }

    /// The same for a peer that must succeed.
    ///
    /// # Errors
    /// [`Stop::Failed`] if it does not.
    pub fn end_well(self) -> Result<(), Stop> {
        let status = self.end()?;
        if status.success() {
            Ok(())
        } else {
            Err(Stop::failed(format!("a peer has ended with {status}")))
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // They fail when it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How to start this program in a role: for who wants to change something of it first, or to
/// become it by execve(2).
#[must_use]
pub fn command(experiment: &str, role: &str, args: &[String]) -> Command {
    // By this name even a user who cannot look into the directory of the program can start it.
    let mut command = Command::new("/proc/self/exe");
    command.args([ROLE, experiment, role]).args(args);
    command.env(PARENT, process::id().to_string());
    command
}

/// As a peer: says a line to who started us.
pub fn say(line: impl Display) {
    // Nobody left to tell: then we are about to be killed.
    let _ = writeln!(io::stdout(), "{line}");
}

/// As a peer: waits until we may go on. The end of the input means so, too.
///
/// # Errors
/// What read(2) says.
pub fn wait_for_go() -> Result<(), Stop> {
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
