//! A role word: who is the writer, who is the reader, and who died as one.
//!
//! The word is a robust futex. 0 is vacant; else the lower 30 bits are the
//! holder's thread id. A holder always sets FUTEX_WAITERS beside its id: the
//! kernel, marking a dead one, then always wakes; it would not for a word without
//! it. (To have sleepers set the bit themselves leaves a hole: a holder that is
//! killed between giving up and waking, followed by one that is killed before
//! anybody slept anew.)

use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::ClaimError;
use crate::exchange::Exchange;
use crate::futex;
use crate::order::Pair::{Finished, LetGo};
use crate::order::at;
use crate::robust::{Refused, Registration, thread_id};
use crate::step::{Step, step_with};
use crate::sync::AtomicU32;
use crate::words::RoleWord;

// ANCHOR: words
/// The lower 30 bits: a thread id. FUTEX_TID_MASK of <linux/futex.h>.
const TID_MASK: u32 = 0x3fff_ffff;
/// The holder died. FUTEX_OWNER_DIED. With an id beside it: it gave up as if it had.
pub(crate) const OWNER_DIED: u32 = 0x4000_0000;
/// Wake somebody when the holder dies. FUTEX_WAITERS.
pub(crate) const WAITERS: u32 = 0x8000_0000;
/// Nobody's.
pub(crate) const VACANT: u32 = 0;
/// Nobody's ever again. No thread has this id: PID_MAX_LIMIT is 4 194 304. With
/// [`OWNER_DIED`] beside it, the last holder had left something half done: who opens the
/// word again leaves that to be told.
pub(crate) const CLOSED: u32 = TID_MASK;
// ANCHOR_END: words

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Hands text over.
    Writer,
    /// Receives and acknowledges it.
    Reader,
}

impl Side {
    /// The other end.
    pub fn peer(self) -> Self {
        match self {
            Self::Writer => Self::Reader,
            Self::Reader => Self::Writer,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
        })
    }
}

/// What a role word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleState {
    /// Nobody holds the role.
    Vacant,
    /// The thread with this id holds it.
    Held(u32),
    /// Its holder died.
    Died,
    /// The thread with this id left something half done: a writer its stream, a reader
    /// a text that it has printed in part.
    Abandoned(u32),
    /// Nobody will hold it again.
    Closed,
}

impl RoleState {
    pub(crate) fn of(word: u32) -> Self {
        match word & TID_MASK {
            CLOSED => Self::Closed,
            0 if word & OWNER_DIED != 0 => Self::Died,
            tid if word & OWNER_DIED != 0 => Self::Abandoned(tid),
            VACANT => Self::Vacant,
            tid => Self::Held(tid),
        }
    }

    /// Nobody holds it, and its last holder did not leave in good order.
    pub fn is_orphaned(self) -> bool {
        matches!(self, Self::Died | Self::Abandoned(_))
    }
}

/// An endpoint, and what its claim found.
#[derive(Debug)]
pub struct Claimed<T> {
    /// The sender or receiver.
    pub endpoint: T,
    /// What became of the holder before us.
    pub found: RoleState,
}

/// A role that this thread holds, until it is dropped.
#[derive(Debug)]
pub(crate) struct Role {
    /// Dropped first: the kernel must not look at the word once it may be unmapped.
    registration: Registration,
    exchange: Exchange,
    side: Side,
    /// What the word said before us.
    found: u32,
    /// What it will say after us.
    leaves: u32,
}

