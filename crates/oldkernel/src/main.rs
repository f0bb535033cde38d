//! Runs a program as on an old kernel, or behind a container's filter that has never heard of
//! a newer system call: a seccomp filter answers the call with an error instead of the kernel.
//!
//! ```text
//! oldkernel --no-futex-waitv --errno EPERM -- writer -k 1234
//! ```
//!
//! The filter stays with the process and whatever it executes; this program replaces itself by
//! the other, so the process id stays the same.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::error::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// Run a program on a kernel that seems not to have certain system calls.
#[derive(Debug, Parser)]
struct Args {
    /// Without futex_waitv(2), which came with Linux 5.16.
    #[arg(long)]
    no_futex_waitv: bool,
    /// Without set_robust_list(2), which some sandboxes deny.
    #[arg(long)]
    no_robust_list: bool,
    /// A FUTEX_WAKE across processes is the caller's death (SIGSYS): so that one is noticed
    /// whose result nobody looks at.
    #[arg(long)]
    no_futex_wake: bool,
    /// What the missing calls fail with.
    #[arg(long, value_enum, default_value = "ENOSYS")]
    errno: Errno,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// How a call can be missing.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Errno {
    /// An old kernel's answer.
    #[value(name = "ENOSYS")]
    Enosys,
    /// An old container filter's answer.
    #[value(name = "EPERM")]
    Eperm,
}

impl Errno {
    fn number(self) -> u32 {
        match self {
            Self::Enosys => libc::ENOSYS.cast_unsigned(),
            Self::Eperm => libc::EPERM.cast_unsigned(),
        }
    }
}

impl Args {
    fn missing_calls(&self) -> impl Iterator<Item = i64> {
        let waitv = self.no_futex_waitv.then_some(libc::SYS_futex_waitv);
        let robust = self.no_robust_list.then_some(libc::SYS_set_robust_list);
        waitv.into_iter().chain(robust)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Err(error) = install_filter(&args) {
        eprintln!("oldkernel: cannot install the filter: {error}");
        return ExitCode::FAILURE;
    }
    // Returns only if it fails.
    let error = Command::new(&args.command[0]).args(&args.command[1..]).exec();
    eprintln!("oldkernel: cannot run {}: {error}", args.command[0].display());
    ExitCode::FAILURE
}

fn install_filter(args: &Args) -> Result<(), Box<dyn Error>> {
    if args.no_futex_wake {
        install_wake_filter()?;
    }
    // A call without conditions on its arguments matches always.
    let rules: BTreeMap<_, _> = args.missing_calls().map(|call| (call, Vec::new())).collect();
    let fail = SeccompAction::Errno(args.errno.number());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, fail, ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    // Sets no_new_privs as well, which a filter needs without root.
    Ok(apply_filter(&program)?)
}

fn install_wake_filter() -> Result<(), Box<dyn Error>> {
    // The second argument is the operation; a thread's own wakes have FUTEX_PRIVATE_FLAG in it.
    let wake = u64::from(libc::FUTEX_WAKE.cast_unsigned());
    let is_wake = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, wake)?;
    let rules = BTreeMap::from([(libc::SYS_futex, vec![SeccompRule::new(vec![is_wake])?])]);
    let (other, wake) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let program: BpfProgram =
        SeccompFilter::new(rules, other, wake, ARCH.try_into()?)?.try_into()?;
    Ok(apply_filter(&program)?)
}
