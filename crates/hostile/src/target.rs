//! The segment as raw words: no magic, no role and no turn is respected.

use std::rc::Rc;
use std::sync::atomic::AtomicU32;

use handoff_proto::{Interrupt, Side};
use handoff_shm::{Key, Kind, Layout, Newcomer, Request, Segment, SegmentError, sysv::Sysv};

/// Bytes before the slots.
pub(crate) const HEADER: usize = 64;
/// Bytes of a slot.
pub(crate) const SLOT: usize = 2112;
/// Where a slot's text begins, and how many bytes it has.
pub(crate) const TEXT: std::ops::Range<usize> = 8..2056;

/// The attached segment.
pub(crate) struct Target {
    pub(crate) segment: Rc<dyn Segment>,
}

impl Target {
    /// Attaches the key's segment, whoever made it; makes it, if nobody did.
    pub(crate) fn attach(key: Key) -> Result<Self, SegmentError> {
        let request =
            Request { key, mode: 0o600, slots: None, any_owner: true, layout: Layout::Exchange };
        let interrupt = Interrupt::never();
        let newcomer = Newcomer { side: Side::Reader, interrupt: &interrupt };
        Sysv.attach(&request, &newcomer).map(|segment| Self { segment })
    }

    pub(crate) fn size(&self) -> usize {
        self.segment.size()
    }

    pub(crate) fn slots(&self) -> usize {
        (self.size() - HEADER) / SLOT
    }

    /// The 32-bit word at a byte offset.
    pub(crate) fn word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.size());
        let word = self.segment.base().as_ptr().wrapping_add(offset).cast::<u32>();
        // SAFETY: within the mapping, which self keeps, and aligned; who else uses it does so
        // by atomics or through the kernel.
        unsafe { AtomicU32::from_ptr(word) }
    }

    /// Every word of the header and of the slots that is not text.
    pub(crate) fn control_words(&self) -> impl Iterator<Item = &AtomicU32> {
        let slots = (0..self.slots()).flat_map(|slot| [0, 4].map(|at| HEADER + slot * SLOT + at));
        [0, 4, 8, 12].into_iter().chain(slots).map(|offset| self.word(offset))
    }

    /// Every word of text.
    pub(crate) fn text_words(&self) -> impl Iterator<Item = &AtomicU32> {
        (0..self.slots())
            .flat_map(|slot| TEXT.step_by(4).map(move |at| HEADER + slot * SLOT + at))
            .map(|offset| self.word(offset))
    }
}
