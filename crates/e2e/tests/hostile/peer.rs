//! The hostile program as a child of the test, killed with it.

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use handoff_e2e::TestKey;
use handoff_e2e::procfs::{Asleep, is_asleep, is_program};

/// `hostile` in `HANDOFF_BIN_DIR`, or else where cargo puts it beside this test: a directory of
/// sanitized or released programs need not have it.
fn path() -> PathBuf {
    let given = env::var_os("HANDOFF_BIN_DIR").map(|dir| PathBuf::from(dir).join("hostile"));
    let exe = env::current_exe().expect("a test knows its own path");
    let beside = exe.ancestors().nth(2).expect("a test runs from target/<profile>/deps");
    let path = given.filter(|path| path.is_file()).unwrap_or_else(|| beside.join("hostile"));
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

fn command(key: &TestKey, attack: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(path());
    let mut words = attack.split_whitespace();
    command.arg(words.next().expect("an attack has a name"));
    command.args(["-k", &format!("{:#x}", key.number())]).args(words).stdin(Stdio::null());
    command
}

/// An attack that is over when this returns; what it printed.
#[track_caller]
pub(crate) fn attack(key: &TestKey, attack: &str) -> Vec<u8> {
    let output = command(key, attack).output().expect("hostile can be started");
    assert!(output.status.success(), "hostile {attack}: {output:?}");
    output.stdout
}

/// An attack that goes on until this is dropped.
pub(crate) struct Peer(Child);

impl Peer {
    /// Starts it. Whatever it says of its own end is no concern of ours: it may fall over what
    /// it did.
    pub(crate) fn start(key: &TestKey, attack: &str) -> Self {
        let mut command = command(key, attack);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("hostile can be started"))
    }

    /// Waits until it has ended, or has nothing more to do than to wait for a victim that has
    /// given up on it. Then it dies, as peers may.
    pub(crate) fn wait_or_leave(mut self) {
        let pid = i32::try_from(self.0.id()).expect("a process id is positive");
        handoff_e2e::wait_until("the attack is over", || {
            let ended = self.0.try_wait().expect("our own child").is_some();
            let waits = || is_program(pid, "hostile") && is_asleep(pid, Asleep::InFutex);
            (ended || waits()).then_some(())
        });
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
