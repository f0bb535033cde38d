//! The kernel's structs and request numbers, as <linux/dma-buf.h>, <linux/dma-heap.h>
//! and <linux/udmabuf.h> have them. A test asks the C compiler whether they are right.

use nix::sys::ioctl::ioctl_num_type;
use nix::{request_code_readwrite, request_code_write};

/// `struct dma_buf_sync`: a processor's look at a dma-buf begins or ends.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    /// DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_END.
    pub flags: u64,
}

/// `struct dma_heap_allocation_data`: what is asked of a heap, and the answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HeapAllocation {
    /// Bytes; the kernel rounds up to pages.
    pub len: u64,
    /// The dma-buf, afterwards; 0 before.
    pub fd: u32,
    /// O_CLOEXEC, O_RDWR.
    pub fd_flags: u32,
    /// None are defined.
    pub heap_flags: u64,
}

/// `struct udmabuf_create`: a part of a memfd that is to be a dma-buf too.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct UdmabufCreate {
    /// The memfd, sealed against shrinking.
    pub memfd: u32,
    /// [`UDMABUF_FLAGS_CLOEXEC`].
    pub flags: u32,
    /// Where it begins, in bytes: whole pages.
    pub offset: u64,
    /// Bytes: whole pages.
    pub size: u64,
}

/// DMA_BUF_SYNC_READ.
pub const DMA_BUF_SYNC_READ: u64 = 1;
/// DMA_BUF_SYNC_WRITE.
pub const DMA_BUF_SYNC_WRITE: u64 = 2;
/// DMA_BUF_SYNC_END; DMA_BUF_SYNC_START is 0.
pub const DMA_BUF_SYNC_END: u64 = 4;
/// UDMABUF_FLAGS_CLOEXEC.
pub const UDMABUF_FLAGS_CLOEXEC: u32 = 1;

/// DMA_BUF_IOCTL_SYNC.
pub const DMA_BUF_IOCTL_SYNC: ioctl_num_type = request_code_write!(b'b', 0, size_of::<Sync>());
/// DMA_HEAP_IOCTL_ALLOC.
pub const DMA_HEAP_IOCTL_ALLOC: ioctl_num_type =
    request_code_readwrite!(b'H', 0, size_of::<HeapAllocation>());
/// UDMABUF_CREATE.
pub const UDMABUF_CREATE: ioctl_num_type =
    request_code_write!(b'u', 0x42, size_of::<UdmabufCreate>());
