//! Which of stdin, stdout and stderr were open when the process began.
//!
//! Rust's runtime opens /dev/null in place of one that is closed, before `main`. Text
//! written there would count as printed, and be gone. Afterwards nobody can tell it from
//! a /dev/null that somebody gave us on purpose; so we look before the runtime does.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// A bit for each of the three that was closed.
static CLOSED: AtomicU32 = AtomicU32::new(0);

/// What the C library calls before `main`, with nothing of Rust's set up yet.
extern "C" fn look() {
    for fd in 0..3 {
        // SAFETY: F_GETFD only asks.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << fd, Relaxed);
        }
    }
}

// Why this attribute is no danger: the section holds pointers to functions that the C
// library calls one by one; this one takes no arguments (they may be passed all the same), cannot panic, and needs
// nothing of Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = look;

/// Whether this is one of the three and was closed when the process began.
///
/// # Errors
/// It was; what it leads to by now is none of the user's choice.
pub fn expect_open(fd: BorrowedFd<'_>) -> io::Result<()> {
    match fd.as_raw_fd() {
        fd @ 0..3 if CLOSED.load(Relaxed) >> fd & 1 != 0 => Err(io::Error::other("it is closed")),
        _ => Ok(()),
    }
}
