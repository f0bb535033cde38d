//! Asking for cache lines before they are needed, so that their way here overlaps with
//! what we do until then.

use crate::layout::Slot;
use crate::text::FIRST_LINE;

/// What one side asks for ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefetch {
    /// Lines to be written to: the peer's copy goes, now and not when we write.
    for_writing: bool,
}

impl Prefetch {
    /// For the side that writes texts, or for the one that reads them.
    ///
    /// The reader writes, too, by a swap when it acknowledges. It asks for a copy all the same:
    /// whoever asks too early then only slows the writer of that line, and does not take it away.
    pub(crate) fn new(for_writing: bool) -> Self {
        Self { for_writing: for_writing && has_prefetchw() }
    }

    /// Asks for the slot's first cache line, and for the second if texts are `long`. Only for
    /// a slot that is ours, or will be when we come to it: a line that the peer is about to
    /// write would be taken from it.
    #[inline]
    pub(crate) fn slot(self, slot: &Slot, long: bool) {
        let first = std::ptr::from_ref(slot).cast::<u8>();
        self.line(first);
        if long {
            self.line(first.wrapping_add(LINE));
        }
    }

    #[cfg(all(target_arch = "x86_64", not(loom)))]
    #[inline]
    fn line(self, line: *const u8) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        if self.for_writing {
            // By its name: `_MM_HINT_ET0` becomes PREFETCHT0 unless the whole program is
            // compiled for processors that have it.
            // SAFETY: a hint, which faults nowhere, of an instruction that this processor has.
            unsafe {
                core::arch::asm!(
                    "prefetchw [{}]",
                    in(reg) line,
                    options(nostack, preserves_flags, readonly)
                );
            }
        } else {
            // SAFETY: a hint, which faults nowhere.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
        }
    }

    #[cfg(not(all(target_arch = "x86_64", not(loom))))]
    #[inline]
    fn line(self, line: *const u8) {
        let _ = (self.for_writing, line);
    }
}

/// A cache line, in bytes: the words of a slot, and the first bytes of its text.
const LINE: usize = std::mem::offset_of!(Slot, text) + FIRST_LINE;

/// Whether the processor has PREFETCHW: CPUID leaf 0x8000_0001, bit 8 of ECX. The first
/// 64-bit ones of Intel's have not, and would fault.
#[cfg(all(target_arch = "x86_64", not(loom)))]
fn has_prefetchw() -> bool {
    use core::arch::x86_64::__cpuid;
    const LEAF: u32 = 0x8000_0001;
    __cpuid(0x8000_0000).eax >= LEAF && __cpuid(LEAF).ecx >> 8 & 1 != 0
}

#[cfg(not(all(target_arch = "x86_64", not(loom))))]
fn has_prefetchw() -> bool {
    false
}
