//! The reader's end: text out of full slots, and the turn back to the sender.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::order::Pair::{Acknowledge, HandOver};
use crate::order::at;
use crate::position::Position;
use crate::role::{Claimed, Role, RoleState, Side};
use crate::sender::BATCH;
use crate::text;
use crate::wait::{Strategy, Waiter, Watch, Woke};
use crate::written::{count, has_sleeper, is_full};

/// What [`Receiver::wait`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// There is text.
    Text,
    /// The stream is at its end; the thread with this id ended it.
    End(u32),
    /// Nothing, but this is new of the writer.
    Peer(RoleState),
    /// Nothing, and somebody wants us to leave.
    Interrupted,
}

/// Text that nobody has acknowledged yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Slots that hold any.
    pub slots: usize,
    /// Bytes in them, as far as the lengths can be believed.
    pub bytes: usize,
}

impl Unread {
    pub(crate) fn in_exchange(exchange: &Exchange) -> Self {
        (0..exchange.slots()).map(|index| exchange.slot(index)).fold(
            Self::default(),
            |sum, slot| {
                let full = is_full(slot.written.load(at(HandOver, Acquire)));
                match slot.len.load(Relaxed) as usize {
                    bytes @ 1.. if full => {
                        Self { slots: sum.slots + 1, bytes: sum.bytes + bytes.min(TEXT_BYTES) }
                    }
                    _ => sum,
                }
            },
        )
    }
}

/// Lengths of slots that are full, read once and checked. What they say is what is used.
#[derive(Debug)]
struct Batch {
    lens: [u16; BATCH],
    /// The first that is not acknowledged, and one behind the last.
    begin: usize,
    end: usize,
    /// Bytes of the first that were written out already.
    #[cfg_attr(loom, allow(dead_code))]
    written_out: usize,
}

impl Batch {
    const EMPTY: Self = Self { lens: [0; BATCH], begin: 0, end: 0, written_out: 0 };

    fn lens(&self) -> &[u16] {
        &self.lens[self.begin..self.end]
    }
}

/// The reader's role. Dropped, it leaves what it has not acknowledged to the next reader.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    next: Position,
    waiter: Waiter,
    batch: Batch,
}

impl Receiver {
    /// Takes the reader's role and finds where the last reader stopped.
    ///
    /// # Errors
    /// See [`ClaimError`]; the exchange is as before then.
    pub fn claim(
        exchange: &Exchange,
        interrupt: Interrupt,
        strategy: Strategy,
    ) -> Result<Claimed<Self>, ClaimError> {
        let Claimed { endpoint: role, found } = Role::claim(exchange, Side::Reader)?;
        let next = Position::of_receiver(exchange.written())
            .map_err(|inconsistent| Corrupt::Laps { slot: inconsistent.slot })?;
        log::debug!("position: slot {}, lap {}", next.slot(), next.lap());
        let waiter = Waiter::new(strategy, interrupt);
        Ok(Claimed { endpoint: Self { role, next, waiter, batch: Batch::EMPTY }, found })
    }

    /// Waits for text or the end, or for news of the writer: each is told once.
    ///
    /// # Errors
    /// A corrupt exchange, or no way to sleep.
    pub fn wait(&mut self) -> Result<Arrival, Error> {
        if self.batch.lens().is_empty() {
            let exchange = self.role.exchange();
            let watch = Watch {
                slot: self.next.slot(),
                written: &exchange.slot(self.next.slot()).written,
                now: self.next.full(),
                not_yet: self.next.free(),
                pair: HandOver,
                peer: exchange.role_word(Side::Writer),
            };
            match self.waiter.wait(&watch)? {
                Woke::Turn => {}
                Woke::Peer(state) => return Ok(Arrival::Peer(state)),
                Woke::Interrupted => return Ok(Arrival::Interrupted),
            }
            self.take_in()?;
        }
        Ok(if self.batch.lens().is_empty() { self.end() } else { Arrival::Text })
    }

