//! An attached segment: where it is, and its end. What it holds is reached in `words`.
//!
//! # Why this is safe
//! - The bounds of each access are those of what is mapped, not of what was said before: the
//!   size is asked for when the segment is attached already. An attached segment keeps its id,
//!   so that the answer is about this one, and its size never changes.
//! - Nothing else is ever replaced. See `place` for an address of one's own, and
//!   [`Attachment::replace`], which gives up only what is its own.
//! - No reference leads to what others may change: see `words`.
//!
//! A child that was forked has the attachments too and may detach them, which is nothing to
//! its parent. execve(2) and the end of a process detach all.

use std::io;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::place::{self, BadAddress, page_size};
use super::{Attach, Error, Segment, Status, calls, maps};

/// Shared memory in our address space; detached on drop.
///
/// It belongs to no thread. Detached or not, the segment stays until it is removed.
#[derive(Debug)]
pub struct Attachment {
    segment: Segment,
    pub(super) base: NonNull<u8>,
    /// Bytes of the segment.
    len: usize,
    /// Bytes that can be reached: whole pages.
    pub(super) mapped: usize,
    how: Attach,
    /// Whether it is to be detached.
    is_ours: bool,
}

// SAFETY: a mapping belongs to no thread.
unsafe impl Send for Attachment {}
// SAFETY: shared access is by atomics and by copies that are no race: see `words`.
unsafe impl Sync for Attachment {}

/// Attaches the segment, and says what it is that was attached.
pub(super) fn attach(segment: Segment, how: &Attach) -> Result<(Attachment, Status), Error> {
    if how.address() == 0 {
        return anywhere(segment, how);
    }
    let failed = |source| Error::Attach { id: segment.id(), how: *how, source };
    let size = segment.status().map_err(|error| failed(error.into()))?.size;
    refuse_bad(segment, how, size)?;
    // SAFETY: without SHM_REMAP, and what rounds to 0 is refused.
    let base = unsafe { calls::attach(segment.id(), how.address(), how.flags()) };
    let (attachment, status) = known(segment, how, base.map_err(failed)?)?;
    match status.size == size {
        true => Ok((attachment, status)),
        // The id has come to mean another segment, whose end nobody has looked at.
        false => Err(failed(io::Error::from_raw_os_error(libc::EIDRM))),
    }
}

/// Refuses an address that the kernel would take and nobody may have.
fn refuse_bad(segment: Segment, how: &Attach, size: usize) -> Result<(), Error> {
    let bad = |source| Error::Address { id: segment.id(), address: how.address(), source };
    let start = place::start(how).map_err(bad)?;
    // Of huge pages it takes more than its size, and nothing but having it mapped says how much.
    if place::leave_to_stack(start, size.saturating_add(place::LARGEST_PAGE)).is_ok() {
        return Ok(());
    }
    let (measured, _) = anywhere(segment, &how.at(0))?;
    maps::size_at(measured.address())
        .map_err(BadAddress::Unknown)
        .and_then(|mapped| place::leave_to_stack(start, mapped))
        .map_err(bad)
}

fn anywhere(segment: Segment, how: &Attach) -> Result<(Attachment, Status), Error> {
    let id = segment.id();
    // SAFETY: no address asked for, so nothing that is mapped can be replaced.
    let base = unsafe { calls::attach(id, 0, how.flags()) };
    known(segment, how, base.map_err(|source| Error::Attach { id, how: *how, source })?)
}

/// What is attached, with its size: nobody can give its id to another segment any more.
fn known(segment: Segment, how: &Attach, base: NonNull<u8>) -> Result<(Attachment, Status), Error> {
    // Detached again if its size is not to be had.
    let mut attachment = Attachment { segment, base, len: 0, mapped: 0, how: *how, is_ours: true };
    let status = segment.status().map_err(|error| Error::Attach {
        id: segment.id(),
        how: *how,
        source: error.into(),
    })?;
    attachment.len = status.size;
    attachment.mapped = status.size.next_multiple_of(page_size());
    Ok((attachment, status))
}

