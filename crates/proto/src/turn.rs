//! What the two ends do alike, mirrored: wait for a slot's turn, and pass slots on.
//!
//! A slot's `written` word tells each side one of two things: not yet, or your turn. For
//! the sender "your turn" is even and for the receiver odd; both then add one. So there
//! is one loop that waits and one that passes on, and [`Turn`] says which numbers.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::{Exchange, Place};
use crate::interrupt::Interrupt;
use crate::layout::Slot;
use crate::order::{Pair, at};
use crate::position::{Inconsistent, Position};
use crate::prefetch::Prefetch;
use crate::role::{Claimed, Role, Side};
use crate::sync::AtomicU32;
use crate::wait::{Strategy, Waiter, Watch, Woke};
use crate::words::SlotWord;
use crate::written::{count, has_sleeper};

use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Most slots that are passed on before the peer is woken once for all.
pub(crate) const BATCH: usize = 64;

/// A side that has to wait may wait for half of the ring at once, and these slots at most.
const PART: usize = 8;

/// Whose turn it is, as one side counts.
pub(crate) trait Turn {
    /// Which side.
    const SIDE: Side;
    /// The label under which it sees that its turn has come.
    const SEES: Pair;
    /// How many slots ahead of the next one cache lines are asked for: their way takes as
    /// long as some hand-offs of short texts. By measurement, near cores and far ones.
    const AHEAD: usize;
    /// Where it goes on, from the slots' words.
    fn recover(written: impl Iterator<Item = u32>) -> Result<Position, Inconsistent>;
    /// `written` when it is this side's turn.
    fn ours(position: Position) -> u32;
    /// `written` until then.
    fn not_yet(position: Position) -> u32;
    /// Wakes the peer, which sleeps on this word.
    fn wake(slot: usize, written: &AtomicU32) -> i64;
}

/// One end of the exchange: a role, and the place in the ring where it goes on.
pub(crate) struct End<T> {
    pub(crate) role: Role,
    pub(crate) next: Position,
    /// Where the slot of that is.
    here: Place,
    waiter: Waiter,
    prefetch: Prefetch,
    /// Slots ahead of the next one that are asked for.
    ahead: usize,
    /// Whether the last text went beyond its slot's first cache line: the next ones may, too.
    pub(crate) is_long: bool,
    turn: PhantomData<T>,
}

impl<T> fmt::Debug for End<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").field("role", &self.role).field("next", &self.next).finish()
    }
}

impl<T: Turn> End<T> {
    /// Takes the role, and finds where the last holder stopped.
    pub(crate) fn claim(
        exchange: &Exchange,
        interrupt: Interrupt,
        strategy: Strategy,
    ) -> Result<Claimed<Self>, ClaimError> {
        let Claimed { endpoint: role, found } = Role::claim(exchange, T::SIDE)?;
        let next = T::recover(exchange.written())
            .map_err(|inconsistent| Corrupt::Laps { slot: inconsistent.slot })?;
        log::debug!("position: slot {}, lap {}", next.slot(), next.lap());
        let (here, waiter) = (exchange.place(next.slot()), Waiter::new(strategy, interrupt));
        let (prefetch, is_long) = (Prefetch::new(T::SIDE == Side::Writer), false);
        // Less than half of the ring: behind that are the slots that the peer is at. Of one or
        // two slots there is only the second line of our own to ask for.
        let ahead = T::AHEAD.min((exchange.slots() - 1) / 2);
        let turn = PhantomData;
        let endpoint = Self { role, next, here, waiter, prefetch, ahead, is_long, turn };
        Ok(Claimed { endpoint, found })
    }

    /// Whether it is our turn now, or very soon.
    #[inline]
    pub(crate) fn soon(&mut self) -> bool {
        self.now() || {
            let Self { role, next, here, waiter, .. } = self;
            waiter.soon(&watch::<T>(role.exchange(), *here, *next))
        }
    }

    /// Whether it is our turn now.
    #[inline]
    pub(crate) fn now(&self) -> bool {
        let now = Waiter::now(&watch::<T>(self.exchange(), self.here, self.next));
        if now {
            self.prefetch_ahead();
        }
        now
    }

    /// How many slots are ours very soon, if the peer passes on a part of the ring: none, or
    /// all of that part.
    ///
    /// For the side that is far ahead. Its next slot is the very one that the peer is at, and
    /// looking at that again and again takes its cache line away from the peer at each step;
    /// a slot further on can be looked at in peace. As slots are passed on in order, it tells
    /// of those before, too: whoever sees its word by Acquire has all that the peer did to
    /// them behind it. A peer that lies is found out when we pass them on.
    pub(crate) fn part_soon(&self) -> usize {
        let last = (self.exchange().slots() / 2).min(PART).saturating_sub(1);
        if last == 0 || !self.waiter.looks_until(|| self.is_ours(last)) {
            return 0;
        }
        for ahead in 0..=last {
            self.prefetch.slot(self.slot(ahead), self.is_long);
        }
        last + 1
    }

