//! Users, as messages name them.

use nix::unistd::{Uid, User};

/// "alice", or "uid 1234" where no name is known.
pub(crate) fn name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid {uid}"),
    }
}

/// Who we are to the kernel's permission checks.
pub(crate) fn effective() -> u32 {
    Uid::effective().as_raw()
}
