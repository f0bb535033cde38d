//! The writer's end: text into free slots, and the turn to the receiver.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::order::Pair::{Acknowledge, HandOver};
use crate::order::at;
use crate::position::Position;
use crate::robust::thread_id;
use crate::role::{Claimed, Role, RoleState, Side};
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
        Ok(Claimed { endpoint: Self { role, next, waiter }, found })
    }

    /// Waits for a free slot, or for news of the reader: each is told once.
    ///
    /// # Errors
    /// A corrupt exchange, or no way to sleep.
    pub fn wait(&mut self) -> Result<Room, Error> {
        let exchange = self.role.exchange();
        let watch = Watch {
            slot: self.next.slot(),
            written: &exchange.slot(self.next.slot()).written,
            now: self.next.free(),
            not_yet: self.next.lapped(),
            pair: Acknowledge,
            peer: exchange.role_word(Side::Reader),
        };
        Ok(match self.waiter.wait(&watch)? {
            Woke::Turn => Room::Free,
            Woke::Peer(state) => Room::Peer(state),
            Woke::Interrupted => Room::Interrupted,
        })
    }

    /// Slots that are free at this moment, 64 at most.
    pub fn free_slots(&self) -> usize {
        let most = self.exchange().slots().min(BATCH);
        (0..most).take_while(|&ahead| self.is_free(ahead)).count()
    }

    fn is_free(&self, ahead: usize) -> bool {
        let word = self.slot(ahead).written.load(at(Acknowledge, Acquire));
        count(word) == self.next.plus(ahead).free()
    }

    /// Hands over `text`, which fits in one free slot. Nothing in it: nothing is handed over.
    ///
    /// # Errors
    /// A corrupt exchange.
    ///
    /// # Panics
    /// If it does not fit, or no slot is free.
    pub fn send(&mut self, text: &[u8]) -> Result<(), Corrupt> {
        assert!(text.len() <= TEXT_BYTES && self.is_free(0));
        text::put(self.slot(0), text);
        self.hand_over(text.len())
    }

    /// Hands over the first `bytes` of the text that lies in the free slots.
    ///
    /// All slots are published before the one wake that the receiver may need: it
    /// would else run against us for the same core, and sleep again after each.
    pub(crate) fn hand_over(&mut self, bytes: usize) -> Result<(), Corrupt> {
        let slots = bytes.div_ceil(TEXT_BYTES);
        let mut sleepers = 0u64;
        let mut corrupt = Ok(());
        for ahead in 0..slots {
            let len = TEXT_BYTES.min(bytes - ahead * TEXT_BYTES);
            match self.publish(ahead, len) {
                Ok(sleeper) => sleepers |= u64::from(sleeper) << ahead,
                Err(error) => {
                    corrupt = Err(error);
                    break;
                }
            }
        }
        for ahead in (0..slots).filter(|ahead| sleepers >> ahead & 1 != 0) {
            futex::wake_all(&self.slot(ahead).written);
        }
        self.next = self.next.plus(slots);
        corrupt
    }

    /// The turn of one slot goes to the receiver; whether that sleeps.
    fn publish(&self, ahead: usize, len: usize) -> Result<bool, Corrupt> {
        let position = self.next.plus(ahead);
        let slot = self.slot(ahead);
        slot.len.store(len as u32, Relaxed);
        let before = slot.written.swap(position.full(), at(HandOver, Release));
        log::trace!("slot {}: {len} bytes, written {}", position.slot(), position.full());
        if count(before) != position.free() {
            return Err(Corrupt::Written {
                slot: position.slot(),
                found: count(before),
                now: position.free(),
                not_yet: position.lapped(),
            });
        }
        Ok(has_sleeper(before))
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
    /// If no slot is free.
    pub fn end(mut self) -> Result<(), Corrupt> {
        assert!(self.is_free(0));
        text::put(self.slot(0), &thread_id().to_ne_bytes());
        if self.publish(0, 0)? {
            futex::wake_all(&self.slot(0).written);
        }
        self.role.leaves_vacant();
        Ok(())
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

    pub(crate) fn exchange(&self) -> &Exchange {
        self.role.exchange()
    }

    /// The slot `ahead` of the next hand-off.
    pub(crate) fn slot(&self, ahead: usize) -> &Slot {
        self.exchange().slot(self.next.plus(ahead).slot())
    }
}
