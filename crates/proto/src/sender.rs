//! The writer's end: text into free slots, and the turn to the receiver.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::{Exchange, Place};
use crate::futex;
use crate::interrupt::Interrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::order::Pair::{Acknowledge, HandOver};
use crate::order::at;
use crate::position::Position;
use crate::robust::thread_id;
use crate::role::{Claimed, Role, RoleState, Side};
use crate::step::{Step, step};
use crate::text;
use crate::wait::{Strategy, Waiter, Watch, Woke};
use crate::written::{count, has_sleeper, is_full};

/// Most slots that are handed over before the receiver is woken once for all.
pub(crate) const BATCH: usize = 64;

/// What [`Sender::wait`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is a free slot.
    Free,
    /// None, but this is new of the reader.
    Peer(RoleState),
    /// None, and somebody wants us to leave.
    Interrupted,
}

/// The writer's role. Dropped without [`end`](Self::end), it tells the receiver that
/// the stream has no end.
#[derive(Debug)]
pub struct Sender {
    role: Role,
    next: Position,
    /// Where the slot of that is.
    here: Place,
    /// Slots from there on that are known to be free, and so ours.
    free: usize,
    waiter: Waiter,
}

impl Sender {
    /// Takes the writer's role and finds where the last writer stopped.
    ///
    /// # Errors
    /// See [`ClaimError`]; the exchange is as before then.
    pub fn claim(
        exchange: &Exchange,
        interrupt: Interrupt,
        strategy: Strategy,
    ) -> Result<Claimed<Self>, ClaimError> {
        let Claimed { endpoint: mut role, found } = Role::claim(exchange, Side::Writer)?;
        let next = Position::of_sender(exchange.written())
            .map_err(|inconsistent| Corrupt::Laps { slot: inconsistent.slot })?;
        log::debug!("position: slot {}, lap {}", next.slot(), next.lap());
        role.leaves_orphaned();
        let waiter = Waiter::new(strategy, interrupt);
        Ok(Claimed {
            endpoint: Self { role, next, here: exchange.place(next.slot()), free: 0, waiter },
            found,
        })
    }

    /// Waits for a free slot, or for news of the reader: each is told once.
    ///
    /// # Errors
    /// A corrupt exchange, or no way to sleep.
    #[inline]
    pub fn wait(&mut self) -> Result<Room, Error> {
        if self.free > 0 || self.room_comes_soon() { Ok(Room::Free) } else { self.wait_long() }
    }

    #[inline]
    fn room_comes_soon(&mut self) -> bool {
        let soon = self.waiter.soon(&watch(self.role.exchange(), self.here, self.next));
        self.free = usize::from(soon);
        soon
    }

    #[cold]
    fn wait_long(&mut self) -> Result<Room, Error> {
        let watch = watch(self.role.exchange(), self.here, self.next);
        match self.waiter.wait(&watch)? {
            Woke::Turn => {
                self.free = 1;
                Ok(Room::Free)
            }
            Woke::Peer(state) => Ok(Room::Peer(state)),
            Woke::Interrupted => Ok(Room::Interrupted),
        }
    }

    /// Slots that are free at this moment, 64 at most.
    pub fn free_slots(&mut self) -> usize {
        let most = self.exchange().slots().min(BATCH);
        while self.free < most && self.is_free(self.free) {
            self.free += 1;
        }
        self.free
    }

    fn is_free(&self, ahead: usize) -> bool {
        let word = self.slot(ahead).written.load(at(Acknowledge, Acquire));
        count(word) == self.next.plus(ahead).free()
    }

    /// Hands over `text`, which fits in one slot. Nothing in it: nothing is handed over.
    ///
    /// # Errors
    /// A corrupt exchange.
    ///
    /// # Panics
    /// If it does not fit, or [`wait`](Self::wait) has found no slot free.
    #[inline]
    pub fn send(&mut self, text: &[u8]) -> Result<(), Corrupt> {
        assert!(self.free > 0 && text.len() <= TEXT_BYTES);
        step(Step::Text);
        let access = self.exchange().access_text(true);
        text::put(self.exchange().text_at(self.here), text);
        drop(access);
        self.hand_over(text.len())
    }

