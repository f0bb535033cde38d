//! The system calls, one function for each use: its step, its call, and the line by which `-v`
//! shows it. Nothing else in this module calls libc.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::io;
use std::mem;
use std::ptr::{self, NonNull};

use handoff_proto::step::{Step, step_with};

use super::abi::{self, ShmInfo, Shminfo};
use super::flags;
use super::key::Key;

thread_local! {
    /// Whether this thread's calls are shown.
    static SHOWN: Cell<bool> = const { Cell::new(true) };
}

/// Looks something up that nobody asked for: to say what an error means is no part of what a
/// program does.
pub(super) fn unseen<T>(look: impl FnOnce() -> T) -> T {
    let shown = SHOWN.replace(false);
    let found = look();
    SHOWN.set(shown);
    found
}

/// A new segment, or with IPC_CREAT alone perhaps one that is there.
pub(super) fn create(key: Key, size: usize, flags: c_int) -> io::Result<c_int> {
    let call = || format!("shmget(key={key}, size={size}, {})", flags::of_shmget(flags));
    step_with(Step::Create, call);
    // SAFETY: shmget takes no pointers.
    let id = unsafe { libc::shmget(key.get(), size, flags) };
    told(call, outcome(id))
}

/// The segment that the key leads to. Asks for no permission yet.
pub(super) fn find(key: Key, least: usize) -> io::Result<c_int> {
    let call = || format!("shmget(key={key}, size={least}, 0)");
    step_with(Step::Find, call);
    // SAFETY: shmget takes no pointers.
    let id = unsafe { libc::shmget(key.get(), least, 0) };
    told(call, outcome(id))
}

/// Maps a segment; with address 0, wherever the kernel finds room.
///
/// # Safety
/// With SHM_REMAP, whatever is mapped from the address on, for as long as the segment is, is
/// the caller's to lose. The address may be rounded to 0 only if it is 0.
pub(super) unsafe fn attach(id: c_int, address: usize, flags: c_int) -> io::Result<NonNull<u8>> {
    let wanted = ptr::without_provenance::<c_void>(address);
    let call = || format!("shmat({id}{})", flags::of_shmat(address, flags));
    step_with(Step::Attach, call);
    // SAFETY: without SHM_REMAP the kernel replaces nothing, and else it is the caller's.
    let at = unsafe { libc::shmat(id, wanted, flags) };
    let result = match at.addr() {
        usize::MAX => Err(io::Error::last_os_error()),
        _ => Ok(at),
    };
    let shown = || result.as_ref().map_or_else(errno_name, |&at| format!("{at:p}"));
    if SHOWN.get() {
        log::debug!("{} = {}", call(), shown());
    }
    result.map(|at| NonNull::new(at.cast()).expect("shmat(2) maps no page at address 0"))
}

/// Unmaps what was attached at this address.
///
/// # Safety
/// It is the caller's, and nobody uses it any more.
pub(super) unsafe fn detach(base: NonNull<u8>) -> io::Result<()> {
    let call = || format!("shmdt({base:p})");
    step_with(Step::Detach, call);
    // SAFETY: the caller's.
    let result = outcome(unsafe { libc::shmdt(base.as_ptr().cast()) });
    told(call, result).map(drop)
}

/// Unmaps the rest of an attachment whose beginning has made room for another.
///
/// # Safety
/// It is the caller's, and nobody uses it any more.
pub(super) unsafe fn detach_rest(from: NonNull<u8>, size: usize) -> io::Result<()> {
    let call = || format!("munmap({from:p}, {size})");
    step_with(Step::Detach, call);
    // SAFETY: the caller's.
    let result = outcome(unsafe { libc::munmap(from.as_ptr().cast(), size) });
    told(call, result).map(drop)
}

/// IPC_STAT.
pub(super) fn status(id: c_int) -> io::Result<libc::shmid_ds> {
    let mut ds = no_status();
    let call = || format!("shmctl({id}, IPC_STAT)");
    step_with(Step::Status, call);
    // SAFETY: ds is a shmid_ds, which IPC_STAT fills.
    let result = outcome(unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut ds) });
    told(call, result).map(|_| ds)
}

