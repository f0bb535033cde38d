//! Memory without a name: memfd_create(2), sealed, handed over as a descriptor.
//!
//! There is nothing to be found by a key, so the two sides meet at a socket, and one
//! sends the other the descriptor: that is the `meeting` module, and what is promised
//! there is what differs from System V. Most of all: the memory lives as long as some
//! process has it, and if both sides die, what was in it is gone.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::rc::Rc;

use crate::key::Key;
use crate::limits;
use crate::meeting::{self, Goods};
use crate::sealed::Sealed;
use crate::segment::{Kind, Newcomer, Request, Segment, SegmentError};

/// Memory that is passed on as a sealed memfd.
#[derive(Clone, Copy, Debug)]
pub struct Memfd;

impl Kind for Memfd {
    fn attach(
        &self,
        request: &Request,
        newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError> {
        meeting::attach::<Sealed>(request, newcomer)
    }
}

/// The socket at which the two sides of a key meet; those of dma-bufs, too.
pub fn socket_path(key: Key) -> PathBuf {
    meeting::path(key)
}

impl Goods for Sealed {
    const KIND: &'static str = "memfd";

    fn make(request: &Request) -> Result<Self, SegmentError> {
        let size = request.size();
        Self::new(size).map_err(|errno| {
            let (source, object) = (errno.into(), format!("a memfd of {size} bytes"));
            let advice = limits::memory_advice(&source);
            SegmentError::Create { object, advice, source }
        })
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.as_fd()]
    }

    fn judge(fds: Vec<OwnedFd>, size: usize) -> Result<Self, String> {
        let [fd] = <[OwnedFd; 1]>::try_from(fds)
            .map_err(|fds| format!("{} descriptors came, not one", fds.len()))?;
        Self::judge(fd, size)
    }
}
