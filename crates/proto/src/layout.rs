//! The memory that both sides see: a header, then slots. Plain data, no behaviour.
//!
//! ```text
//! byte    0        8            12           16                64
//! Header  | magic  | writer     | reader     | padding         |   64 bytes, one cache line
//!         | u64    | role u32   | role u32   |                 |
//!
//! byte    0            4         8                       2056  2112
//! Slot    | written    | len     | text                  | pad |   33 cache lines
//!         | u32        | u32     | 2048 bytes            |     |
//! ```
//!
//! The number of slots is stored nowhere: it follows from the segment's exact
//! size. All zero bytes are a valid, empty exchange, so that creating one has no
//! moment in which somebody else could meet it half made.
//!
//! A slot's word, its length and the first 56 bytes of text share one cache
//! line: a short line of text costs one line there and one back. No two slots,
//! and no slot and the header, share a line.

use crate::sync::{AtomicU32, AtomicU64, Witness};

/// Bytes of text that one slot holds.
pub const TEXT_BYTES: usize = TEXT_WORDS * 8;

/// The same in 64-bit words, the unit in which text is copied.
#[cfg(not(loom))]
pub(crate) const TEXT_WORDS: usize = 256;
/// Two words are enough to see a torn or stale text, and few enough to explore.
#[cfg(loom)]
pub(crate) const TEXT_WORDS: usize = 2;

/// What `magic` holds in an exchange of this layout: the bytes "handoff" and a version, in
/// the order in which a dump of the memory shows them.
pub const MAGIC: u64 = u64::from_ne_bytes(*b"handoff\x01");

/// More slots than anybody needs, and few enough that no size overflows: 2.1 GiB. Who comes
/// or leaves looks at every slot, so all of them become resident.
pub const MAX_SLOTS: usize = 1 << 20;

// ANCHOR: structs
/// The first cache line: what this memory is, and who holds which role.
#[repr(C, align(64))]
#[derive(Default)]
pub struct Header {
    /// [`MAGIC`], or 0 while nobody has attached.
    pub(crate) magic: AtomicU64,
    /// The writer's role word: a robust futex.
    pub(crate) writer: AtomicU32,
    /// The reader's role word: a robust futex.
    pub(crate) reader: AtomicU32,
}

/// One place for up to [`TEXT_BYTES`] of text.
#[repr(C, align(64))]
pub struct Slot {
    /// Hand-offs so far, both directions: even is free, odd is text waiting. The
    /// top bit says that somebody sleeps on this word.
    pub(crate) written: AtomicU32,
    /// Bytes of text; 0 is the end of the stream.
    pub(crate) len: AtomicU32,
    /// The text, moved by relaxed 64-bit words or by the kernel.
    pub(crate) text: [AtomicU64; TEXT_WORDS],
    pub(crate) witness: Witness,
}
// ANCHOR_END: structs

impl Default for Slot {
    fn default() -> Self {
        Self {
            written: AtomicU32::default(),
            len: AtomicU32::default(),
            text: std::array::from_fn(|_| AtomicU64::default()),
            witness: Witness::default(),
        }
    }
}

/// The exact size in bytes of an exchange of `slots` slots.
pub const fn segment_size(slots: usize) -> usize {
    size_of::<Header>() + slots * size_of::<Slot>()
}

/// How many slots an exchange of exactly `size` bytes has, if one can have that size.
pub const fn slots_in(size: usize) -> Option<usize> {
    if size <= size_of::<Header>()
        || !(size - size_of::<Header>()).is_multiple_of(size_of::<Slot>())
    {
        return None;
    }
    let slots = (size - size_of::<Header>()) / size_of::<Slot>();
    if slots > MAX_SLOTS { None } else { Some(slots) }
}

// ANCHOR: asserts
// loom's atomics are larger than the ones they stand for.
#[cfg(not(loom))]
const _: () = {
    use core::mem::offset_of;

    assert!(size_of::<Header>() == 64 && align_of::<Header>() == 64);
    assert!(offset_of!(Header, magic) == 0);
    assert!(offset_of!(Header, writer) == 8);
    assert!(offset_of!(Header, reader) == 12);

    assert!(size_of::<Slot>() == 2112 && align_of::<Slot>() == 64);
    assert!(offset_of!(Slot, written) == 0);
    assert!(offset_of!(Slot, len) == 4);
    assert!(offset_of!(Slot, text) == 8);
    assert!(TEXT_BYTES == 2048);

    assert!(segment_size(1) == 2176 && segment_size(16) == 33856);
    assert!(matches!(slots_in(33856), Some(16)));
    assert!(slots_in(64).is_none() && slots_in(33855).is_none() && slots_in(0).is_none());
};
// ANCHOR_END: asserts
