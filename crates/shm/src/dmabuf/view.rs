//! A dma-buf that somebody else writes into, mapped to be read.
//!
//! What is in there may change at any moment, so nobody gets a reference to it: bytes are
//! copied out, inside an access that the kernel is told of.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use handoff_proto::step::{Step, step};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::{Access, Direction, size};

/// A mapping of a whole dma-buf; dropped, it is unmapped and closed.
#[derive(Debug)]
pub struct View {
    buffer: OwnedFd,
    base: NonNull<AtomicU64>,
    size: usize,
}

impl View {
    /// Maps the buffer. Whoever sent it is not trusted: only a dma-buf will do, because
    /// nobody can shrink it under us.
    ///
    /// # Errors
    /// It is no dma-buf (ENOTTY), has fewer than `at_least` bytes (InvalidData), or
    /// cannot be mapped.
    pub fn map(buffer: OwnedFd, at_least: usize) -> io::Result<Self> {
        // ENOTTY from anything else.
        drop(Access::begin(buffer.as_fd(), Direction::Read)?);
        let size = size(&buffer)?;
        if size < at_least {
            let small = format!("it has {size} bytes instead of {at_least}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, small));
        }
        let length = NonZeroUsize::new(size).ok_or(io::ErrorKind::InvalidData)?;
        step(Step::Attach);
        // SAFETY: no address asked for, so nothing that is mapped can be replaced.
        let base =
            unsafe { mmap(None, length, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, &buffer, 0) }?;
        log::debug!("mmap({size} bytes, PROT_READ) = {base:p}");
        Ok(Self { buffer, base: base.cast(), size })
    }

    /// Copies from the beginning, as much as there is room for.
    ///
    /// # Errors
    /// The exporter does not let the processor look now.
    ///
    /// # Panics
    /// There is more room than the buffer has bytes.
    pub fn read(&self, into: &mut [u8]) -> io::Result<()> {
        assert!(into.len() <= self.size, "{} bytes of {}", into.len(), self.size);
        let _access = Access::begin(self.buffer.as_fd(), Direction::Read)?;
        for (index, part) in into.chunks_mut(size_of::<u64>()).enumerate() {
            // SAFETY: a dma-buf is whole pages, so the word of its last byte is mapped too.
            let word = unsafe { self.base.add(index) };
            // SAFETY: aligned and mapped while self lives; written by others as they like,
            // which atomic loads allow, and read-only memory allows loads of this size.
            let word = unsafe { word.as_ref() }.load(Relaxed);
            part.copy_from_slice(&word.to_ne_bytes()[..part.len()]);
        }
        Ok(())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        step(Step::Detach);
        // SAFETY: mapped with this size, and nobody has a reference into it.
        let _ = unsafe { munmap(self.base.cast(), self.size) };
    }
}
