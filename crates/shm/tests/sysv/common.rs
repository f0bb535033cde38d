//! What the tests of System V segments have in common: segments that go away by themselves, and
//! other processes, which are this very test binary with one of its ignored tests.

use std::env;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Output};

use handoff_e2e::program::ANOTHER_USER;
use handoff_e2e::{Scratch, TestKey};
use handoff_shm::sysv::{Error, Key, Options, Segment};

const ARGUMENT: &str = "HANDOFF_SYSV_TEST";
const DONE: &str = "the child is done";

/// A segment with a key of its own, removed on drop.
pub(crate) struct Temporary {
    segment: Segment,
    key: TestKey,
}

impl Temporary {
    /// Makes it.
    #[track_caller]
    pub(crate) fn new(options: Options) -> Self {
        Self::try_new(options).expect("a segment can be made")
    }

    /// Makes it, if that can be.
    pub(crate) fn try_new(options: Options) -> Result<Self, Error> {
        let key = TestKey::new();
        let segment = options.create(key_of(&key))?;
        Ok(Self { segment, key })
    }

    /// The key that leads to it.
    pub(crate) fn key(&self) -> Key {
        key_of(&self.key)
    }
}

impl Deref for Temporary {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.segment
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // By its id: when it was removed already, the key may lead to another.
        let _ = self.segment.remove();
    }
}

/// A test's key, as the wrapper takes it.
pub(crate) fn key_of(key: &TestKey) -> Key {
    Key::new(key.number().cast_signed())
}

/// Another process of ours: this binary's ignored test `name`, with an argument.
pub(crate) fn child(name: &str, argument: impl ToString) -> Command {
    let mut command = Command::new(our_binary());
    prepare(&mut command, name, argument);
    command
}

/// The same as another user, who has no right at all, through any further wrappers. Needs root.
pub(crate) fn child_of_another_user(
    scratch: &Scratch,
    wrappers: &[&str],
    name: &str,
    argument: impl ToString,
) -> Command {
    let copy = scratch.path().join(format!("copy-{name}"));
    // Not by this process: a child that another thread starts meanwhile would have the copy open
    // for writing for a moment, and what is open for writing cannot be executed (ETXTBSY).
    let status = Command::new("install").args(["-m", "0755"]).arg(our_binary()).arg(&copy).status();
    assert!(status.expect("coreutils' install runs").success());
    let mut command = Command::new("setpriv");
    command.args(ANOTHER_USER).args(wrappers).arg(copy);
    prepare(&mut command, name, argument);
    command
}

fn our_binary() -> PathBuf {
    env::current_exe().expect("a test knows its own path")
}

fn prepare(command: &mut Command, name: &str, argument: impl ToString) {
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ARGUMENT, argument.to_string());
}

/// In the child: what the parent said. None for who runs all ignored tests.
pub(crate) fn argument() -> Option<String> {
    env::var(ARGUMENT).ok()
}

/// In the child: all that it had to look at was as it should be.
pub(crate) fn done() {
    println!("{DONE}");
}

/// Runs a child and checks that it came to its end.
#[track_caller]
pub(crate) fn expect_done(mut command: Command) {
    let output: Output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains(DONE), "{output:?}");
}

/// The errno of what must fail.
#[track_caller]
pub(crate) fn errno<T>(result: Result<T, Error>) -> i32 {
    match result {
        Ok(_) => panic!("it worked, and was to fail"),
        Err(error) => error.errno(),
    }
}
