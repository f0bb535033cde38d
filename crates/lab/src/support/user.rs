//! Another user, whom only root can become.

use nix::unistd::Uid;

use crate::Stop;

/// A user without any right: `nobody`, who need not be in /etc/passwd.
pub const NOBODY: u32 = 65534;

/// Whether we may act as another user.
#[must_use]
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Goes on only if we may act as another user.
///
/// # Errors
/// [`Stop::Skipped`] if not.
pub fn need_root() -> Result<(), Stop> {
    if is_root() { Ok(()) } else { Err(Stop::skipped("needs root, to act as another user")) }
}
