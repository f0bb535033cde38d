//! Text between a descriptor and the slots, with no copy of ours in between.
//!
//! The kernel moves the bytes, so no Rust reference looks at memory that a peer
//! may change under it, and what a hostile peer changes is its own message.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::error::Corrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::newlines;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::step::{Step, step_with};
use crate::text;
use crate::turn::BATCH;

const NOTHING: libc::iovec = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };

/// The slot's text from byte `from` up to byte `to`, for the kernel.
fn part_of(slot: &Slot, from: usize, to: usize) -> libc::iovec {
    assert!(from <= to && to <= TEXT_BYTES);
    let base = slot.text.as_ptr().cast::<u8>().cast_mut();
    libc::iovec { iov_base: base.wrapping_add(from).cast(), iov_len: to - from }
}

fn done(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// From now on, a write beyond RLIMIT_FSIZE fails with EFBIG, as one to a full disk
/// fails with ENOSPC. By default SIGXFSZ would kill the process before it can say so.
///
/// # Errors
/// signal(2)'s.
pub fn file_limit_as_error() -> io::Result<()> {
    // SAFETY: to ignore a signal runs no code of ours.
    match unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) } {
        libc::SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

impl Sender {
    /// One readv(2) from `source` into the slots that are free; 0 at its end.
    ///
    /// Nothing is handed over yet: see [`hand_over_read`](Self::hand_over_read).
    ///
    /// # Errors
    /// readv(2)'s, EINTR among them.
    ///
    /// # Panics
    /// If no slot is free: a read of no bytes would look like the end.
    pub fn read_from(&mut self, source: BorrowedFd<'_>) -> io::Result<usize> {
        let free = self.free_slots();
        assert!(free > 0);
        let mut parts = [NOTHING; BATCH];
        for (ahead, part) in parts[..free].iter_mut().enumerate() {
            self.text(ahead).witness.writes();
            *part = part_of(self.text(ahead), 0, TEXT_BYTES);
        }
        let _access = self.exchange().access_text(true);
        let slot = self.next_slot();
        step_with(Step::Read, || format!("readv into {free} free slots, from slot {slot} on"));
        // SAFETY: the parts are text of slots that stay mapped while self lives and
        // that are the sender's until handed over.
        done(unsafe { libc::readv(source.as_raw_fd(), parts.as_ptr(), free as libc::c_int) })
    }

    /// Copies what was read out of the free slots, from byte `from` of it on, for a look.
    ///
    /// # Panics
    /// If `from` is no multiple of 8, or the slots do not hold so much.
    pub fn look_at_read(&self, from: usize, into: &mut [u8]) {
        let _access = self.exchange().access_text(false);
        let (slot, from) = (from / TEXT_BYTES, from % TEXT_BYTES);
        let (first, others) = into.split_at_mut(into.len().min(TEXT_BYTES - from));
        text::copy_out(self.text(slot), from, first);
        for (slot, into) in (slot + 1..).zip(others.chunks_mut(TEXT_BYTES)) {
            text::copy_out(self.text(slot), 0, into);
        }
    }

    /// Whether a line of `length` bytes may be in what was read, from byte `from` of it on, in
    /// so many `bytes`, with the newlines before and behind it. What is seen without a copy:
    /// true does not mean that there is one.
    ///
    /// # Panics
    /// If the slots do not hold so much.
    pub fn may_have_read_line(&self, from: usize, bytes: usize, length: usize) -> bool {
        let is_whole = from.is_multiple_of(TEXT_BYTES) && bytes.is_multiple_of(TEXT_BYTES);
        // Text elsewhere takes system calls to look at: once is enough.
        if !is_whole || length > newlines::LONGEST || self.exchange().has_text_elsewhere() {
            return true;
        }
        let slots = from / TEXT_BYTES..(from + bytes) / TEXT_BYTES;
        let mut borders = slots.clone().skip(1);
        borders.any(|n| newlines::is_line_across(self.text(n - 1), self.text(n), length))
            || slots.into_iter().any(|n| newlines::may_have_line(self.text(n), length))
    }

    /// Hands over the first `bytes` of what the last [`read_from`](Self::read_from) brought.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn hand_over_read(&mut self, bytes: usize) -> Result<(), Corrupt> {
        self.hand_over(bytes)
    }
}

impl Receiver {
    /// One writev(2) of all texts that are there to `sink`. What was written in
    /// full is acknowledged; what was written in part, is not written again.
    ///
    /// # Errors
    /// The outer: writev(2)'s, EINTR among them. The inner: a corrupt exchange.
    pub fn write_to(&mut self, sink: BorrowedFd<'_>) -> io::Result<Result<(), Corrupt>> {
        let mut lens = [0; BATCH];
        let (texts, mut from) = self.lens(&mut lens);
        let lens = &lens[..texts];
        let mut parts = [NOTHING; BATCH];
        for (ahead, (part, &len)) in parts.iter_mut().zip(lens).enumerate() {
            self.text(ahead).witness.reads();
            *part = part_of(self.text(ahead), from, len as usize);
            from = 0;
        }
        let access = self.exchange().access_text(false);
        let bytes = || parts[..texts].iter().map(|part| part.iov_len).sum::<usize>();
        step_with(Step::Output, || format!("writev of {} bytes in {texts} slots", bytes()));
        // SAFETY: the parts are text of slots that stay mapped while self lives, and
        // within the lengths that were checked.
        let written =
            done(unsafe { libc::writev(sink.as_raw_fd(), parts.as_ptr(), texts as libc::c_int) })?;
        drop(access);
        Ok(self.wrote_out(lens, written))
    }
}
