//! A view shows what others write into a dma-buf, and takes nothing else for one.
//!
//! Kernels without a source of dma-bufs are many; scripts/vm.sh has one with both.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};

use handoff_shm::dmabuf::{self, Access, Direction, Source, View};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A buffer of two pages. None, and reported as skipped, where the kernel has no such source.
fn buffer_or_skips(source: Source) -> Option<OwnedFd> {
    match source.allocate(8192) {
        Ok(buffer) => Some(buffer),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            handoff_e2e::skip::skip(&format!("there is no {}", source.path().display()));
            None
        }
        Err(error) => panic!("{source:?}: {error}"),
    }
}

/// Stores a byte through a mapping of its own, as another process would.
fn store(buffer: &OwnedFd, at: usize, byte: u8) {
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let length = NonZeroUsize::new(8192).expect("two pages");
    // SAFETY: no address asked for, so nothing that is mapped can be replaced.
    let base = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, buffer, 0) };
    let base = base.expect("a dma-buf can be mapped");
    // SAFETY: within the two pages.
    let place = unsafe { base.cast::<u8>().add(at) };
    // SAFETY: mapped and writable, and nobody in here has a reference to it.
    unsafe { place.write_volatile(byte) };
    // SAFETY: mapped above, and used no more.
    unsafe { munmap(base, 8192) }.expect("it is mapped");
}

fn shows_what_is_stored(buffer: &OwnedFd) {
    let view = View::map(buffer.try_clone().expect("a spare descriptor"), 8192);
    let view = view.expect("a dma-buf can be viewed");
    let mut bytes = vec![1; 8192];
    view.read(&mut bytes).expect("it can be read");
    assert!(bytes.iter().all(|&byte| byte == 0), "a new buffer is zero");
    for at in [0, 7, 8, 4095, 8191] {
        store(buffer, at, 0xa5);
        view.read(&mut bytes).expect("it can be read");
        assert_eq!(bytes[at], 0xa5, "byte {at}");
    }
    // Not only whole words.
    let mut few = [1; 9];
    view.read(&mut few).expect("it can be read");
    assert_eq!(few, bytes[..9]);
}

fn takes_each_direction(buffer: &OwnedFd) {
    for direction in [Direction::Read, Direction::Write, Direction::Both] {
        let access = Access::begin(buffer.as_fd(), direction);
        access.unwrap_or_else(|error| panic!("{direction:?}: {error}"));
    }
}

fn is_refused_if_too_small(buffer: OwnedFd) {
    let error = View::map(buffer, 8193).expect_err("it has less");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

fn can_be_viewed(source: Source) {
    if let Some(buffer) = buffer_or_skips(source) {
        assert_eq!(dmabuf::size(&buffer).expect("it has a size"), 8192);
        shows_what_is_stored(&buffer);
        takes_each_direction(&buffer);
        is_refused_if_too_small(buffer);
    }
}

#[test]
fn a_buffer_of_the_system_heap_can_be_viewed() {
    can_be_viewed(Source::DmaHeap);
}

#[test]
fn a_buffer_of_udmabuf_can_be_viewed() {
    can_be_viewed(Source::Udmabuf);
}

#[test]
fn a_memfd_is_no_dma_buf() {
    let memfd = memfd_create(c"test", MFdFlags::MFD_CLOEXEC).expect("a memfd");
    nix::unistd::ftruncate(&memfd, 8192).expect("it takes a size");
    let error = View::map(memfd, 8192).expect_err("it can be shrunk");
    assert_eq!(error.raw_os_error(), Some(libc::ENOTTY));
}
