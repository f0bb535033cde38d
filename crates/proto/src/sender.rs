//! The writer's end: text into free slots, and the turn to the receiver.

use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::ending::Ending;
use crate::error::{ClaimError, Corrupt, Error};
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::layout::{Slot, TEXT_BYTES};
use crate::order::Pair::{self, Acknowledge, HandOver};
use crate::order::at;
use crate::position::{Inconsistent, Position};
use crate::robust::thread_id;
#[cfg(loom)]
use crate::role::Role;
use crate::role::{Claimed, RoleState, Side};
use crate::step::{Step, is_watched, step_with};
use crate::sync::AtomicU32;
use crate::text;
use crate::turn::{BATCH, End, Turn, passing};
use crate::unread::Unread;
use crate::wait::{Strategy, Woke};

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

/// The writer's turn: a free slot.
struct Writing;

impl Turn for Writing {
    const SIDE: Side = Side::Writer;
    const SEES: Pair = Acknowledge;
    /// Few: to ask too early takes a line away from the reader, which is about to write to it.
    const AHEAD: usize = 2;
    fn recover(written: impl Iterator<Item = u32>) -> Result<Position, Inconsistent> {
        Position::of_sender(written)
    }
    #[inline]
    fn ours(position: Position) -> u32 {
        position.free()
    }
    #[inline]
    fn not_yet(position: Position) -> u32 {
        position.lapped()
    }
    fn wake(slot: usize, written: &AtomicU32) -> i64 {
        step_with(Step::HandOverWake, || format!("slot {slot}: FUTEX_WAKE on written"));
        futex::wake_all(written)
    }
}

