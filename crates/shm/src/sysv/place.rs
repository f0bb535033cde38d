//! An address of one's own: which ones shmat(2) would take and a safe program must not have.
//!
//! The kernel maps nothing over anything unless SHM_REMAP says so. Two gaps are left in that:
//! - An address below a page that SHM_RND rounds down to 0 is to do_shmat() no address at all
//!   when it looks for what is there, but one when it maps: for who may map page 0 (root),
//!   whatever was there is lost.
//! - The room below the main thread's stack is free until the stack needs it. A segment that
//!   ends just there has no guard gap between them, and becomes the stack's next pages.

use std::io;
use std::ops::Range;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

use super::{Attach, maps};

/// What the kernel keeps free below a stack, unless it was booted with another
/// `stack_guard_gap`.
const GUARD_GAP: usize = 256;

/// How far a stack without a limit is taken to grow.
const FAR: usize = 1 << 30;

/// Of the sizes that huge pages have, the largest.
pub(super) const LARGEST_PAGE: usize = 16 << 30;

/// An address at which a segment cannot safely be attached. The kernel was not asked.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    /// SHM_RND makes it 0.
    #[error("it is rounded down to 0, where the kernel would replace what is mapped")]
    Zero,
    /// The main thread's stack may grow to there.
    #[error("the main thread's stack may grow to there")]
    Stack,
    /// SHM_REMAP: the attachment that was there has fewer bytes than it takes.
    #[error("there are {room} bytes, and it takes {needed}")]
    TooSmall {
        /// What there is, in bytes.
        room: usize,
        /// What it takes, in bytes.
        needed: usize,
    },
    /// It is not known what is there.
    #[error("cannot look up what is mapped there")]
    Unknown(#[source] io::Error),
}

/// SHMLBA: of what an address of one's own must be a multiple. A page, on most machines.
#[doc(alias = "SHMLBA")]
pub fn shmlba() -> usize {
    match cfg!(target_arch = "arm") {
        true => 4 * page_size(),
        false => page_size(),
    }
}

/// Bytes of a page.
pub fn page_size() -> usize {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok()).expect("every system has pages")
}

/// Where an attachment begins for which this address is asked.
pub(super) fn start(how: &Attach) -> Result<usize, BadAddress> {
    let start = match how.is_rounded() {
        true => how.address() - how.address() % shmlba(),
        false => how.address(),
    };
    if start == 0 { Err(BadAddress::Zero) } else { Ok(start) }
}

/// Refuses room that is the stack's, or may come to be.
pub(super) fn leave_to_stack(start: usize, size: usize) -> Result<(), BadAddress> {
    let stack = reach(&maps::stack().map_err(BadAddress::Unknown)?);
    let end = start.saturating_add(size);
    match start < stack.end && stack.start < end {
        true => Err(BadAddress::Stack),
        false => Ok(()),
    }
}

/// Where the stack is, and may come to be.
fn reach(stack: &Range<usize>) -> Range<usize> {
    let limit = getrlimit(Resource::RLIMIT_STACK).map_or(u64::MAX, |(soft, _)| soft);
    let most = usize::try_from(limit).unwrap_or(usize::MAX).min(FAR);
    let lowest = stack.end.saturating_sub(most).min(stack.start);
    lowest.saturating_sub(GUARD_GAP * page_size())..stack.end
}