impl Role {
    /// Takes the role. Dropped before anything else is said of it, it is given back as it
    /// was found: what a death has left to tell is for who begins to use the role.
    pub(crate) fn claim(exchange: &Exchange, side: Side) -> Result<Claimed<Self>, ClaimError> {
        let exchange = exchange.clone();
        let word = exchange.role_word(side);
        let registration = Registration::new(word).map_err(|refused| match refused {
            Refused::SecondOfThread => ClaimError::SecondRole,
            Refused::Kernel(error) => ClaimError::RobustList(error),
        })?;
        let before = take(word, side, &registration)?;
        step_with(Step::ClaimHold, || format!("our robust list: the {side}'s word"));
        registration.hold();
        step_with(Step::ClaimWake, || format!("FUTEX_WAKE on the {side}'s word"));
        // Whoever sleeps on a role word wants to know its new holder, whose death will be news.
        let woken = futex::wake_all(word);
        step_with(Step::ClaimEnd, || "list_op_pending: nothing".to_owned());
        registration.end();
        let found = RoleState::of(before);
        log::debug!("{side}'s role: {found:?} -> held by {}", thread_id());
        log::debug!("futex({side}'s role, FUTEX_WAKE) = {woken}");
        Ok(Claimed {
            endpoint: Self { registration, exchange, side, found: before, leaves: before },
            found,
        })
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// From now on, dropping the role leaves it vacant: nothing is owed to the peer.
    pub(crate) fn leaves_vacant(&mut self) {
        self.leaves = VACANT;
    }

    /// Whether dropping the role leaves it vacant.
    pub(crate) fn is_vacant_after(&self) -> bool {
        self.leaves == VACANT
    }

    /// From now on, dropping the role leaves it as it was found.
    pub(crate) fn leaves_as_found(&mut self) {
        self.leaves = self.found;
    }

    /// From now on, dropping the role tells the next holder, and the peer, that we left
    /// something half done: the stream has no end, or text is out and not acknowledged.
    ///
    /// Our id stays in the word. So the kernel still takes it for ours, should we be
    /// killed between the store and the wake, and wakes in our place.
    pub(crate) fn leaves_orphaned(&mut self) {
        self.leaves = OWNER_DIED | WAITERS | thread_id();
    }

    /// From now on, dropping the role is for good: nobody can claim it in this exchange
    /// again.
    ///
    /// Killed between the store and the wake, nobody wakes in our place: those who
    /// wait for an exchange to be finished sleep for a bounded time only.
    pub(crate) fn leaves_closed(&mut self) {
        self.leaves = CLOSED;
    }

    fn word(&self) -> &AtomicU32 {
        self.exchange.role_word(self.side)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let (word, side) = (self.word(), self.side);
        step_with(Step::LeaveBegin, || format!("list_op_pending: the {side}'s word"));
        self.registration.begin();
        step_with(Step::LeaveUnlist, || "our robust list: empty".to_owned());
        self.registration.let_go();
        step_with(Step::Leave, || changing(side, word.load(Relaxed), self.leaves));
        match self.leaves {
            CLOSED => word.swap(CLOSED, at(Finished, Release)),
            left => word.swap(left, at(LetGo, Release)),
        };
        step_with(Step::LeaveWake, || format!("FUTEX_WAKE on the {side}'s word"));
        let woken = futex::wake_all(word);
        step_with(Step::LeaveEnd, || "list_op_pending: nothing".to_owned());
        self.registration.end();
        log::debug!("{side}'s role: given up -> {:?}", RoleState::of(self.leaves));
        log::debug!("futex({side}'s role, FUTEX_WAKE) = {woken}");
    }
}

/// Makes the word ours if it is nobody's, and says what it was.
///
/// The word is looked at before the change is announced to the kernel. For a thread of
/// another PID namespace may hold it under our very id: killed between announcement and
/// look, we would have its role marked as a dead one's.
fn take(word: &AtomicU32, side: Side, registration: &Registration) -> Result<u32, ClaimError> {
    let ours = WAITERS | thread_id();
    let mut current = word.load(Relaxed);
    loop {
        match RoleState::of(current) {
            RoleState::Held(pid) => return Err(ClaimError::Held { side, pid }),
            RoleState::Closed => return Err(ClaimError::Closed),
            RoleState::Vacant | RoleState::Died | RoleState::Abandoned(_) => {}
        }
        step_with(Step::ClaimBegin, || format!("list_op_pending: the {side}'s word"));
        registration.begin();
        step_with(Step::Claim, || changing(side, current, ours));
        let taken = word.compare_exchange(current, ours, at(LetGo, Acquire), Relaxed);
        match taken.inspect_err(|_| registration.end()) {
            Ok(before) => return Ok(before),
            Err(changed) => current = changed,
        }
    }
}

/// A role word that is about to change, in words.
pub(crate) fn changing(side: Side, from: u32, to: u32) -> String {
    format!("{side}'s word: {} -> {}", RoleWord(from), RoleWord(to))
}

/// Whether a role can be claimed at all on this kernel.
///
/// # Errors
/// The kernel would not tell the peer of our death.
#[cfg(not(loom))]
pub fn can_claim() -> Result<(), ClaimError> {
    crate::robust::probe().map_err(ClaimError::RobustList)
}

#[cfg(loom)]
impl Role {
    /// What is left of a holder that was killed, and what the kernel does about it:
    /// it marks the word when the thread runs no more, and wakes.
    pub(crate) fn leaves_dead(&mut self) {
        self.leaves = OWNER_DIED | WAITERS;
    }
}
