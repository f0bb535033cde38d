//! A memfd's pages as a dma-buf: ioctl(UDMABUF_CREATE).

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use handoff_shm::dmabuf::{Source, abi};
use nix::errno::Errno;

/// The first `length` bytes of a memfd, whole pages, which it goes on having. (`handoff-shm`
/// makes its own memfd for a dma-buf, and lets nobody else have it.)
///
/// # Errors
/// open(2)'s of the device; EINVAL if the memfd is not sealed against shrinking.
pub fn udmabuf(memfd: impl AsFd, length: usize) -> Result<OwnedFd, Errno> {
    let path = Source::Udmabuf.path();
    let device = File::options().read(true).write(true).open(path);
    let device = device.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))?;
    let asked = abi::UdmabufCreate {
        memfd: memfd.as_fd().as_raw_fd().cast_unsigned(),
        flags: abi::UDMABUF_FLAGS_CLOEXEC,
        offset: 0,
        size: length as u64,
    };
    // SAFETY: the request takes a pointer to a udmabuf_create, and only reads it.
    let fd = Errno::result(unsafe {
        libc::ioctl(device.as_raw_fd(), abi::UDMABUF_CREATE, &raw const asked)
    })?;
    // SAFETY: the kernel has just opened it for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
