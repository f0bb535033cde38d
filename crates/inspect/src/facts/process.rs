//! A thread of this machine: what it is called, and what it sleeps in.

use std::fs;
use std::path::PathBuf;

use nix::libc;

fn file(tid: u32, name: &str) -> Option<String> {
    let bytes = fs::read(PathBuf::from(format!("/proc/{tid}/{name}"))).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the thread is called, as it likes to be: up to 15 bytes of anything.
pub(crate) fn name(tid: u32) -> Option<String> {
    Some(file(tid, "comm")?.trim_end_matches('\n').to_owned())
}

/// What the thread is doing, in words; none if there is no such thread here.
///
/// Which call it sleeps in, the kernel tells who may ptrace(2) it; that it sleeps, everybody.
pub(crate) fn doing(tid: u32) -> Option<&'static str> {
    let stat = file(tid, "stat")?;
    // The name in parentheses may have anything in it, parentheses too.
    let state = stat.rsplit_once(')')?.1.trim_start().chars().next()?;
    Some(match state {
        'R' => "running",
        'T' | 't' => "stopped",
        'Z' | 'X' => "dead",
        _ => file(tid, "syscall").as_deref().and_then(call).unwrap_or("asleep"),
    })
}

/// proc_pid_syscall(5): "running", or the number of the call, its arguments, and two pointers.
fn call(text: &str) -> Option<&'static str> {
    if text.starts_with("running") {
        return Some("running");
    }
    let number: libc::c_long = text.split_whitespace().next()?.parse().ok()?;
    let known = CALLS.iter().find(|(calls, _)| calls.contains(&number));
    known.map(|(_, words)| *words)
}

/// Until the other side wakes it.
pub(crate) const ASLEEP_IN_FUTEX: &str = "asleep in futex";

/// In what writer and reader sleep.
const CALLS: [(&[libc::c_long], &str); 5] = [
    (&[libc::SYS_futex, libc::SYS_futex_waitv], ASLEEP_IN_FUTEX),
    (&[libc::SYS_read, libc::SYS_readv], "asleep in read, until there is input"),
    (&[libc::SYS_write, libc::SYS_writev], "asleep in write, until its output is taken"),
    (&[libc::SYS_ppoll, POLL], "asleep in poll"),
    (&[libc::SYS_nanosleep, libc::SYS_clock_nanosleep], "asleep in nanosleep, for a moment"),
];

#[cfg(target_arch = "x86_64")]
const POLL: libc::c_long = libc::SYS_poll;
#[cfg(not(target_arch = "x86_64"))]
const POLL: libc::c_long = libc::SYS_ppoll;
