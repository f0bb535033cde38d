//! Saying when the processor looks at a dma-buf: DMA_BUF_IOCTL_SYNC.
//!
//! A device may write into the same memory past the processor's caches. Between
//! the begin and the end of an access, the exporter sees to it that processor and
//! device agree about what is there. On a PC that costs nothing but the call; left
//! out, other machines show old bytes.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use handoff_proto::step::{Step, step_with};
use nix::errno::Errno;

use super::abi;

/// What the processor is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Only look.
    Read,
    /// Only write.
    Write,
    /// Both.
    Both,
}

impl Direction {
    fn flags(self) -> u64 {
        match self {
            Self::Read => abi::DMA_BUF_SYNC_READ,
            Self::Write => abi::DMA_BUF_SYNC_WRITE,
            Self::Both => abi::DMA_BUF_SYNC_READ | abi::DMA_BUF_SYNC_WRITE,
        }
    }
}

/// An access of the processor: it begins with the value and ends when that is dropped.
#[derive(Debug)]
pub struct Access<'a> {
    buffer: BorrowedFd<'a>,
    direction: Direction,
}

impl<'a> Access<'a> {
    /// DMA_BUF_SYNC_START.
    ///
    /// # Errors
    /// ioctl(2)'s: ENOTTY for what is no dma-buf.
    pub fn begin(buffer: BorrowedFd<'a>, direction: Direction) -> io::Result<Self> {
        step_with(Step::AccessBegin, || format!("DMA_BUF_IOCTL_SYNC, start: {direction:?}"));
        dma_buf_sync(buffer, direction.flags())?;
        Ok(Self { buffer, direction })
    }
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        step_with(Step::AccessEnd, || format!("DMA_BUF_IOCTL_SYNC, end: {:?}", self.direction));
        // It took the begin, and there is nobody to tell here if it does not take the end.
        let _ = dma_buf_sync(self.buffer, self.direction.flags() | abi::DMA_BUF_SYNC_END);
    }
}

/// One DMA_BUF_IOCTL_SYNC, again for as long as it says "again", as the kernel's header asks.
fn dma_buf_sync(buffer: BorrowedFd<'_>, flags: u64) -> io::Result<()> {
    let sync = abi::Sync { flags };
    loop {
        // SAFETY: the request takes a pointer to a dma_buf_sync, and only reads it.
        let result = Errno::result(unsafe {
            libc::ioctl(buffer.as_raw_fd(), abi::DMA_BUF_IOCTL_SYNC, &raw const sync)
        });
        log::trace!("ioctl(DMA_BUF_IOCTL_SYNC, {flags:#x}) = {result:?}");
        match result {
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            result => return Ok(result.map(drop)?),
        }
    }
}