    /// Reads and checks the lengths of the slots that are full, up to the end of the stream.
    fn take_in(&mut self) -> Result<(), Corrupt> {
        self.batch = Batch::EMPTY;
        while self.batch.end < BATCH.min(self.exchange().slots()) {
            let ahead = self.batch.end;
            if ahead > 0 && !self.is_full(ahead) {
                break;
            }
            match self.slot(ahead).len.load(Relaxed) {
                0 => break,
                len if len as usize <= TEXT_BYTES => self.batch.lens[ahead] = len as u16,
                // What came before it was right, and will be printed first.
                _ if ahead > 0 => break,
                len => {
                    return Err(Corrupt::Len { slot: self.next.slot(), len });
                }
            }
            self.batch.end += 1;
        }
        Ok(())
    }

    pub(crate) fn is_full(&self, ahead: usize) -> bool {
        let word = self.slot(ahead).written.load(at(HandOver, Acquire));
        count(word) == self.next.plus(ahead).full()
    }

    fn end(&self) -> Arrival {
        let mut ended_by = [0; 4];
        text::get(self.slot(0), &mut ended_by);
        Arrival::End(u32::from_ne_bytes(ended_by))
    }

    /// Copies the first slot's text into `buffer`; none if there is none.
    pub fn first_text<'a>(&self, buffer: &'a mut [u8; TEXT_BYTES]) -> &'a [u8] {
        let len = self.batch.lens().first().copied().unwrap_or(0);
        let text = &mut buffer[..usize::from(len)];
        text::get(self.slot(0), text);
        text
    }

    /// Acknowledges the first slot: its text is where it has to go.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn acknowledge_first(&mut self) -> Result<(), Corrupt> {
        self.acknowledge(1)
    }

    /// Gives the first `slots` back, and wakes the sender once if it sleeps.
    fn acknowledge(&mut self, slots: usize) -> Result<(), Corrupt> {
        let mut sleepers = 0u64;
        let mut corrupt = Ok(());
        for ahead in 0..slots {
            match self.free(ahead) {
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
        self.batch.begin = (self.batch.begin + slots).min(self.batch.end);
        corrupt
    }

    /// The turn of one slot goes back to the sender; whether that sleeps.
    fn free(&self, ahead: usize) -> Result<bool, Corrupt> {
        let position = self.next.plus(ahead);
        let before = self.slot(ahead).written.swap(position.done(), at(Acknowledge, Release));
        log::trace!("slot {}: acknowledged, written {}", position.slot(), position.done());
        if count(before) != position.full() {
            return Err(Corrupt::Written {
                slot: position.slot(),
                found: count(before),
                now: position.full(),
                not_yet: position.free(),
            });
        }
        Ok(has_sleeper(before))
    }

    /// Text that is not acknowledged: slots and bytes.
    pub fn unread(&self) -> Unread {
        Unread::in_exchange(self.exchange())
    }

    /// Whether somebody wants us to leave.
    pub fn is_interrupted(&self) -> bool {
        self.waiter.interrupt().is_raised()
    }

    /// What the writer's role says at this moment.
    pub fn writer(&self) -> RoleState {
        self.exchange().role(Side::Writer)
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        self.role.exchange()
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        self.waiter.interrupt()
    }

    pub(crate) fn into_role(self) -> Role {
        self.role
    }

    /// The slot `ahead` of the next hand-off.
    pub(crate) fn slot(&self, ahead: usize) -> &Slot {
        self.exchange().slot(self.next.plus(ahead).slot())
    }
}

/// For writing out straight from the slots.
#[cfg(not(loom))]
impl Receiver {
    /// Lengths of the texts that are there, and how much of the first is out already.
    pub(crate) fn batch(&self) -> (&[u16], usize) {
        (self.batch.lens(), self.batch.written_out)
    }

    /// `bytes` more were written out: acknowledges every slot that this completes.
    pub(crate) fn wrote_out(&mut self, bytes: usize) -> Result<(), Corrupt> {
        let mut out = self.batch.written_out + bytes;
        let mut slots = 0;
        for &len in self.batch.lens() {
            let Some(rest) = out.checked_sub(usize::from(len)) else {
                break;
            };
            out = rest;
            slots += 1;
        }
        self.batch.written_out = out;
        self.acknowledge(slots)
    }
}
