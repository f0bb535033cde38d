//! Where a dma-buf comes from: a heap of the kernel's, or pages of a memfd.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;

use handoff_proto::step::{Step, step_with};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::ftruncate;

use super::abi;

/// A maker of dma-bufs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The system heap: whole pages wherever there are some.
    DmaHeap,
    /// Pages of a memfd.
    Udmabuf,
}

impl Source {
    /// All of them, the better one first.
    pub const ALL: [Self; 2] = [Self::DmaHeap, Self::Udmabuf];

    /// The device that is asked.
    pub fn path(self) -> &'static Path {
        Path::new(match self {
            Self::DmaHeap => "/dev/dma_heap/system",
            Self::Udmabuf => "/dev/udmabuf",
        })
    }

    /// A new dma-buf of at least `size` bytes, rounded up to whole pages, zeroed, closed
    /// on exec.
    ///
    /// # Errors
    /// NotFound where the kernel has no such device, else its open(2)'s or ioctl(2)'s.
    pub fn allocate(self, size: usize) -> io::Result<OwnedFd> {
        let device = File::options().read(true).write(true).open(self.path())?;
        let page = page_size()?;
        let size = size.max(1).next_multiple_of(page);
        match self {
            Self::DmaHeap => from_heap(&device, size),
            Self::Udmabuf => from_memfd(&device, size),
        }
    }
}

/// A new dma-buf from the first source that there is, and which that was.
///
/// # Errors
/// NotFound if there is none. Else the first source's.
pub fn allocate(size: usize) -> io::Result<(Source, OwnedFd)> {
    for source in Source::ALL {
        match source.allocate(size) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => return result.map(|buffer| (source, buffer)),
        }
    }
    Err(no_source())
}

pub(super) fn no_source() -> io::Error {
    let paths = Source::ALL.map(|source| source.path().display().to_string()).join(" nor ");
    io::Error::new(io::ErrorKind::NotFound, format!("this kernel has neither {paths}"))
}

/// How many bytes a dma-buf has.
///
/// # Errors
/// lseek(2)'s.
pub fn size(buffer: impl AsFd) -> io::Result<usize> {
    // A dma-buf can be sought to its end and its start, and nowhere else.
    let mut buffer = File::from(buffer.as_fd().try_clone_to_owned()?);
    let size = buffer.seek(SeekFrom::End(0))?;
    Ok(usize::try_from(size).expect("what can be mapped has a size that fits"))
}

pub(super) fn page_size() -> io::Result<usize> {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.unwrap_or(4096);
    Ok(usize::try_from(size).expect("a page's size is positive"))
}

fn from_heap(heap: &File, size: usize) -> io::Result<OwnedFd> {
    let fd_flags = (libc::O_RDWR | libc::O_CLOEXEC).cast_unsigned();
    let mut asked = abi::HeapAllocation { len: size as u64, fd: 0, fd_flags, heap_flags: 0 };
    step_with(Step::Allocate, || format!("DMA_HEAP_IOCTL_ALLOC of {size} bytes"));
    // SAFETY: the request takes a pointer to a dma_heap_allocation_data, and fills in its fd.
    let result = Errno::result(unsafe {
        libc::ioctl(heap.as_raw_fd(), abi::DMA_HEAP_IOCTL_ALLOC, &raw mut asked)
    });
    log::debug!("ioctl(DMA_HEAP_IOCTL_ALLOC, {size} bytes) = {result:?}, {}", asked.fd);
    result?;
    // SAFETY: the kernel has just opened it for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(asked.fd.cast_signed()) })
}

/// The memfd is closed again: the dma-buf keeps its pages, and nobody can punch a hole
/// into it, behind which the two would show different memory.
fn from_memfd(device: &File, size: usize) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    step_with(Step::Create, || "memfd_create(handoff-text)".to_owned());
    let memfd = memfd_create(c"handoff-text", flags)?;
    let length = i64::try_from(size).map_err(|_| Errno::EFBIG)?;
    step_with(Step::Reserve, || format!("ftruncate to {size} bytes"));
    ftruncate(&memfd, length)?;
    step_with(Step::Seal, || "F_ADD_SEALS: shrink".to_owned());
    fcntl(&memfd, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK))?;
    let asked = abi::UdmabufCreate {
        memfd: memfd.as_raw_fd().cast_unsigned(),
        flags: abi::UDMABUF_FLAGS_CLOEXEC,
        offset: 0,
        size: size as u64,
    };
    step_with(Step::Allocate, || format!("UDMABUF_CREATE of {size} bytes"));
    // SAFETY: the request takes a pointer to a udmabuf_create, and only reads it.
    let result: Result<RawFd, Errno> = Errno::result(unsafe {
        libc::ioctl(device.as_raw_fd(), abi::UDMABUF_CREATE, &raw const asked)
    });
    log::debug!("ioctl(UDMABUF_CREATE, {size} bytes) = {result:?}");
    // SAFETY: the kernel has just opened it for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(result?) })
}
