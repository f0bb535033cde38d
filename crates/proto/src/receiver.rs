//! The reader's end: text out of full slots, and the turn back to the sender.

use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::{Exchange, Place};
use crate::futex;
use crate::interrupt::Interrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::order::Pair::{Acknowledge, HandOver};
use crate::order::at;
use crate::position::Position;
use crate::role::{Claimed, Role, RoleState, Side};
use crate::sender::BATCH;
use crate::step::{Step, step};
use crate::text;
use crate::wait::{Strategy, Waiter, Watch, Woke};
use crate::written::{count, is_full};

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

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let Self { slots, bytes } = *self;
        write!(f, "{bytes} byte{} in {slots} slot{}", plural(bytes), plural(slots))
    }
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

/// The reader's role. Dropped, it leaves what it has not acknowledged to the next reader.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    next: Position,
    /// Where the slot of that is.
    here: Place,
    waiter: Waiter,
    /// Bytes in the next slot, as it said once and was checked; 0 before it was asked.
    len: u32,
    /// Bytes of them that were written out already.
    written_out: u32,
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
        Ok(Claimed {
            endpoint: Self {
                role,
                next,
                here: exchange.place(next.slot()),
                waiter,
                len: 0,
                written_out: 0,
            },
            found,
        })
    }

    /// Waits for text or the end, or for news of the writer: each is told once.
    ///
    /// # Errors
    /// A corrupt exchange, or no way to sleep.
    #[inline]
    pub fn wait(&mut self) -> Result<Arrival, Error> {
        if self.len > 0 || self.text_comes_soon() { Ok(Arrival::Text) } else { self.wait_long() }
    }

    /// The way that all but the first and last texts of a busy stream take: no result
    /// that would go through memory, no branch that is not needed.
    #[inline]
    fn text_comes_soon(&mut self) -> bool {
        let watch = watch(self.role.exchange(), self.here, self.next);
        self.waiter.soon(&watch) && {
            let len = self.exchange().at(self.here).len.load(Relaxed);
            self.take_in(len)
        }
    }

    #[inline]
    fn len_of(&self, position: Position) -> u32 {
        self.exchange().slot(position.slot()).len.load(Relaxed)
    }

    /// The next slot is full, and said that it holds so much. False if that is no text.
    #[inline]
    fn take_in(&mut self, len: u32) -> bool {
        let is_text = is_text(len);
        self.len = if is_text { len } else { 0 };
        is_text
    }

    #[cold]
    fn wait_long(&mut self) -> Result<Arrival, Error> {
        let watch = watch(self.role.exchange(), self.here, self.next);
        match self.waiter.wait(&watch)? {
            Woke::Peer(state) => return Ok(Arrival::Peer(state)),
            Woke::Interrupted => return Ok(Arrival::Interrupted),
            Woke::Turn => {}
        }
        match self.len_of(self.next) {
            0 => {
                let mut buffer = [0; TEXT_BYTES];
                let _access = self.exchange().access_text(false);
                let ended_by = text::get(self.text(0), 4, &mut buffer).first_chunk();
                Ok(Arrival::End(ended_by.copied().map_or(0, u32::from_ne_bytes)))
            }
            len if self.take_in(len) => Ok(Arrival::Text),
            len => Err(Corrupt::Len { slot: self.next.slot(), len }.into()),
        }
    }

    pub(crate) fn is_full(&self, ahead: usize) -> bool {
        let word = self.slot(ahead).written.load(at(HandOver, Acquire));
        count(word) == self.next.plus(ahead).full()
    }

    /// Copies the first slot's text into `buffer`; none if there is none.
    #[inline]
    pub fn first_text<'a>(&self, buffer: &'a mut [u8; TEXT_BYTES]) -> &'a [u8] {
        let _access = self.exchange().access_text(false);
        text::get(self.exchange().text_at(self.here), self.len as usize, buffer)
    }

    /// Acknowledges the first slot: its text is where it has to go.
    ///
    /// # Errors
    /// A corrupt exchange.
    #[inline]
    pub fn acknowledge_first(&mut self) -> Result<(), Corrupt> {
        self.acknowledge(1)
    }

    /// Gives the first `slots` back, and wakes the sender once if it sleeps.
    #[inline]
    fn acknowledge(&mut self, slots: usize) -> Result<(), Corrupt> {
        let from = self.next;
        let mut sleepers = 0u64;
        let mut result = Ok(());
        for ahead in 0..slots {
            let position = self.next;
            let word = &self.exchange().at(self.here).written;
            step(Step::Acknowledge);
            let before = word.swap(position.done(), at(Acknowledge, Release));
            log::trace!("slot {}: acknowledged, written {}", position.slot(), position.done());
            self.advance();
            if before != position.full() {
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
        (self.len, self.written_out) = (0, 0);
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
            step(Step::AcknowledgeWake);
            let woken = futex::wake_all(&self.exchange().slot(slot).written);
            log::debug!("futex(slot {slot}, FUTEX_WAKE) = {woken}");
        }
    }

    /// Text that is not acknowledged: slots and bytes.
    pub fn unread(&self) -> Unread {
        Unread::in_exchange(self.exchange())
    }

    /// Bytes of the first unread slot that were written out all the same: the next
    /// reader writes them again.
    pub fn written_out(&self) -> usize {
        self.written_out as usize
    }

    /// Whether somebody wants us to leave.
    pub fn is_interrupted(&self) -> bool {
        self.waiter.interrupt().is_raised()
    }

    /// What the writer's role says at this moment.
    pub fn writer(&self) -> RoleState {
        self.exchange().role(Side::Writer)
    }

    /// The exchange that it receives from.
    pub fn exchange(&self) -> &Exchange {
        self.role.exchange()
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        self.waiter.interrupt()
    }

    pub(crate) fn into_role(self) -> Role {
        self.role
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

/// What a receiver waits for at `position`.
#[inline]
fn watch(exchange: &Exchange, here: Place, position: Position) -> Watch<'_> {
    Watch {
        slot: position.slot(),
        written: &exchange.at(here).written,
        now: position.full(),
        not_yet: position.free(),
        pair: HandOver,
        peer: exchange.role_word(Side::Writer),
    }
}

/// Whether the word said "full" before we changed it, with a sleeper or without.
#[cold]
fn check(position: Position, before: u32) -> Result<(), Corrupt> {
    let (slot, now, not_yet) = (position.slot(), position.full(), position.free());
    match count(before) {
        full if full == now => Ok(()),
        found => Err(Corrupt::Written { slot, found, now, not_yet }),
    }
}

/// Whether a length is one of a text, and not the end of the stream or nonsense.
#[inline]
fn is_text(len: u32) -> bool {
    len != 0 && len as usize <= TEXT_BYTES
}

/// For writing out straight from the slots.
#[cfg(not(loom))]
impl Receiver {
    /// Lengths of the texts that are there, and how much of the first is out already.
    /// Of the slots behind the first, what is no text is for `wait` to find.
    pub(crate) fn lens(&self, lens: &mut [u32; BATCH]) -> (usize, usize) {
        lens[0] = self.len;
        let mut texts = usize::from(self.len > 0);
        while texts > 0 && texts < BATCH.min(self.exchange().slots()) && self.is_full(texts) {
            lens[texts] = self.len_of(self.next.plus(texts));
            if !is_text(lens[texts]) {
                break;
            }
            texts += 1;
        }
        (texts, self.written_out as usize)
    }

    /// `bytes` more of these texts were written out: acknowledges every slot that this
    /// completes, and remembers the one that it begins.
    pub(crate) fn wrote_out(&mut self, lens: &[u32], bytes: usize) -> Result<(), Corrupt> {
        let mut out = self.written_out as usize + bytes;
        let mut slots = 0;
        while slots < lens.len() && out >= lens[slots] as usize {
            out -= lens[slots] as usize;
            slots += 1;
        }
        if slots > 0 {
            self.acknowledge(slots)?;
        }
        if out > 0 {
            (self.len, self.written_out) = (lens[slots], out as u32);
        }
        Ok(())
    }
}
