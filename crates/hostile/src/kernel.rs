//! Attacks by system calls: on who sleeps on the words, and on the segment itself.

use std::error::Error;
use std::io;
use std::ptr;
use std::sync::atomic::AtomicU32;

use crate::args::Args;
use crate::target::Target;

type Done = Result<(), Box<dyn Error>>;

/// Wakes for every word, without any reason.
pub(crate) fn wakes(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    for _ in args.rounds() {
        target.control_words().for_each(wake);
    }
    Ok(())
}

fn wake(word: &AtomicU32) {
    // SAFETY: a wake does not touch the word.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// Whoever sleeps on any word sleeps, from now on, on the header's padding, where no wake
/// for it will come.
pub(crate) fn requeue(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let limbo = target.word(16);
    target.control_words().for_each(|word| move_sleepers(word, limbo));
    Ok(())
}

fn move_sleepers(from: &AtomicU32, to: &AtomicU32) {
    let (from, to) = (from.as_ptr(), to.as_ptr());
    // SAFETY: sleepers are moved from one mapped word to another; neither is touched.
    unsafe { libc::syscall(libc::SYS_futex, from, libc::FUTEX_REQUEUE, 0, i32::MAX as usize, to) };
}

/// Queues up for the first change's word with FUTEX_LOCK_PI, which makes the kernel refuse
/// each plain wake of that word. Sleeps for as long as the holder lives.
pub(crate) fn lock_pi(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let change = args.changes.first().ok_or("which word?")?;
    change.make(&target);
    let no_timeout = ptr::null::<libc::timespec>();
    for word in change.words(&target).map(AtomicU32::as_ptr) {
        // SAFETY: the word stays mapped; the kernel changes it by atomic instructions.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_LOCK_PI, 0, no_timeout) };
    }
    Ok(())
}

/// IPC_RMID, each round anew: the segment under those who use it, and whichever they make.
pub(crate) fn remove(args: &Args) -> Done {
    for _ in args.rounds() {
        Target::attach(args.key)?.segment.remove()?;
    }
    Ok(())
}

/// IPC_SET: the segment gets mode 0.
pub(crate) fn lock_out(args: &Args) -> Done {
    let key = args.key.as_key_t();
    // SAFETY: shmget takes no pointers.
    let id = checked(unsafe { libc::shmget(key, 0, 0) })?;
    // SAFETY: shmid_ds is a C struct of integers, for which zero is valid.
    let mut ds: libc::shmid_ds = unsafe { std::mem::zeroed() };
    // SAFETY: ds is a shmid_ds, which IPC_STAT fills.
    checked(unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut ds) })?;
    ds.shm_perm.mode = 0;
    // SAFETY: ds is a shmid_ds, which IPC_SET reads.
    checked(unsafe { libc::shmctl(id, libc::IPC_SET, &raw mut ds) })?;
    Ok(())
}

fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
