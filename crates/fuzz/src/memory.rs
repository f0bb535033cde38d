//! An exchange as raw words, which anybody may change at any time.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use handoff_proto::{HeapMemory, Mapping, TEXT_BYTES};

use crate::input::Input;

const HEADER: usize = 64;
const SLOT: usize = 2112;
const TEXT: usize = 8;

/// The memory, and how many slots it has.
pub(crate) struct Memory {
    heap: Arc<HeapMemory>,
    slots: usize,
}

impl Memory {
    pub(crate) fn new(slots: usize) -> Self {
        Self { heap: Arc::new(HeapMemory::new(slots)), slots }
    }

    /// The same memory, for an exchange.
    pub(crate) fn shared(&self) -> Arc<HeapMemory> {
        Arc::clone(&self.heap)
    }

    fn word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.heap.size());
        let word = self.heap.base().as_ptr().wrapping_add(offset).cast::<u32>();
        // SAFETY: within the allocation, which self keeps, and aligned; used as atomics only.
        unsafe { AtomicU32::from_ptr(word) }
    }

    /// `written` of a slot.
    pub(crate) fn written(&self, slot: usize) -> u32 {
        self.word(HEADER + slot * SLOT).load(Relaxed)
    }

    /// `written` of every slot.
    pub(crate) fn all_written(&self) -> Vec<u32> {
        (0..self.slots).map(|slot| self.written(slot)).collect()
    }

    /// A slot's text, all of it.
    pub(crate) fn text(&self, slot: usize) -> Vec<u8> {
        let start = HEADER + slot * SLOT + TEXT;
        let words = (start..start + TEXT_BYTES).step_by(4);
        words.flat_map(|at| self.word(at).load(Relaxed).to_ne_bytes()).collect()
    }

    /// Some or all words as the input says.
    pub(crate) fn fill(&self, input: &mut Input<'_>) {
        let [lap, lens, roles, magic, text, ..] = input.flags();
        if lap {
            // A lap that fits, near the wrap or not, with some slots of it full or free.
            let start = input.value(0) & 0x7fff_fffe;
            let ahead = input.below(self.slots + 1);
            for slot in 0..self.slots {
                let step = if slot < ahead { 1 + u32::from(input.byte() & 1) } else { 0 };
                self.word(HEADER + slot * SLOT).store(start.wrapping_add(step), Relaxed);
            }
        }
        for slot in 0..self.slots {
            let base = HEADER + slot * SLOT;
            let len = if lens { input.value(0) } else { u32::from(input.byte()) };
            self.word(base + 4).store(len, Relaxed);
            if text {
                self.word(base + TEXT).store(input.value(0), Relaxed);
            }
        }
        for offset in [8, 12].into_iter().filter(|_| roles) {
            self.word(offset).store(input.value(0), Relaxed);
        }
        if magic {
            self.word(4 * input.below(2)).store(input.value(0), Relaxed);
        }
    }

    /// Changes one word, and most often one that means something.
    pub(crate) fn change(&self, input: &mut Input<'_>) {
        let slot = HEADER + input.below(self.slots) * SLOT;
        let offset = match input.below(8) {
            0 => 4 * input.below(4),
            1 => 8,
            2 => 12,
            3 | 4 => slot,
            5 | 6 => slot + 4,
            _ => slot + TEXT + 4 * (input.below(256) * 2 + input.below(2)),
        };
        let word = self.word(offset);
        word.store(input.value(word.load(Relaxed)), Relaxed);
    }
}