    /// We had not to wait, so the peer is ahead of us: the next slots are ours most likely.
    #[inline]
    fn prefetch_ahead(&self) {
        let (slot, slots) = (self.next.slot() + self.ahead, self.exchange().slots());
        let slot = if slot < slots { slot } else { slot - slots };
        self.prefetch.slot(self.exchange().slot(slot), self.is_long);
    }

    /// Waits for our turn, or for news.
    #[cold]
    pub(crate) fn wait(&mut self) -> Result<Woke, Error> {
        let Self { role, next, here, waiter, .. } = self;
        waiter.wait(&watch::<T>(role.exchange(), *here, *next))
    }

    /// Whether the slot `ahead` is ours already.
    pub(crate) fn is_ours(&self, ahead: usize) -> bool {
        let word = self.slot(ahead).written.load(at(T::SEES, Acquire));
        count(word) == T::ours(self.next.plus(ahead))
    }

    /// Passes the next `slots` on to the peer, which `pass` does to one of them: it gives
    /// the word as it was before.
    ///
    /// All are passed on before the one wake that the peer may need: it would else run
    /// against us for the same core, and sleep again after each.
    #[inline]
    pub(crate) fn pass_on(
        &mut self,
        slots: usize,
        mut pass: impl FnMut(usize, Position, &Slot) -> u32,
    ) -> Result<(), Corrupt> {
        let from = self.next;
        let mut sleepers = 0u64;
        let mut result = Ok(());
        for ahead in 0..slots {
            let position = self.next;
            let before = pass(ahead, position, self.first());
            self.advance();
            if before != T::ours(position) {
                sleepers |= 1 << ahead;
                result = check::<T>(position, before);
            }
            if result.is_err() {
                break;
            }
        }
        if sleepers != 0 {
            self.wake(from, sleepers);
        }
        result
    }

    #[inline]
    fn advance(&mut self) {
        self.next.advance();
        self.here = self.exchange().place(self.next.slot());
    }

    #[cold]
    fn wake(&self, from: Position, sleepers: u64) {
        for ahead in (0..BATCH).filter(|ahead| sleepers >> ahead & 1 != 0) {
            let slot = from.plus(ahead).slot();
            let woken = T::wake(slot, &self.exchange().slot(slot).written);
            log::debug!("futex(slot {slot}, FUTEX_WAKE) = {woken}");
        }
    }

    /// The slot of the next hand-off.
    #[inline]
    pub(crate) fn first(&self) -> &Slot {
        self.exchange().at(self.here)
    }

    /// The slot with its text: itself, most often.
    #[inline]
    pub(crate) fn first_text(&self) -> &Slot {
        self.exchange().text_at(self.here)
    }

    /// The slot with the text of the one `ahead` of that.
    pub(crate) fn text(&self, ahead: usize) -> &Slot {
        let exchange = self.exchange();
        exchange.text_at(exchange.place(self.next.plus(ahead).slot()))
    }

    /// The slot `ahead` of that.
    pub(crate) fn slot(&self, ahead: usize) -> &Slot {
        self.exchange().slot(self.next.plus(ahead).slot())
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        self.role.exchange()
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        self.waiter.interrupt()
    }
}

/// What a side waits for at `position`.
#[inline]
fn watch<T: Turn>(exchange: &Exchange, here: Place, position: Position) -> Watch<'_> {
    Watch {
        slot: position.slot(),
        written: &exchange.at(here).written,
        now: T::ours(position),
        not_yet: T::not_yet(position),
        pair: T::SEES,
        peer: exchange.role_word(T::SIDE.peer()),
    }
}

/// What a side does that is about to pass a slot on, in words. While it stands there, the
/// peer may still go to sleep on it.
#[cold]
pub(crate) fn passing(position: Position, slot: &Slot, after: u32) -> String {
    let (number, len) = (position.slot(), slot.len.load(Relaxed));
    let before = slot.written.load(Relaxed);
    let wake = match has_sleeper(before) {
        true => "who sleeps on it is to be woken",
        false => "nobody to wake so far (no sleep bit)",
    };
    format!("slot {number}: written {} -> {after}, len {len}; {wake}", SlotWord(before))
}

/// Whether it was our turn before we changed the word, with a sleeper or without.
#[cold]
fn check<T: Turn>(position: Position, before: u32) -> Result<(), Corrupt> {
    let (slot, now, not_yet) = (position.slot(), T::ours(position), T::not_yet(position));
    match count(before) {
        ours if ours == now => Ok(()),
        found => Err(Corrupt::Written { slot, found, now, not_yet }),
    }
}
