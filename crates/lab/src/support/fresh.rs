//! What nobody else uses.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use handoff_shm::sysv::{Key, Segment};
use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};

use super::unseen;
use crate::Stop;

/// The top byte of every experiment's key: scripts/test.sh looks for leftovers by it.
const MARK: u32 = 0x7e00_0000;

/// Numbers this process has had so far.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A number that no other process has, and this one only once.
pub(super) fn fresh_number() -> u32 {
    let counter = TAKEN.fetch_add(1, Relaxed);
    // Neighbouring pids run at the same time: the shift keeps their numbers apart.
    MARK | ((process::id() << 8).wrapping_add(counter) & 0x00ff_ffff)
}

/// A System V key behind which nothing exists.
///
/// # Errors
/// [`Stop::Failed`] if none is found.
pub fn fresh_key() -> Result<Key, Stop> {
    for _ in 0..1000 {
        let key = Key::new(fresh_number().cast_signed());
        let found = unseen(|| Segment::open(key, 0));
        if found.is_err_and(|error| Errno::from_raw(error.errno()) == Errno::ENOENT) {
            return Ok(key);
        }
    }
    Err(Stop::failed("there is a segment behind each of a thousand keys"))
}

/// Bytes in a page of memory.
///
/// # Errors
/// What sysconf(3) says.
pub fn page_size() -> Result<usize, Stop> {
    let bytes = sysconf(SysconfVar::PAGE_SIZE)?;
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| Stop::failed("pages have no size"))
}
