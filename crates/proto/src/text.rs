//! Text into and out of a slot by relaxed 64-bit words.
//!
//! No `&[u8]` and no `&mut` ever leads to memory that a peer may change: what is
//! looked at is a private copy. Relaxed is enough, as the slot's `written` word
//! orders the text; and a relaxed word is a plain move on every machine we know.

use std::sync::atomic::Ordering::Relaxed;

use crate::layout::{Slot, TEXT_BYTES};

/// Puts `text` at the slot's start.
///
/// # Panics
/// If it is longer than [`TEXT_BYTES`].
pub(crate) fn put(slot: &Slot, text: &[u8]) {
    slot.witness.writes();
    assert!(text.len() <= TEXT_BYTES);
    let (whole, rest) = text.as_chunks::<8>();
    for (word, bytes) in slot.text.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*bytes), Relaxed);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        slot.text[whole.len()].store(u64::from_ne_bytes(last), Relaxed);
    }
}

/// Copies the first `into.len()` bytes out.
///
/// # Panics
/// If more than [`TEXT_BYTES`] are asked for.
pub(crate) fn get(slot: &Slot, into: &mut [u8]) {
    slot.witness.reads();
    assert!(into.len() <= TEXT_BYTES);
    let (whole, rest) = into.as_chunks_mut::<8>();
    for (bytes, word) in whole.iter_mut().zip(&slot.text) {
        *bytes = word.load(Relaxed).to_ne_bytes();
    }
    if !rest.is_empty() {
        let last = slot.text[whole.len()].load(Relaxed).to_ne_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}
