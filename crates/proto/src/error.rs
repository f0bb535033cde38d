//! What can go wrong in an exchange, a variant for each operation.

use std::io;

use crate::role::Side;

/// Waiting or handing over failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The slots hold what no honest peer leaves there.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// The kernel refused to let us sleep.
    #[error("cannot sleep on the exchange's words")]
    Sleep(#[source] io::Error),
}

/// A word of the exchange holds what no honest peer leaves there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// A slot's counter is neither of the two values that its reader expects.
    #[error(
        "the exchange is corrupt: slot {slot} counts {found} hand-offs, not {now} or {not_yet}"
    )]
    Written {
        /// Which slot.
        slot: usize,
        /// What it counts.
        found: u32,
        /// What it counts when it is the waiting side's turn.
        now: u32,
        /// What it counts until then.
        not_yet: u32,
    },
    /// A slot's length is more than its text can hold.
    #[error(
        "the exchange is corrupt: slot {slot} says it holds {len} bytes, which is more than fits"
    )]
    Len {
        /// Which slot.
        slot: usize,
        /// What it says.
        len: u32,
    },
    /// The slots' counters fit no position.
    #[error("the exchange is corrupt: slot {slot} is more than a lap away from its neighbour")]
    Laps {
        /// The first slot that does not fit.
        slot: usize,
    },
    /// The exchange is closed on both sides, yet still found under its key.
    #[error("the exchange is corrupt: it is closed, but was not removed")]
    Closed,
    /// The classic layout's flag is none.
    #[error("the exchange is corrupt: written_by_you is {found}, neither 0 nor 1")]
    BlogFlag {
        /// What it is.
        found: u32,
    },
}

/// A role could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// A live process holds it.
    #[error("there is already a {side}: process {pid}")]
    Held {
        /// Which role.
        side: Side,
        /// Its holder, as the holder's own PID namespace counts.
        pid: u32,
    },
    /// The exchange is closed for good: attach anew.
    #[error("the exchange is closed")]
    Closed,
    /// The kernel would not promise to tell the peer of our death.
    #[error(
        "cannot register with the kernel, so the peer would not learn of our death (set_robust_list)"
    )]
    RobustList(#[source] io::Error),
    /// This thread holds a role already, and has one robust list only.
    #[error("this thread holds a role already")]
    SecondRole,
    /// The slots make no sense.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

/// The memory is something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExchange {
    /// No number of slots gives this size.
    #[error("{size} bytes are the size of no exchange")]
    Size {
        /// Bytes.
        size: usize,
    },
    /// It begins with somebody else's bytes.
    #[error("it begins with {magic:#018x}, which is no exchange's magic")]
    Magic {
        /// The first eight bytes, as a native number.
        magic: u64,
    },
    /// The classic layout has one size.
    #[error("{size} bytes are not the {} of the classic layout", crate::blog::SIZE)]
    BlogSize {
        /// Bytes.
        size: usize,
    },
    /// It begins with what the classic layout's flag never is.
    #[error("written_by_you is {found}, neither 0 nor 1")]
    BlogFlag {
        /// The first four bytes, as a native number.
        found: u32,
    },
}
