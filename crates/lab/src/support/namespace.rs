//! Namespaces of one's own: nothing done in them is seen outside, and all of it goes away with
//! the last process in them. See namespaces(7).

use std::fs;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid};

use crate::Stop;

/// Gives this process these namespaces. Who is not root gets a user namespace, too, and is
/// root in there, if the machine lets them.
///
/// # Errors
/// [`Stop::Skipped`] if it does not.
pub fn enter_own(namespaces: CloneFlags) -> Result<(), Stop> {
    let (uid, gid) = (Uid::effective(), Gid::effective());
    match unshare(namespaces) {
        Ok(()) => return Ok(()),
        Err(Errno::EPERM) => {}
        Err(error) => return Err(refused(namespaces, error)),
    }
    let with_user = namespaces | CloneFlags::CLONE_NEWUSER;
    unshare(with_user).map_err(|error| refused(with_user, error))?;
    // Who is nobody in there may nothing in there. Groups can be mapped only by who has given
    // up changing them.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    Ok(())
}

fn refused(namespaces: CloneFlags, error: Errno) -> Stop {
    Stop::skipped(format!("needs namespaces of its own, but unshare({namespaces:?}) says {error}"))
}
