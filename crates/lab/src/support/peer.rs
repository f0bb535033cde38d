//! Another process of an experiment: this program once more, in one of its roles.
//!
//! The two talk in lines: the peer [says](say) what it saw on its stdout, and
//! [waits](wait_for_go) on its stdin until it may go on. So nobody ever sleeps and hopes.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use crate::{Stop, Tidings};

/// The option by which this program knows that it is a peer.
pub const ROLE: &str = "--role";

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts this program in `role` of `experiment`, with these arguments.
    ///
    /// # Errors
    /// What fork(2) and execve(2) say.
    pub fn start(experiment: &str, role: &str, args: &[String]) -> Result<Self, Stop> {
        Self::spawn(&mut Self::command(experiment, role, args))
    }

    /// The same, as another user (and their group, and no other).
    ///
    /// # Errors
    /// The same; EPERM unless we are root.
    pub fn start_as(uid: u32, experiment: &str, role: &str, args: &[String]) -> Result<Self, Stop> {
        Self::spawn(Self::command(experiment, role, args).uid(uid).gid(uid))
    }

    fn command(experiment: &str, role: &str, args: &[String]) -> Command {
        // By this name even a user who cannot look into the directory of the program can
        // start it.
        let mut command = Command::new("/proc/self/exe");
        command.args([ROLE, experiment, role]).args(args);
        command
    }

    fn spawn(command: &mut Command) -> Result<Self, Stop> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stdout = BufReader::new(stdout.ok_or_else(|| Stop::failed("a peer has no stdout"))?);
        Ok(Self { child, stdin, stdout })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line it says.
    ///
    /// # Errors
    /// [`Stop::Failed`] if it ends without one.
    pub fn hears(&mut self) -> Result<String, Stop> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                let status = self.child.wait()?;
                return Err(Stop::failed(format!(
                    "a peer has ended with {status}, saying nothing"
                )));
            }
            match Tidings::from_line(&line) {
                // What it made is ours to announce in turn.
                Some(tidings) => tidings.send(),
                None => return Ok(line.trim_end().to_owned()),
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
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Lets it go on to its end, and waits for that.
    ///
    /// # Errors
    /// What waitpid(2) says.
    pub fn end(mut self) -> Result<ExitStatus, Stop> {
        self.stdin = None;
        Ok(self.child.wait()?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail when it has ended already, and then nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