/// The writer's role. Dropped without [`end`](Self::end), it tells the receiver that
/// the stream has no end.
#[derive(Debug)]
pub struct Sender {
    end: End<Writing>,
    /// Slots from the next one on that are known to be free, and so ours.
    free: usize,
    /// The stream goes on behind a writer that did not end it.
    broken: bool,
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
        let Claimed { endpoint: mut end, found } = End::claim(exchange, interrupt, strategy)?;
        end.role.leaves_orphaned();
        let mut sender = Self { end, free: 0, broken: false };
        sender.broken = found.is_orphaned() && sender.is_behind_text();
        Ok(Claimed { endpoint: sender, found })
    }

    /// Whether the writer before us left text, and no end behind it: ours goes on with its
    /// stream, and the [`Ending`] will say so.
    pub fn is_broken(&self) -> bool {
        self.broken
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
        self.free = match self.end.now() {
            true => 1,
            false => self.room_very_soon(),
        };
        self.free > 0
    }

    /// We are ahead by the whole ring: better several slots at once than each as it comes.
    #[cold]
    fn room_very_soon(&mut self) -> usize {
        match self.end.part_soon() {
            0 => usize::from(self.end.soon()),
            several => several,
        }
    }

    #[cold]
    fn wait_long(&mut self) -> Result<Room, Error> {
        match self.end.wait()? {
            Woke::Turn => {
                self.free = 1;
                Ok(Room::Free)
            }
            Woke::Peer(state) => Ok(Room::Peer(state)),
            Woke::Interrupted => Ok(Room::Interrupted),
        }
    }

    /// Slots that are free at this moment, 64 at most; from then on they are ours.
    pub fn free_slots(&mut self) -> usize {
        let most = self.exchange().slots().min(BATCH);
        while self.free < most && self.end.is_ours(self.free) {
            self.free += 1;
        }
        self.free
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
        if is_watched() { self.send_watched(text) } else { self.send_as::<false>(text) }
    }

    #[cold]
    fn send_watched(&mut self, text: &[u8]) -> Result<(), Corrupt> {
        self.send_as::<true>(text)
    }

    #[inline]
    fn send_as<const WATCHED: bool>(&mut self, text: &[u8]) -> Result<(), Corrupt> {
        if WATCHED {
            let slot = self.end.next.slot();
            step_with(Step::Text, || format!("slot {slot}: {} bytes", text.len()));
        }
        let access = self.exchange().access_text(true);
        text::put(self.end.first_text(), text);
        drop(access);
        self.end.is_long = text::is_long(text.len());
        self.hand_over_as::<WATCHED>(text.len())
    }

    /// Hands over the first `bytes` of the text that lies in the free slots.
    #[cfg(not(loom))]
    pub(crate) fn hand_over(&mut self, bytes: usize) -> Result<(), Corrupt> {
        if is_watched() { self.hand_over_watched(bytes) } else { self.hand_over_as::<false>(bytes) }
    }

    #[cold]
    #[cfg(not(loom))]
    fn hand_over_watched(&mut self, bytes: usize) -> Result<(), Corrupt> {
        self.hand_over_as::<true>(bytes)
    }

    #[inline]
    fn hand_over_as<const WATCHED: bool>(&mut self, bytes: usize) -> Result<(), Corrupt> {
        let slots = bytes.div_ceil(TEXT_BYTES);
        self.free -= slots;
        self.end.pass_on(slots, |ahead, position, slot| {
            publish::<WATCHED>(position, slot, TEXT_BYTES.min(bytes - ahead * TEXT_BYTES))
        })
    }

    /// Ends the stream: hands over length 0 and gives the role up.
    ///
    /// The slot's text says what there is to say of it, an [`Ending`].
    ///
    /// # Errors
    /// A corrupt exchange.
    ///
    /// # Panics
    /// If [`wait`](Self::wait) has found no slot free.
    pub fn end(self) -> Result<(), Corrupt> {
        self.end_by(false)
    }

    /// The same for a writer that is told to leave.
    ///
    /// # Errors
    /// A corrupt exchange.
    ///
    /// # Panics
    /// If [`wait`](Self::wait) has found no slot free.
    pub fn leave(self) -> Result<(), Corrupt> {
        self.end_by(true)
    }

    fn end_by(mut self, left: bool) -> Result<(), Corrupt> {
        assert!(self.free > 0);
        let ending = Ending { by: thread_id(), broken: self.broken, left };
        let slot = self.end.next.slot();
        step_with(Step::Text, || format!("slot {slot}: {ending:?}"));
        let access = self.exchange().access_text(true);
        text::put(self.end.first_text(), &ending.to_bytes());
        drop(access);
        self.end.pass_on(1, |_, position, slot| publish::<true>(position, slot, 0))?;
        self.end.role.leaves_vacant();
        Ok(())
    }

    /// Whether the last hand-off before us was text, and not the end of a stream.
    fn is_behind_text(&self) -> bool {
        let slots = self.exchange().slots();
        let before = self.exchange().slot((self.end.next.slot() + slots - 1) % slots);
        before.written.load(Relaxed) != 0 && before.len.load(Relaxed) != 0
    }

    /// Text that no reader has acknowledged: slots and bytes.
    pub fn unread(&self) -> Unread {
        Unread::in_exchange(self.exchange())
    }

    /// Whether every slot is free: no text waits, and no end of a stream.
    pub fn is_drained(&self) -> bool {
        self.exchange().is_drained()
    }

    /// Whether somebody wants us to leave.
    pub fn is_interrupted(&self) -> bool {
        self.end.interrupt().is_raised()
    }

    /// What the reader's role says at this moment.
    pub fn reader(&self) -> RoleState {
        self.exchange().role(Side::Reader)
    }

    #[cfg(loom)]
    pub(crate) fn role(&mut self) -> &mut Role {
        &mut self.end.role
    }

    /// The exchange that it sends through.
    pub fn exchange(&self) -> &Exchange {
        self.end.exchange()
    }

    /// The slot of the next hand-off.
    #[cfg(not(loom))]
    pub(crate) fn next_slot(&self) -> usize {
        self.end.next.slot()
    }

    /// The slot with the text of the one `ahead` of the next hand-off.
    #[cfg(not(loom))]
    pub(crate) fn text(&self, ahead: usize) -> &Slot {
        self.end.text(ahead)
    }
}

// ANCHOR: publish
/// The turn of this slot goes to the receiver. The word as it was before.
#[inline]
fn publish<const WATCHED: bool>(position: Position, slot: &Slot, len: usize) -> u32 {
    if WATCHED {
        let before = || slot.len.load(Relaxed);
        step_with(Step::Len, || format!("slot {}: len {} -> {len}", position.slot(), before()));
    }
    slot.len.store(len as u32, Relaxed);
    if WATCHED {
        step_with(Step::HandOver, || passing(position, slot, position.full()));
    }
    let before = slot.written.swap(position.full(), at(HandOver, Release));
    if WATCHED {
        log::trace!("slot {}: {len} bytes, written {}", position.slot(), position.full());
    }
    before
}
// ANCHOR_END: publish
