//! A descriptor's bytes in our address space: mmap(2), shared.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::mman::{MapFlags, MsFlags, ProtFlags, mmap, msync, munmap};

use crate::Stop;

/// Mapped bytes that others may change at any moment, so that nobody gets a reference to them;
/// unmapped when dropped.
#[derive(Debug)]
pub struct Mapped {
    base: NonNull<u8>,
    length: NonZeroUsize,
}

impl Mapped {
    /// The first `length` bytes, readable and writable.
    ///
    /// # Errors
    /// What mmap(2) says.
    pub fn new(object: impl AsFd, length: usize) -> Result<Self, Stop> {
        let length = NonZeroUsize::new(length).ok_or_else(|| Stop::failed("nothing to map"))?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: no address asked for, so nothing that is mapped can be replaced.
        let base = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, object, 0) }?;
        Ok(Self { base: base.cast(), length })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> usize {
        self.base.addr().get()
    }

    /// The byte at an offset. Where the object has been shrunk, or there is no page to be had,
    /// that is SIGBUS.
    ///
    /// # Panics
    /// The offset is behind the mapping's end.
    #[must_use]
    pub fn load(&self, offset: usize) -> u8 {
        self.byte(offset).load(Relaxed)
    }

    /// Changes the byte at an offset.
    ///
    /// # Panics
    /// The offset is behind the mapping's end.
    pub fn store(&self, offset: usize, byte: u8) {
        self.byte(offset).store(byte, Relaxed);
    }

    /// msync(2) with MS_SYNC: waits until all of it is where the file system keeps it.
    ///
    /// # Errors
    /// What msync(2) says.
    pub fn sync(&self) -> Result<(), Stop> {
        // SAFETY: it is mapped from here for this length, and stays so.
        unsafe { msync(self.base.cast(), self.length.get(), MsFlags::MS_SYNC) }?;
        Ok(())
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.length.get(), "{offset} is behind the end");
        // SAFETY: inside the mapping, as was just asserted.
        let byte = unsafe { self.base.cast::<AtomicU8>().add(offset) };
        // SAFETY: mapped while self lives, and changed by others through the memory only, which
        // atomics allow.
        unsafe { byte.as_ref() }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped from here for this length, and nobody has a reference into it.
        let _ = unsafe { munmap(self.base.cast(), self.length.get()) };
    }
}
