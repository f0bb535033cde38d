//! Text into and out of a slot by relaxed 64-bit words.
//!
//! No `&[u8]` and no `&mut` ever leads to memory that a peer may change: what
//! anything is decided by is a private copy. Relaxed is enough, as the slot's `written` word
//! orders the text; and a relaxed word is a plain move on every machine we know.

use std::sync::atomic::Ordering::Relaxed;

use crate::layout::{Slot, TEXT_BYTES};
use crate::sync::AtomicU64;

// ANCHOR: put
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
// ANCHOR_END: put

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

/// Copies as many bytes of the text out as `into` has, from byte `from` on.
///
/// # Panics
/// If `from` is no multiple of 8, or that goes beyond [`TEXT_BYTES`].
#[cfg(not(loom))]
pub(crate) fn copy_out(slot: &Slot, from: usize, into: &mut [u8]) {
    slot.witness.reads();
    assert!(from.is_multiple_of(8) && from + into.len() <= TEXT_BYTES);
    let text = &slot.text[from / 8..];
    let (lines, rest) = into.as_chunks_mut::<64>();
    let (from_lines, _) = text.as_chunks::<8>();
    for (line, from) in lines.iter_mut().zip(from_lines) {
        copy_line(from, line);
    }
    let (words, last) = rest.as_chunks_mut::<8>();
    let from = &text[lines.len() * 8..];
    copy(from, words);
    if let Some(from) = from.get(words.len()) {
        last.copy_from_slice(&from.load(Relaxed).to_ne_bytes()[..last.len()]);
    }
}

/// Eight words at once, where there is an instruction for two.
#[cfg(not(loom))]
#[inline]
fn copy_line(from: &[AtomicU64; 8], to: &mut [u8; 64]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: 64 bytes are read and 64 are written. That a peer may write the former
    // meanwhile is no race in Rust's sense: the compiler knows nothing of these loads, which
    // promise no more than relaxed ones of single bytes.
    unsafe {
        core::arch::asm!(
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            from = in(reg) from.as_ptr(),
            to = in(reg) to.as_mut_ptr(),
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            options(nostack, preserves_flags),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    copy(from, to.as_chunks_mut::<8>().0);
}

#[inline]
fn copy(words: &[AtomicU64], into: &mut [[u8; 8]]) {
    for (bytes, word) in into.iter_mut().zip(words) {
        *bytes = word.load(Relaxed).to_ne_bytes();
    }
}

/// Bytes of text in the cache line of its slot's words.
pub(crate) const FIRST_LINE: usize = 56;

#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Slot, text) + FIRST_LINE == 64);

/// Whether a text of `len` bytes goes beyond the cache line of its slot's words.
#[inline]
pub(crate) fn is_long(len: usize) -> bool {
    len > FIRST_LINE
}
