//! No peer outlives the experiment that it belongs to.

use std::env;
use std::process;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;

use crate::Stop;

/// Where a peer finds the id of the process that started it.
pub(super) const PARENT: &str = "HANDOFF_LAB_PARENT";

/// As a peer that was started: see to it that we do not outlive who started us.
///
/// # Errors
/// [`Stop::Failed`] if they have ended already.
pub fn die_with_parent() -> Result<(), Stop> {
    let parent = env::var(PARENT).ok().and_then(|pid| pid.parse().ok());
    match parent {
        // We are what a forked peer has become by execve(2), which keeps its wish.
        Some(us) if us == process::id() => Ok(()),
        Some(parent) => die_with(parent),
        None => Err(Stop::failed("this is for experiments to call")),
    }
}

/// Is killed when this process ends: the thread of it, that is, which has made us.
pub(super) fn die_with(parent: u32) -> Result<(), Stop> {
    set_pdeathsig(Signal::SIGKILL)?;
    // If it ended before the wish was made, nobody would fulfil it. 0 is a process outside of
    // our own pid namespace.
    match getppid().as_raw().cast_unsigned() {
        0 => Ok(()),
        now if now == parent => Ok(()),
        _ => Err(Stop::failed("the experiment has ended already")),
    }
}
