//! What the kernel tells about a running process: what it sleeps in, what it has used.

use std::fs;
use std::path::PathBuf;

use libc::{
    FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAIT_BITSET, SYS_clock_nanosleep,
    SYS_epoll_pwait, SYS_futex, SYS_futex_waitv, SYS_nanosleep, SYS_ppoll, SYS_read, SYS_readv,
    SYS_write, SYS_writev, c_int, c_long,
};

/// A group of system calls that mean the same to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asleep {
    /// Waiting for text from stdin.
    Reading,
    /// Waiting for the peer.
    InFutex,
    /// Waiting until somebody takes what it prints.
    Writing,
    /// Pausing between two looks (`--wait sleep`).
    Pausing,
}

impl Asleep {
    fn calls(self) -> &'static [c_long] {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Reading => &[
                SYS_read,
                SYS_readv,
                SYS_ppoll,
                SYS_epoll_pwait,
                libc::SYS_poll,
                libc::SYS_epoll_wait,
            ],
            #[cfg(not(target_arch = "x86_64"))]
            Self::Reading => &[SYS_read, SYS_readv, SYS_ppoll, SYS_epoll_pwait],
            Self::InFutex => &[SYS_futex, SYS_futex_waitv],
            Self::Writing => &[SYS_write, SYS_writev],
            Self::Pausing => &[SYS_nanosleep, SYS_clock_nanosleep],
        }
    }
}

fn file(pid: i32, name: &str) -> Option<String> {
    fs::read_to_string(PathBuf::from(format!("/proc/{pid}/{name}"))).ok()
}

/// The process's state as in proc_pid_stat(5): R, S, T, Z ...; none if there is none.
#[must_use]
pub fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether the main thread of `pid` is inside one of the calls and not running.
/// `/proc/PID/syscall` says `running` otherwise; `wchan` may be 0 on hardened kernels.
#[must_use]
pub fn is_asleep(pid: i32, asleep: Asleep) -> bool {
    file(pid, "syscall").is_some_and(|text| {
        let mut words = text.split_whitespace();
        let call: Option<c_long> = words.next().and_then(|number| number.parse().ok());
        // Who wakes others may be put aside in the middle of that call, and is not asleep.
        let wakes = call == Some(SYS_futex) && !words.nth(1).is_some_and(waits);
        call.is_some_and(|call| asleep.calls().contains(&call)) && !wakes
    })
}

/// Whether the second argument of futex(2), in hex, is an operation that sleeps.
fn waits(operation: &str) -> bool {
    let operation =
        operation.strip_prefix("0x").and_then(|hex| c_int::from_str_radix(hex, 16).ok());
    let operation = operation.map(|it| it & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME));
    matches!(operation, Some(FUTEX_WAIT | FUTEX_WAIT_BITSET))
}

/// Whether every thread of `pid` is inside some call and not running.
#[must_use]
pub fn is_wholly_asleep(pid: i32) -> bool {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    tasks.flatten().all(|task| {
        let tid = task.file_name();
        file(pid, &format!("task/{}/syscall", tid.display()))
            .is_some_and(|text| !text.starts_with("running"))
    })
}

/// Whether `pid` has become the program: before, it is one of the wrappers that start it.
#[must_use]
pub fn is_program(pid: i32, name: &str) -> bool {
    file(pid, "comm").is_some_and(|comm| comm.trim_end() == name)
}

/// Whether `pid` handles SIGINT (bit 1 of `SigCgt`, see proc(5)). Before, Ctrl-C would kill it
/// without a word, as it does any program that is still starting.
#[must_use]
pub fn catches_sigint(pid: i32) -> bool {
    file(pid, "status")
        .and_then(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .is_some_and(|mask| mask & 0b10 != 0)
}

/// What a process has used so far, summed over its threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Voluntary and involuntary context switches.
    pub switches: u64,
    /// Clock ticks in user and kernel mode.
    pub ticks: u64,
    /// Threads counted.
    pub threads: u64,
}

/// Reads the usage of every thread.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn usage(pid: i32) -> Usage {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is alive");
    let mut sum = Usage::default();
    for task in tasks.flatten() {
        let tid = task.file_name().into_string().expect("a thread id is a number");
        let status = file(pid, &format!("task/{tid}/status")).expect("the thread is alive");
        let stat = file(pid, &format!("task/{tid}/stat")).expect("the thread is alive");
        sum.switches += switches(&status);
        sum.ticks += ticks(&stat);
        sum.threads += 1;
    }
    sum
}

fn switches(status: &str) -> u64 {
    let counts: Vec<u64> = status
        .lines()
        .filter(|line| line.contains("ctxt_switches:"))
        .filter_map(|line| line.split_whitespace().last()?.parse().ok())
        .collect();
    assert_eq!(counts.len(), 2, "voluntary and nonvoluntary in {status}");
    counts.iter().sum()
}

fn ticks(stat: &str) -> u64 {
    // The name in parentheses may contain blanks; fields 14 and 15 are counted from 3 after it.
    let (_, rest) = stat.rsplit_once(')').expect("stat names the program");
    let fields: Vec<&str> = rest.split_whitespace().collect();
    [11, 12].map(|at| fields[at].parse::<u64>().expect("ticks are numbers")).iter().sum()
}
