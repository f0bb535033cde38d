//! Waiting for a descriptor that somebody has set to O_NONBLOCK.
//!
//! The flag belongs to the open file, which we share with who started us; so we
//! do not take it off, but wait with poll(2) where a call says EAGAIN.

use std::os::fd::BorrowedFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Waits until there is something to read, or for a signal.
pub fn readable(fd: BorrowedFd<'_>) {
    wait(fd, PollFlags::POLLIN);
}

/// Waits until something can be written, or for a signal.
pub fn writable(fd: BorrowedFd<'_>) {
    wait(fd, PollFlags::POLLOUT);
}

/// Whatever comes of it, the caller tries again and sees for itself.
fn wait(fd: BorrowedFd<'_>, events: PollFlags) {
    let _ = poll(&mut [PollFd::new(fd, events)], PollTimeout::NONE);
}