/// SHM_STAT or SHM_STAT_ANY: the segment in a row of the kernel's table, with its id.
pub(super) fn status_in_row(row: c_int, anybody: bool) -> io::Result<(c_int, libc::shmid_ds)> {
    let (command, name) = match anybody {
        true => (abi::SHM_STAT_ANY, "SHM_STAT_ANY"),
        false => (abi::SHM_STAT, "SHM_STAT"),
    };
    let mut ds = no_status();
    let call = || format!("shmctl({row}, {name})");
    step_with(Step::Status, call);
    // SAFETY: ds is a shmid_ds, which these commands fill.
    let result = outcome(unsafe { libc::shmctl(row, command, &raw mut ds) });
    told(call, result).map(|id| (id, ds))
}

/// IPC_SET: owner, group and mode of `ds`, and nothing else of it.
pub(super) fn set(id: c_int, uid: u32, gid: u32, mode: u32) -> io::Result<()> {
    let mut ds = no_status();
    ds.shm_perm.uid = uid;
    ds.shm_perm.gid = gid;
    ds.shm_perm.mode = mode as _;
    // SAFETY: ds is a shmid_ds, which IPC_SET reads.
    let result = outcome(unsafe { libc::shmctl(id, libc::IPC_SET, &raw mut ds) });
    told(|| format!("shmctl({id}, IPC_SET, uid={uid}, gid={gid}, {mode:04o})"), result).map(drop)
}

/// IPC_RMID.
pub(super) fn remove(id: c_int) -> io::Result<()> {
    let call = || format!("shmctl({id}, IPC_RMID)");
    step_with(Step::Remove, call);
    // SAFETY: IPC_RMID takes no buffer.
    let result = outcome(unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) });
    told(call, result).map(drop)
}

/// SHM_LOCK.
pub(super) fn lock(id: c_int) -> io::Result<()> {
    // SAFETY: SHM_LOCK takes no buffer.
    let result = outcome(unsafe { libc::shmctl(id, libc::SHM_LOCK, ptr::null_mut()) });
    told(|| format!("shmctl({id}, SHM_LOCK)"), result).map(drop)
}

/// SHM_UNLOCK.
pub(super) fn unlock(id: c_int) -> io::Result<()> {
    // SAFETY: SHM_UNLOCK takes no buffer.
    let result = outcome(unsafe { libc::shmctl(id, libc::SHM_UNLOCK, ptr::null_mut()) });
    told(|| format!("shmctl({id}, SHM_UNLOCK)"), result).map(drop)
}

/// IPC_INFO, and the last row of the kernel's table that is in use.
pub(super) fn limits() -> io::Result<(c_int, Shminfo)> {
    let mut info = Shminfo::default();
    let call = || "shmctl(0, IPC_INFO)".to_owned();
    step_with(Step::Status, call);
    // SAFETY: info is a struct shminfo, which IPC_INFO fills.
    let result = outcome(unsafe { libc::shmctl(0, libc::IPC_INFO, (&raw mut info).cast()) });
    told(call, result).map(|row| (row, info))
}

/// SHM_INFO, and the last row of the kernel's table that is in use.
pub(super) fn usage() -> io::Result<(c_int, ShmInfo)> {
    let mut info = ShmInfo::default();
    let call = || "shmctl(0, SHM_INFO)".to_owned();
    step_with(Step::Status, call);
    // SAFETY: info is a struct shm_info, which SHM_INFO fills.
    let result = outcome(unsafe { libc::shmctl(0, abi::SHM_INFO, (&raw mut info).cast()) });
    told(call, result).map(|row| (row, info))
}

/// IPC_STAT for who asks every millisecond: neither told nor a step.
pub(super) fn status_untold(id: c_int) -> io::Result<libc::shmid_ds> {
    let mut ds = no_status();
    // SAFETY: ds is a shmid_ds, which IPC_STAT fills.
    let asked = unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut ds) };
    outcome(asked).map(|_| ds)
}

fn no_status() -> libc::shmid_ds {
    // SAFETY: shmid_ds is a C struct of integers, for which zero is valid.
    unsafe { mem::zeroed() }
}

fn outcome(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn told(call: impl Fn() -> String, result: io::Result<c_int>) -> io::Result<c_int> {
    if SHOWN.get() {
        log::debug!("{} = {}", call(), result.as_ref().map_or_else(errno_name, c_int::to_string));
    }
    result
}

fn errno_name(error: &io::Error) -> String {
    let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or_default());
    format!("-1 {errno:?}")
}
