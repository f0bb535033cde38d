//! Sleeping and waking on words of shared memory: futex(2), futex_waitv (Linux 5.16).
//!
//! Never with FUTEX_PRIVATE_FLAG: a private futex is known by its virtual address
//! and would never meet the peer's. A shared one is known by the page behind it.

use std::io;
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::sync::AtomicU32;

/// How long we sleep at most where the kernel cannot watch three words at once.
const BOUNDED: Duration = Duration::from_millis(50);

/// Set once the kernel has told us that it has no futex_waitv.
static NO_WAITV: AtomicBool = AtomicBool::new(false);

/// Sleeps until one of the words is woken, unless one does not hold its value any more.
///
/// May return for no reason, or for a signal: the caller looks again in any case,
/// and EINTR is one more reason to (a signal may be the interrupt). Without
/// futex_waitv (ENOSYS, or EPERM from an old container's filter) only the first
/// word is watched, for 50 ms.
pub(crate) fn wait_any(words: [(&AtomicU32, u32); 3]) -> io::Result<()> {
    if !NO_WAITV.load(Relaxed) {
        match waitv(words) {
            Err(e) if matches!(e.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
                log::debug!("futex_waitv: {e}; looking every {BOUNDED:?} from now on");
                NO_WAITV.store(true, Relaxed);
            }
            result => return result,
        }
    }
    let (word, value) = words[0];
    wait_bounded(word, value, BOUNDED)
}

// ANCHOR: waitv
fn waitv(words: [(&AtomicU32, u32); 3]) -> io::Result<()> {
    let waiters = words.map(|(word, value)| {
        // SAFETY: futex_waitv is a C struct of integers, for which zero is valid; its
        // reserved field must be zero and has no public name.
        let mut waiter: libc::futex_waitv = unsafe { std::mem::zeroed() };
        waiter.val = u64::from(value);
        waiter.uaddr = word.as_ptr() as u64;
        waiter.flags = libc::FUTEX2_SIZE_U32 as u32;
        waiter
    });
    let no_timeout = ptr::null::<libc::timespec>();
    // SAFETY: three valid waiters; the words stay mapped while the references live.
    let woken = unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            waiters.as_ptr(),
            waiters.len() as libc::c_uint,
            0 as libc::c_uint,
            no_timeout,
            libc::CLOCK_MONOTONIC,
        )
    };
    again_is_fine(woken)
}
// ANCHOR_END: waitv

/// Sleeps until the word is woken, unless it does not hold `value`, but not for longer than `time`.
pub(crate) fn wait_bounded(word: &AtomicU32, value: u32, time: Duration) -> io::Result<()> {
    // SAFETY: timespec is a C struct of integers, for which zero is valid.
    let mut timeout: libc::timespec = unsafe { std::mem::zeroed() };
    timeout.tv_sec = time.as_secs() as libc::time_t;
    timeout.tv_nsec = time.subsec_nanos() as libc::c_long;
    // SAFETY: the word stays mapped while the reference lives; the timeout is valid.
    let woken = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, value, &raw const timeout)
    };
    again_is_fine(woken)
}

/// Woken, too late to sleep, a signal, or time over: the caller looks again.
fn again_is_fine(result: libc::c_long) -> io::Result<()> {
    if result >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT) => Ok(()),
        _ => Err(error),
    }
}

/// Wakes all who sleep on the word, and says how many. More than one can: newcomers
/// wait for a reader to finish.
pub(crate) fn wake_all(word: &AtomicU32) -> i64 {
    // SAFETY: a wake does not touch the word; its address is only looked up.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) }
}
