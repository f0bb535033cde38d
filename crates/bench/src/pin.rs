//! Which cores a thread may run on.

use std::io;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

/// From now on this thread runs on these cores only, and what it starts as well.
///
/// # Errors
/// There is no such core, or it is not for us.
pub(crate) fn to(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core)?;
    }
    sched_setaffinity(SELF, &set)
        .map_err(|errno| io::Error::other(format!("cannot run on cores {cores:?}: {errno}")))
}

/// The cores that this thread may run on, in order.
///
/// # Errors
/// sched_getaffinity(2)'s.
#[cfg(feature = "report")]
pub(crate) fn allowed() -> io::Result<Vec<usize>> {
    let set = nix::sched::sched_getaffinity(SELF)?;
    Ok((0..CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect())
}
