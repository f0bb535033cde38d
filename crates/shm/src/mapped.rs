//! An object's bytes in our address space: mmap(2), munmap(2), and room reserved for them.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use handoff_proto::step::{Step, step_with};
use nix::errno::Errno;
use nix::fcntl::posix_fallocate;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::signal::{SigSet, SigmaskHow};

/// Mapped bytes, shared; unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapped {
    base: NonNull<u8>,
    size: usize,
}

impl Mapped {
    /// The first `size` bytes of an object, readable and writable, wherever the kernel finds
    /// room.
    pub(crate) fn new(object: impl AsFd, size: usize) -> nix::Result<Self> {
        Self::with(object, size, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE)
    }

    /// The same, only to be read: a descriptor that is no good for more will do.
    pub(crate) fn to_read(object: impl AsFd, size: usize) -> nix::Result<Self> {
        Self::with(object, size, ProtFlags::PROT_READ)
    }

    fn with(object: impl AsFd, size: usize, access: ProtFlags) -> nix::Result<Self> {
        let length = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
        step_with(Step::Attach, || format!("mmap of {size} bytes"));
        // SAFETY: no address asked for, so nothing that is mapped can be replaced.
        let result = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, object, 0) };
        log::debug!("mmap({size}) = {result:?}");
        Ok(Self { base: result?.cast(), size })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        step_with(Step::Detach, || format!("munmap of {} bytes at {:p}", self.size, self.base));
        // SAFETY: mapped at this address with this size, and whoever used it kept this value.
        let result = unsafe { munmap(self.base.cast(), self.size) };
        log::debug!("munmap({:p}, {}) = {result:?}", self.base, self.size);
    }
}

// SAFETY: a mapping belongs to no thread.
unsafe impl Send for Mapped {}
// SAFETY: shared access gives out a pointer only; what is there is used through atomics.
unsafe impl Sync for Mapped {}

/// Gives a new object its size, and the room for it: with ftruncate alone, a full file
/// system would be a SIGBUS later, in the middle of a line.
pub(crate) fn reserve(object: impl AsFd, size: usize) -> nix::Result<()> {
    // A limit on the size of files is an error then, and not a death.
    handoff_proto::file_limit_as_error().map_err(|_| Errno::last())?;
    let size = i64::try_from(size).map_err(|_| Errno::EFBIG)?;
    // A signal would have it begin anew, and the one of Ctrl-C comes until it is seen.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    step_with(Step::Reserve, || format!("posix_fallocate of {size} bytes"));
    let result = posix_fallocate(object, 0, size);
    mask.thread_set_mask()?;
    log::debug!("posix_fallocate({size}) = {result:?}");
    result
}
