//! Which store must be seen by whom: the ordering essay, and the label of each pair.
//!
//! Two processes share no lock, so every promise about what one sees of the
//! other's stores rests on a store with Release that the other reads with
//! Acquire. There are six such labels. The code names each at
//! both ends: `swap(.., at(HandOver, Release))` here, `load(at(HandOver, Acquire))`
//! there. A test counts that no label has one end only, and the loom tests
//! loosen each end in turn and must fail.
//!
//! **[`HandOver`](Pair::HandOver).** The sender fills text and `len` with relaxed
//! stores (or has the kernel read(2) into the text) and then swaps `written` from
//! even to odd with Release. The receiver that loads the odd value with Acquire
//! sees that text and that length. It is a swap, not a store, to learn in the same
//! step whether the receiver sleeps: had it set its sleep bit before, the swap
//! sees the bit and wakes; if it tries after, its compare-exchange finds another
//! value and it does not sleep. The old value carries no data, so the swap needs
//! no Acquire.
//!
//! **[`Acknowledge`](Pair::Acknowledge).** The receiver has copied or written out
//! the text, and swaps odd to even with Release; the sender that loads the even
//! value with Acquire may overwrite the slot. Without it the receiver's last
//! loads of the text might be satisfied by the next text. Slots are acknowledged in
//! order, so whoever sees one acknowledged may overwrite those before it, too: the
//! sender that waits for several looks at the last of them only.
//!
//! In both, the other side's compare-exchange that sets the sleep bit can come
//! between the Release and the Acquire. It is a read-modify-write, which continues
//! the release sequence, and so may be Relaxed.
//!
//! **[`LetGo`](Pair::LetGo).** Who gives a role up stores to its word with
//! Release, or the kernel does when the holder dies: it marks the word after the
//! thread has run its last instruction. Two kinds of reader have the Acquire. The
//! successor claims by compare-exchange and so sees every slot as its predecessor
//! left it, from which it recovers its position; the reader that closes the
//! writer's word takes it over in the same way. And the peer that finds the role
//! given up, or its holder dead, looks at the slot once more and sees everything
//! that was handed over: "gone, and nothing more to come" is never said while text
//! waits.
//!
//! **[`Finished`](Pair::Finished).** The reader removes the object and then stores
//! "closed" to its own role word with Release; a newcomer that reads "closed" with
//! Acquire and looks the key up again cannot find the removed object.
//!
//! **[`BlogHandOver`](Pair::BlogHandOver)** and **[`BlogAcknowledge`](Pair::BlogAcknowledge)**
//! are the first two once more, on the flag of the [`classic layout`](crate::blog): the store
//! of 1 and the load that finds it, the store of 0 and the load that finds that. They are
//! stores and no swaps, for nobody sleeps on the flag. Only our side of each is ours to order.
//!
//! Who only looks on ([`snapshot`](crate::snapshot)) reads `HandOver` and `LetGo` by the
//! same Acquires, and nothing waits for it: it has no Release of its own.
//!
//! Everything else is Relaxed: the magic (zeroed memory needs no publishing), the
//! text and `len` (ordered by `written`), the sleep bit, the interrupt word (it
//! carries no data). One SeqCst fence stands on the way out
//! ([`close_if_last`](crate::Exchange::close_if_last)), where each side stores to its
//! own role word and then looks at the other's; it has its must-fail test, too. Nothing else depends on two words
//! being seen in one order by everybody. Where a sleeper must not miss one of three
//! words, the kernel compares each under its own lock before it lets us sleep.

use core::sync::atomic::Ordering::{self, SeqCst};

use crate::sync::fence;

/// A Release and the Acquire that reads from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Sender to receiver: here is text.
    HandOver,
    /// Receiver to sender: I am done with it.
    Acknowledge,
    /// A role's holder, or the kernel for a dead one, to the next holder and to the peer.
    LetGo,
    /// The reader that removed the object to a newcomer.
    Finished,
    /// Sender to receiver, in the classic layout: here is text.
    BlogHandOver,
    /// Receiver to sender, in the classic layout: I am done with it.
    BlogAcknowledge,
}

/// Between giving up one's own role and looking at the other: both sides may do so at once,
/// and of two stores, each followed by a look at the other's word, at least one look must see
/// the other's store. A Release and an Acquire do not promise that.
pub(crate) fn left_before_look() {
    #[cfg(loom)]
    if UNFENCED.get() {
        return;
    }
    fence(SeqCst);
}

/// `ordering`, as one end of `pair`. Only a model checker makes anything else of it.
#[cfg(not(loom))]
#[inline(always)]
pub(crate) const fn at(_pair: Pair, ordering: Ordering) -> Ordering {
    ordering
}

#[cfg(loom)]
std::thread_local! {
    static LOOSENED: std::cell::Cell<Option<(Pair, Ordering)>> = const { std::cell::Cell::new(None) };
    static UNFENCED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Leaves the one fence out, in every model that this thread runs from now on.
#[cfg(loom)]
pub fn loosen_fence() {
    UNFENCED.set(true);
}

/// Makes one end of one pair Relaxed, in every model that this thread runs from now on.
#[cfg(loom)]
pub fn loosen(pair: Pair, end: Ordering) {
    LOOSENED.set(Some((pair, end)));
}

#[cfg(loom)]
pub(crate) fn at(pair: Pair, ordering: Ordering) -> Ordering {
    if LOOSENED.get() == Some((pair, ordering)) { Ordering::Relaxed } else { ordering }
}