impl Attachment {
    /// The segment that is attached.
    pub fn segment(&self) -> Segment {
        self.segment
    }

    /// Its first byte's address in this process. Other processes have it elsewhere.
    pub fn address(&self) -> usize {
        self.base.addr().get()
    }

    /// The same as a pointer, for who does with it what is not safe.
    pub fn as_ptr(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// The segment's exact size in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a segment has one byte at least")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many bytes can be reached: [`len`](Self::len), rounded up to whole pages. What is
    /// behind the segment's end is zero at first, and shared like the rest.
    ///
    /// Of huge pages the kernel maps more; it is not reached from here.
    pub fn mapped_len(&self) -> usize {
        self.mapped
    }

    /// Whether a store would be a fault.
    pub fn is_read_only(&self) -> bool {
        self.how.is_read_only()
    }

    /// Whether the processor may execute what is there.
    pub fn is_executable(&self) -> bool {
        self.how.is_executable()
    }

    /// SHM_REMAP: puts another segment in this one's place, at the same address, in one step:
    /// other threads never find the place free. Its own address in `how` is not used.
    ///
    /// SHM_REMAP over anything else would take memory away under those who use it; what one
    /// has attached oneself is one's own to give, and nobody borrows from it while it is
    /// `&mut`. A smaller segment leaves the rest of the place free.
    ///
    /// # Errors
    /// [`Error::Address`] if the other is larger (in pages), and [`Error::Attach`]: this one
    /// stays attached then. [`Error::Replace`]: the kernel failed half-way. As nobody can tell
    /// what it left at the address, this attachment is given up: it has no bytes any more, and
    /// if there is anything it stays mapped.
    #[doc(alias = "SHM_REMAP")]
    pub fn replace(&mut self, segment: &Segment, how: &Attach) -> Result<(), Error> {
        let (id, address) = (segment.id(), self.address());
        // Attached twice for a moment, it keeps its id, so that what was measured is what comes.
        let (other, _) = anywhere(*segment, &how.at(0))?;
        let bad = |source| Error::Address { id, address, source };
        // What was given up is whoever's it is now.
        let room = if self.is_ours { maps::size_at(address) } else { Ok(0) };
        let room = room.map_err(|error| bad(BadAddress::Unknown(error)))?;
        let needed = maps::size_at(other.address()).map_err(|e| bad(BadAddress::Unknown(e)))?;
        if needed > room {
            return Err(bad(BadAddress::TooSmall { room, needed }));
        }
        let flags = how.flags() | libc::SHM_REMAP;
        // SAFETY: what is replaced is all our own, used by nobody, and long enough.
        let base = unsafe { calls::attach(id, address, flags) }.map_err(|source| {
            self.give_up();
            Error::Replace { id, address, source }
        })?;
        if room > needed {
            // SAFETY: within what was ours.
            let rest = unsafe { base.add(needed) };
            // SAFETY: ours, and used by nobody. If it fails, it just stays mapped.
            let _ = unsafe { calls::detach_rest(rest, room - needed) };
        }
        (self.segment, self.base, self.how) = (*segment, base, *how);
        (self.len, self.mapped) = (other.len, other.mapped);
        Ok(())
    }

    /// Nothing is ours here any more.
    fn give_up(&mut self) {
        (self.len, self.mapped, self.is_ours) = (0, 0, false);
    }

    /// Detaches it, and says whether that worked; dropping it does the same without a word.
    ///
    /// # Errors
    /// [`Error::Detach`]: somebody has unmapped it already, who cannot have been safe.
    #[doc(alias = "shmdt")]
    pub fn detach(self) -> Result<(), Error> {
        ManuallyDrop::new(self).end()
    }

    fn end(&mut self) -> Result<(), Error> {
        if !self.is_ours {
            return Ok(());
        }
        // SAFETY: attached at this address, and nothing borrows from it any more.
        let result = unsafe { calls::detach(self.base) };
        result.map_err(|source| Error::Detach { address: self.address(), source })
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
