//! A program run in an IPC namespace of its own, where the kernel's limits are the test's.

use std::process::{Command, Output, Stdio};

use crate::binaries;
use crate::segment::{Row, parse_table};
use crate::watchdog::DEADLINE;

/// What came of a program in a namespace with limits.
#[derive(Debug)]
pub struct Limited {
    /// Exit status, if it was not killed.
    pub code: Option<i32>,
    /// Its stderr.
    pub stderr: String,
    /// Segments that it left behind.
    pub left: Vec<Row>,
}

/// Runs `program args` where the file `limit` below `/proc/sys/kernel` holds `value`.
/// The namespace, and with it any segment, goes away with its last process. Needs root.
///
/// # Panics
/// When the namespace cannot be made.
#[must_use]
pub fn run_limited(limit: &str, value: u64, program: &str, args: &[&str]) -> Limited {
    let seconds = DEADLINE.as_secs();
    // The limit is changed after unshare: these files show the namespace of who opens them.
    let script = format!(
        "echo {value} > /proc/sys/kernel/{limit} || exit 99
         timeout --signal KILL {seconds} setpriv --pdeathsig KILL -- \"$@\" > /dev/null
         code=$?
         cat /proc/sysvipc/shm
         exit $code"
    );
    let output: Output = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", "unshare", "--ipc", "sh", "-c"])
        .arg(script)
        .arg("sh")
        .arg(binaries::path(program))
        .args(args)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("util-linux's setpriv and unshare run");
    assert_ne!(output.status.code(), Some(99), "no limit set: {output:?}");
    Limited {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        left: parse_table(&String::from_utf8_lossy(&output.stdout)),
    }
}