    /// Hands over the first `bytes` of the text that lies in the free slots.
    ///
    /// All slots are published before the one wake that the receiver may need: it
    /// would else run against us for the same core, and sleep again after each.
    #[inline]
    pub(crate) fn hand_over(&mut self, bytes: usize) -> Result<(), Corrupt> {
        let from = self.next;
        let mut sleepers = 0u64;
        let mut result = Ok(());
        for ahead in 0..bytes.div_ceil(TEXT_BYTES) {
            let position = self.next;
            let before = self.publish(TEXT_BYTES.min(bytes - ahead * TEXT_BYTES));
            if before != position.free() {
                sleepers |= 1 << ahead;
                result = check(position, before);
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

    /// The turn of the next slot goes to the receiver. The word as it was before.
    #[inline]
    fn publish(&mut self, len: usize) -> u32 {
        let position = self.next;
        let slot = self.exchange().at(self.here);
        step(Step::Len);
        slot.len.store(len as u32, Relaxed);
        step(Step::HandOver);
        let before = slot.written.swap(position.full(), at(HandOver, Release));
        log::trace!("slot {}: {len} bytes, written {}", position.slot(), position.full());
        self.advance();
        self.free -= 1;
        before
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
            step(Step::HandOverWake);
            let woken = futex::wake_all(&self.exchange().slot(slot).written);
            log::debug!("futex(slot {slot}, FUTEX_WAKE) = {woken}");
        }
    }

    /// Ends the stream: hands over length 0 and gives the role up.
    ///
    /// The slot's text names the writer that ended: the receiver, which waits for
    /// that one to let go, can so tell it from the next.
    ///
    /// # Errors
    /// A corrupt exchange.
    ///
    /// # Panics
    /// If [`wait`](Self::wait) has found no slot free.
    pub fn end(mut self) -> Result<(), Corrupt> {
        assert!(self.free > 0);
        let position = self.next;
        step(Step::Text);
        let access = self.exchange().access_text(true);
        text::put(self.text(0), &thread_id().to_ne_bytes());
        drop(access);
        let before = self.publish(0);
        if has_sleeper(before) {
            self.wake(position, 1);
        }
        check(position, before)?;
        self.role.leaves_vacant();
        Ok(())
    }

    /// Whether the writer before us had handed over the end of its stream, whatever
    /// became of it then.
    pub fn is_behind_an_end(&self) -> bool {
        let slots = self.exchange().slots();
        let before = self.exchange().slot((self.next.slot() + slots - 1) % slots);
        before.written.load(Relaxed) != 0 && before.len.load(Relaxed) == 0
    }

    /// Text that no reader has acknowledged: slots and bytes.
    pub fn unread(&self) -> crate::Unread {
        crate::Unread::in_exchange(self.exchange())
    }

    /// Whether every slot is free: no text waits, and no end of a stream.
    pub fn is_drained(&self) -> bool {
        self.exchange().written().all(|word| !is_full(word))
    }

    /// Whether somebody wants us to leave.
    pub fn is_interrupted(&self) -> bool {
        self.waiter.interrupt().is_raised()
    }

    /// What the reader's role says at this moment.
    pub fn reader(&self) -> RoleState {
        self.exchange().role(Side::Reader)
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        self.waiter.interrupt()
    }

    #[cfg(loom)]
    pub(crate) fn into_role(self) -> Role {
        self.role
    }

    /// The exchange that it sends through.
    pub fn exchange(&self) -> &Exchange {
        self.role.exchange()
    }

    /// The slot with the text of the one `ahead` of the next hand-off.
    pub(crate) fn text(&self, ahead: usize) -> &Slot {
        let exchange = self.exchange();
        exchange.text_at(exchange.place(self.next.plus(ahead).slot()))
    }

    /// The slot `ahead` of the next hand-off.
    pub(crate) fn slot(&self, ahead: usize) -> &Slot {
        self.exchange().slot(self.next.plus(ahead).slot())
    }
}

/// What a sender waits for at `position`.
#[inline]
fn watch(exchange: &Exchange, here: Place, position: Position) -> Watch<'_> {
    Watch {
        slot: position.slot(),
        written: &exchange.at(here).written,
        now: position.free(),
        not_yet: position.lapped(),
        pair: Acknowledge,
        peer: exchange.role_word(Side::Reader),
    }
}

/// Whether the word said "free" before we changed it, with a sleeper or without.
#[cold]
fn check(position: Position, before: u32) -> Result<(), Corrupt> {
    let (slot, now, not_yet) = (position.slot(), position.free(), position.lapped());
    match count(before) {
        free if free == now => Ok(()),
        found => Err(Corrupt::Written { slot, found, now, not_yet }),
    }
}
