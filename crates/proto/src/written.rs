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
