//! The bits of a slot's `written` word.

/// Somebody sleeps on this word and wants to be woken when it changes.
pub(crate) const ASLEEP: u32 = 1 << 31;

/// The hand-offs, which wrap within the other 31 bits.
pub(crate) const COUNT: u32 = ASLEEP - 1;

/// The hand-offs that `word` counts.
pub(crate) const fn count(word: u32) -> u32 {
    word & COUNT
}

/// Whether whoever changes `word` owes somebody a wake.
pub(crate) const fn has_sleeper(word: u32) -> bool {
    word & ASLEEP != 0
}

/// Whether text, or the end of the stream, waits in a slot with this `word`.
pub(crate) const fn is_full(word: u32) -> bool {
    count(word) % 2 == 1
}
