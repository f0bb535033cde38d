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
use crate::step::{Step, step};
use crate::sync::AtomicU32;

// ANCHOR: words
/// The lower 30 bits: a thread id. FUTEX_TID_MASK of <linux/futex.h>.
const TID_MASK: u32 = 0x3fff_ffff;
/// The holder died. FUTEX_OWNER_DIED. With an id beside it: it gave up as if it had.
pub(crate) const OWNER_DIED: u32 = 0x4000_0000;
/// Wake somebody when the holder dies. FUTEX_WAITERS.
pub(crate) const WAITERS: u32 = 0x8000_0000;
/// Nobody's.
const VACANT: u32 = 0;
/// Nobody's ever again. No thread has this id: PID_MAX_LIMIT is 4 194 304. With
/// [`OWNER_DIED`] beside it, the last holder had left something half done: who opens the
/// word again leaves that to be told.
const CLOSED: u32 = TID_MASK;
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
        step(Step::ClaimHold);
        registration.hold();
        step(Step::ClaimWake);
        // Whoever sleeps on a role word wants to know its new holder, whose death will be news.
        let woken = futex::wake_all(word);
        step(Step::ClaimEnd);
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
        let word = self.word();
        step(Step::LeaveBegin);
        self.registration.begin();
        step(Step::LeaveUnlist);
        self.registration.let_go();
        step(Step::Leave);
        match self.leaves {
            CLOSED => word.swap(CLOSED, at(Finished, Release)),
            left => word.swap(left, at(LetGo, Release)),
        };
        step(Step::LeaveWake);
        let woken = futex::wake_all(word);
        step(Step::LeaveEnd);
        self.registration.end();
        log::debug!("{}'s role: given up -> {:?}", self.side, RoleState::of(self.leaves));
        log::debug!("futex({}'s role, FUTEX_WAKE) = {woken}", self.side);
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
        step(Step::ClaimBegin);
        registration.begin();
        step(Step::Claim);
        let taken = word.compare_exchange(current, ours, at(LetGo, Acquire), Relaxed);
        match taken.inspect_err(|_| registration.end()) {
            Ok(before) => return Ok(before),
            Err(changed) => current = changed,
        }
    }
}

/// Takes the writer's word over, so that no writer can come: the reader's to do.
/// Or finds that another reader, dead since, had done it.
pub(crate) fn close_writer(exchange: &Exchange) -> Result<(), RoleState> {
    let word = exchange.role_word(Side::Writer);
    let mut current = word.load(at(LetGo, Acquire));
    loop {
        match RoleState::of(current) {
            RoleState::Closed => return Ok(()),
            held @ RoleState::Held(_) => return Err(held),
            RoleState::Vacant | RoleState::Died | RoleState::Abandoned(_) => {}
        }
        let closed = CLOSED | current & OWNER_DIED;
        step(Step::Close);
        match word.compare_exchange(current, closed, at(LetGo, Acquire), at(LetGo, Acquire)) {
            Ok(_) => {
                log::debug!("writer's role: {:?} -> closed", RoleState::of(current));
                return Ok(());
            }
            Err(changed) => current = changed,
        }
    }
}

/// Whether a death that the writer's word was closed over has been told to whom it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The exchange is empty: who read the last of it has told, or there was nothing to tell.
    Told,
    /// There may be text, with no end behind it.
    Untold,
}

/// Gives the writer's word back: text came in before it was closed, or it cannot be removed.
pub(crate) fn reopen_writer(exchange: &Exchange, death: Death) {
    let word = exchange.role_word(Side::Writer);
    let current = word.load(Relaxed);
    if RoleState::of(current) != RoleState::Closed {
        return;
    }
    let open = if death == Death::Untold { current & OWNER_DIED } else { VACANT };
    step(Step::Reopen);
    if word.compare_exchange(current, open, Relaxed, Relaxed).is_ok() {
        log::debug!("writer's role: closed -> {:?}", RoleState::of(open));
        step(Step::ReopenWake);
        futex::wake_all(word);
    }
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
