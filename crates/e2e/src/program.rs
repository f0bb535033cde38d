//! How to start `writer` or `reader`: arguments, wrappers, and where its streams lead.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::thread;

use crate::binaries;
use crate::capture::Capture;
use crate::key::TestKey;
use crate::pty::Terminal;
use crate::running::Running;

/// Options of `setpriv` that turn root into a user without any right.
pub const ANOTHER_USER: [&str; 6] =
    ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];

/// Where a program reads from.
pub enum Input {
    /// `/dev/null`.
    Nothing,
    /// A pipe with these bytes, then its end.
    Bytes(Vec<u8>),
    /// A pipe that stays open; see [`Running::feed`].
    Open,
    /// A pipe fed with one chunk after the other until there is none.
    Stream(Box<dyn FnMut() -> Option<Vec<u8>> + Send>),
    /// A descriptor of the test's own.
    Fd(OwnedFd),
}

/// Where a program prints to.
pub enum Output {
    /// Into [`Running::stdout`].
    Captured,
    /// A pipe that nobody reads until [`Running::read_output`].
    Unread,
    /// A pipe whose reading end is closed.
    Closed,
    /// A descriptor of the test's own.
    Fd(OwnedFd),
}

/// A program about to be started.
pub struct Program {
    name: &'static str,
    path: PathBuf,
    wrappers: Vec<OsString>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    input: Input,
    output: Output,
}

impl Program {
    /// `writer` on a key, with an empty stdin.
    #[must_use]
    pub fn writer(key: &TestKey) -> Self {
        Self::on("writer", &format!("{:#x}", key.number()))
    }

    /// `reader` on a key.
    #[must_use]
    pub fn reader(key: &TestKey) -> Self {
        Self::on("reader", &format!("{:#x}", key.number()))
    }

    /// Either of them on a key given as text.
    #[must_use]
    pub fn on(name: &'static str, key: &str) -> Self {
        Self::bare(name).args(["-k", key])
    }

    /// Either of them without any argument.
    #[must_use]
    pub fn bare(name: &'static str) -> Self {
        Self::found_at(name, binaries::path(name))
    }

    /// Any program. Its name is what the kernel calls it: the file's, cut off after 15 bytes.
    #[must_use]
    pub fn found_at(name: &'static str, path: PathBuf) -> Self {
        Self {
            name,
            path,
            wrappers: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            input: Input::Nothing,
            output: Output::Captured,
        }
    }

    /// Which of the two it is.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs it through another program, which must replace itself by it (exec) and not fork, so
    /// that the process id stays the program's.
    #[must_use]
    pub fn through<S: AsRef<OsStr>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.wrappers.extend(wrapper.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Runs it with an umask, in octal.
    #[must_use]
    pub fn with_umask(self, umask: &str) -> Self {
        self.through(["sh", "-c", &format!("umask {umask}; exec \"$@\""), "sh"])
    }

    /// Runs a copy of it as a user without rights. Needs root.
    #[must_use]
    pub fn as_another_user(mut self, copy: PathBuf) -> Self {
        self.path = copy;
        self.through(["setpriv"]).through(ANOTHER_USER)
    }

    /// Runs it on one processor.
    #[must_use]
    pub fn on_core(self, core: usize) -> Self {
        self.through(["taskset", "-c", &core.to_string()])
    }

    /// Sets where it reads from.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// Sets what it reads.
    #[must_use]
    pub fn reading(self, bytes: impl AsRef<[u8]>) -> Self {
        self.input(Input::Bytes(bytes.as_ref().to_owned()))
    }

    /// Sets where it prints to.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// Lets it print to a file or device.
    ///
    /// # Panics
    /// When that cannot be opened.
    #[must_use]
    pub fn printing_to(self, path: &str) -> Self {
        let file = OpenOptions::new().write(true).open(path).expect("it can be opened");
        self.output(Output::Fd(file.into()))
    }

    /// Gives it a terminal of its own: as stdin, and as the one whose Ctrl-C it gets.
    #[must_use]
    pub fn controlled_by(self, terminal: &Terminal) -> Self {
        self.through(["setsid", "--ctty"]).input(Input::Fd(terminal.line()))
    }

    /// Gives it a terminal as stdin and stdout, as in a shell.
    #[must_use]
    pub fn at(self, terminal: &Terminal) -> Self {
        self.controlled_by(terminal).output(Output::Fd(terminal.line()))
    }

    /// Starts it. It dies with the calling thread.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self) -> Running {
        let mut command = self.command();
        let (stdin, feed) = connect_input(self.input);
        let (stdout, capture, unread) = connect_output(self.output);
        let (errors, stderr) = pipe().expect("a spare pipe");
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        // The parent's copies of the child's ends would keep the pipes from ending.
        drop(command);
        Running::new(self.name, child, feed, (capture, unread), Capture::of(errors))
    }

    fn command(&self) -> Command {
        // The wish to die with the test comes last, because a change of user clears it
        // (PR_SET_PDEATHSIG(2const)).
        let mut words = self.wrappers.clone();
        words.extend(["setpriv", "--pdeathsig", "KILL", "--"].map(OsString::from));
        // If the test died before the wish was made, nobody would fulfil it.
        let parent = process::id();
        let check = format!("[ $PPID = {parent} ] && exec \"$@\"");
        words.extend(["sh", "-c", &check, "sh"].map(OsString::from));
        words.push(self.path.clone().into());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(&self.args)
            .env_remove("RUST_LOG")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The test's side of an open stdin: where to write, and a second reading end to see whether
/// everything has been taken.
pub(crate) type Feed = Option<(PipeWriter, PipeReader)>;

fn connect_input(input: Input) -> (Stdio, Feed) {
    match input {
        Input::Nothing => (Stdio::null(), None),
        Input::Fd(fd) => (fd.into(), None),
        Input::Open => {
            let (reader, writer) = pipe().expect("a spare pipe");
            let watch = reader.try_clone().expect("a spare descriptor");
            (reader.into(), Some((writer, watch)))
        }
        Input::Bytes(bytes) => {
            let mut bytes = Some(bytes);
            (stream(move || bytes.take()), None)
        }
        Input::Stream(next) => (stream(next), None),
    }
}

fn stream(mut next: impl FnMut() -> Option<Vec<u8>> + Send + 'static) -> Stdio {
    let (reader, mut writer) = pipe().expect("a spare pipe");
    thread::spawn(move || {
        // A program that stops reading closes the pipe; that is for the test to judge.
        while let Some(chunk) = next()
            && writer.write_all(&chunk).is_ok()
        {}
    });
    reader.into()
}

fn connect_output(output: Output) -> (Stdio, Capture, Option<PipeReader>) {
    if let Output::Fd(fd) = output {
        return (File::from(fd).into(), Capture::nothing(), None);
    }
    let (reader, writer) = pipe().expect("a spare pipe");
    match output {
        Output::Captured => (writer.into(), Capture::of(reader), None),
        Output::Unread => (writer.into(), Capture::nothing(), Some(reader)),
        Output::Closed | Output::Fd(_) => (writer.into(), Capture::nothing(), None),
    }
}
