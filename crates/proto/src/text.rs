//! Text into and out of a slot by relaxed 64-bit words.
//!
//! No `&[u8]` and no `&mut` ever leads to memory that a peer may change: what is
//! looked at is a private copy. Relaxed is enough, as the slot's `written` word
//! orders the text; and a relaxed word is a plain move on every machine we know.

use std::sync::atomic::Ordering::Relaxed;

use crate::layout::{Slot, TEXT_BYTES};
use crate::sync::AtomicU64;

/// Puts `text` at the slot's start.
///
/// # Panics
/// If it is longer than [`TEXT_BYTES`].
#[inline]
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

/// Words that every text is copied with, however short it is.
#[cfg(not(loom))]
const NEAR: usize = 2;
#[cfg(loom)]
const NEAR: usize = 1;

/// Copies the first `len` bytes out, and what else there is in the words they end in.
///
/// The first words are copied always: they came with the cache line of the slot's
/// own words in any case, and a short text is out without a loop.
///
/// # Panics
/// If more than [`TEXT_BYTES`] are asked for.
#[inline]
pub(crate) fn get<'a>(slot: &Slot, len: usize, into: &'a mut [u8; TEXT_BYTES]) -> &'a [u8] {
    slot.witness.reads();
    let (words, _) = into.as_chunks_mut::<8>();
    let (near, far) = words.split_at_mut(NEAR);
    copy(&slot.text[..NEAR], near);
    if len > NEAR * 8 {
        let words = len.div_ceil(8) - NEAR;
        copy(&slot.text[NEAR..], &mut far[..words]);
    }
    &into[..len]
}

#[inline]
fn copy(words: &[AtomicU64], into: &mut [[u8; 8]]) {
    for (bytes, word) in into.iter_mut().zip(words) {
        *bytes = word.load(Relaxed).to_ne_bytes();
    }
}
