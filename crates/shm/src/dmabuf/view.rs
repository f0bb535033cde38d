//! A dma-buf that somebody else writes into, mapped to be read.
//!
//! What is in there may change at any moment, so nobody gets a reference to it: bytes are
//! copied out, inside an access that the kernel is told of.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::{Access, Direction, size};
use crate::mapped::Mapped;

/// A mapping of a whole dma-buf; dropped, it is unmapped and closed.
#[derive(Debug)]
pub struct View {
    buffer: OwnedFd,
    mapped: Mapped,
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
        let mapped = Mapped::to_read(&buffer, size)?;
        Ok(Self { buffer, mapped })
    }

    /// Copies from the beginning, as much as there is room for.
    ///
    /// # Errors
    /// The exporter does not let the processor look now.
    ///
    /// # Panics
    /// There is more room than the buffer has bytes.
    pub fn read(&self, into: &mut [u8]) -> io::Result<()> {
        let size = self.mapped.size();
        assert!(into.len() <= size, "{} bytes of {size}", into.len());
        let words = self.mapped.base().cast::<AtomicU64>();
        let _access = Access::begin(self.buffer.as_fd(), Direction::Read)?;
        for (index, part) in into.chunks_mut(size_of::<u64>()).enumerate() {
            // SAFETY: whole pages are mapped, so the word of the last byte is, too.
            let word = unsafe { words.add(index) };
            // SAFETY: aligned and mapped while self lives; written by others as they like,
            // which atomic loads allow, and memory only to be read allows loads of this size.
            let word = unsafe { word.as_ref() }.load(Relaxed);
            part.copy_from_slice(&word.to_ne_bytes()[..part.len()]);
        }
        Ok(())
    }
}
