//! The kind: words in a sealed memfd, text in a dma-buf.
//!
//! A dma-buf cannot carry the words. Its pages belong to no file and no process, so
//! there is nothing by which the kernel could know a futex on them for the same in two
//! processes: FUTEX_WAIT and FUTEX_WAKE say EFAULT. So the exchange is mapped twice with
//! one layout, and each half of it used once: the words of the memfd, the text of the
//! dma-buf. Who passes frames between processes (PipeWire, say) splits them the same way.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::rc::Rc;

use handoff_proto::{Keep, Mapping};
use nix::sys::statfs::fstatfs;

use super::{Access, Direction, Source, allocate, size};
use crate::limits;
use crate::mapped::Mapped;
use crate::meeting::{self, Goods};
use crate::sealed::{Sealed, not_the_size};
use crate::segment::{Kind, Newcomer, Request, Segment, SegmentError};

/// DMA_BUF_MAGIC of <linux/magic.h>: "DMAB".
const DMA_BUF_MAGIC: u64 = 0x444d_4142;

/// Memory that is passed on as a sealed memfd and a dma-buf.
#[derive(Clone, Copy, Debug)]
pub struct Dmabuf;

impl Kind for Dmabuf {
    fn attach(
        &self,
        request: &Request,
        newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError> {
        // Else a reader would wait for a writer that can have none either.
        if !Source::ALL.iter().any(|source| source.path().exists()) {
            return Err(cannot_create(request.size(), super::source::no_source()));
        }
        meeting::attach::<Split>(request, newcomer)
    }
}

fn cannot_create(size: usize, source: io::Error) -> SegmentError {
    let advice = match source.kind() {
        io::ErrorKind::NotFound => Some("choose another kind of memory with --via".into()),
        io::ErrorKind::PermissionDenied => {
            Some("ask for the right to use the device, or choose another kind with --via".into())
        }
        _ => limits::memory_advice(&source),
    };
    SegmentError::Create { object: format!("a dma-buf of {size} bytes"), advice, source }
}

/// Both halves, mapped.
struct Split {
    words: Sealed,
    text: Mapped,
    buffer: OwnedFd,
}

impl Goods for Split {
    const KIND: &'static str = "dmabuf";

    fn make(request: &Request) -> Result<Self, SegmentError> {
        let bytes = request.size();
        let made = || {
            let (source, buffer) = allocate(bytes)?;
            log::debug!("a dma-buf from {}", source.path().display());
            let text = Mapped::new(&buffer, bytes)?;
            Ok(Self { words: Sealed::new(bytes)?, text, buffer })
        };
        made().map_err(|error| cannot_create(bytes, error))
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.words.as_fd(), self.buffer.as_fd()]
    }

    fn judge(fds: Vec<OwnedFd>, bytes: usize) -> Result<Self, String> {
        let [words, buffer] = <[OwnedFd; 2]>::try_from(fds)
            .map_err(|fds| format!("{} descriptors came, not two", fds.len()))?;
        let words = Sealed::judge(words, bytes)?;
        let kind = fstatfs(&buffer).map_err(|errno| format!("it has no file system: {errno}"))?;
        if kind.filesystem_type().0 as u64 != DMA_BUF_MAGIC {
            return Err("its text is in no dma-buf".into());
        }
        // Whole pages: the first that can hold so much, and no more.
        let has = size(&buffer).map_err(|error| format!("its text has no size: {error}"))?;
        let page = super::source::page_size().map_err(|error| error.to_string())?;
        if has != bytes.next_multiple_of(page) {
            return Err(not_the_size(has, bytes));
        }
        let text = Mapped::new(&buffer, bytes);
        let text = text.map_err(|errno| format!("its text cannot be mapped: {errno}"))?;
        Ok(Self { words, text, buffer })
    }
}

// SAFETY: the words as of the memfd. Mapped mapped as many bytes of a dma-buf shared, readable
// and writable, page-aligned and zeroed when it was made; only its drop unmaps them, and no
// dma-buf can be shrunk.
unsafe impl Mapping for Split {
    fn base(&self) -> NonNull<u8> {
        self.words.base()
    }

    fn size(&self) -> usize {
        self.words.size()
    }

    fn text_base(&self) -> NonNull<u8> {
        self.text.base()
    }

    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        let direction = if writes { Direction::Write } else { Direction::Read };
        match Access::begin(self.buffer.as_fd(), direction) {
            Ok(access) => Some(Box::new(access)),
            Err(error) => {
                log::warn!("the dma-buf may show old text (DMA_BUF_IOCTL_SYNC): {error}");
                None
            }
        }
    }
}
