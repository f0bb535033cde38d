//! The reader's end: text out of full slots, and the turn back to the sender.

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
use crate::role::{Claimed, Role, RoleState, Side};
use crate::step::{Step, is_watched, step_with};
use crate::sync::AtomicU32;
use crate::text;
#[cfg(not(loom))]
use crate::turn::BATCH;
use crate::turn::{End, Turn, passing};
use crate::unread::Unread;
use crate::wait::{Strategy, Woke};

/// What [`Receiver::wait`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// There is text.
    Text,
    /// The stream is at its end.
    End(Ending),
    /// Nothing, but this is new of the writer.
    Peer(RoleState),
    /// Nothing, and somebody wants us to leave.
    Interrupted,
}

/// The reader's turn: a full slot.
struct Reading;

impl Turn for Reading {
    const SIDE: Side = Side::Reader;
    const SEES: Pair = HandOver;
    /// More: it asks for copies, and takes nothing away.
    const AHEAD: usize = 4;
    fn recover(written: impl Iterator<Item = u32>) -> Result<Position, Inconsistent> {
        Position::of_receiver(written)
    }
    #[inline]
    fn ours(position: Position) -> u32 {
        position.full()
    }
    #[inline]
    fn not_yet(position: Position) -> u32 {
        position.free()
    }
    fn wake(slot: usize, written: &AtomicU32) -> i64 {
        step_with(Step::AcknowledgeWake, || format!("slot {slot}: FUTEX_WAKE on written"));
        futex::wake_all(written)
    }
}

/// The reader's role. Dropped, it leaves what it has not acknowledged to the next
/// reader, and tells it if any of that may be out already.
#[derive(Debug)]
pub struct Receiver {
    end: End<Reading>,
    /// Bytes in the next slot, as it said once and was checked; 0 before it was asked.
    len: u32,
    /// Bytes of them that were written out already.
    written_out: u32,
    /// The caller has shown part of the next slot's text.
    shown_in_part: bool,
    /// The end of the stream is next, and counts as seen.
    pub(crate) at_end: bool,
    /// Where we came in.
    since: Position,
    /// Slots from there on that the reader before us may have printed.
    doubtful: usize,
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
        let Claimed { endpoint: mut end, found } =
            End::<Reading>::claim(exchange, interrupt, strategy)?;
        end.role.leaves_vacant();
        let doubtful = if found.is_orphaned() { Unread::in_exchange(exchange).slots } else { 0 };
        let since = end.next;
        let (len, written_out, shown_in_part, at_end) = (0, 0, false, false);
        let endpoint = Self { end, len, written_out, shown_in_part, at_end, since, doubtful };
        Ok(Claimed { endpoint, found })
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
        self.end.soon() && {
            let len = self.end.first().len.load(Relaxed);
            self.take_in(len)
        }
    }

    // ANCHOR: take_in
    /// The next slot is full, and said that it holds so much. False if that is no text.
    #[inline]
    fn take_in(&mut self, len: u32) -> bool {
        let is_text = is_text(len);
        self.end.is_long = text::is_long(len as usize);
        self.len = if is_text { len } else { 0 };
        is_text
    }
    // ANCHOR_END: take_in

    #[cold]
    fn wait_long(&mut self) -> Result<Arrival, Error> {
        match self.end.wait()? {
            Woke::Peer(state) => return Ok(Arrival::Peer(state)),
            Woke::Interrupted => return Ok(Arrival::Interrupted),
            Woke::Turn => {}
        }
        match self.end.first().len.load(Relaxed) {
            0 => {
                self.at_end = true;
                Ok(Arrival::End(self.ending()))
            }
            len if self.take_in(len) => Ok(Arrival::Text),
            len => Err(Corrupt::Len { slot: self.end.next.slot(), len }.into()),
        }
    }

    pub(crate) fn is_full(&self, ahead: usize) -> bool {
        self.end.is_ours(ahead)
    }

    /// Copies the first slot's text into `buffer`; none if there is none.
    #[inline]
    pub fn first_text<'a>(&self, buffer: &'a mut [u8; TEXT_BYTES]) -> &'a [u8] {
        let _access = self.exchange().access_text(false);
        text::get(self.end.first_text(), self.len as usize, buffer)
    }

    /// Acknowledges the first slot: its text is where it has to go.
    ///
    /// # Errors
    /// A corrupt exchange.
    #[inline]
    pub fn acknowledge_first(&mut self) -> Result<(), Corrupt> {
        self.acknowledge(1)
    }

    /// Gives the first `slots` back.
    #[inline]
    fn acknowledge(&mut self, slots: usize) -> Result<(), Corrupt> {
        let result = match is_watched() {
            false => self.end.pass_on(slots, pass_back::<false>),
            true => self.acknowledge_watched(slots),
        };
        (self.len, self.written_out) = (0, 0);
        result
    }

    #[cold]
    fn acknowledge_watched(&mut self, slots: usize) -> Result<(), Corrupt> {
        self.end.pass_on(slots, pass_back::<true>)
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

    /// Notes whether part of the first slot's text is out, for who shows it by other ways
    /// than [`write_to`](Self::write_to). The next reader, which shows it again, can say so.
    pub fn note_shown_in_part(&mut self, in_part: bool) {
        self.shown_in_part = in_part;
    }

    /// Whether somebody wants us to leave.
    pub fn is_interrupted(&self) -> bool {
        self.end.interrupt().is_raised()
    }

    /// What the writer's role says at this moment.
    pub fn writer(&self) -> RoleState {
        self.exchange().role(Side::Writer)
    }

    /// The exchange that it receives from.
    pub fn exchange(&self) -> &Exchange {
        self.end.exchange()
    }

    /// For what becomes of the role when this is dropped.
    pub(crate) fn role(&mut self) -> &mut Role {
        &mut self.end.role
    }

    /// The slot with the text of the one `ahead` of the next hand-off.
    pub(crate) fn text(&self, ahead: usize) -> &Slot {
        self.end.text(ahead)
    }

    /// The slot `ahead` of the next hand-off.
    pub(crate) fn slot(&self, ahead: usize) -> &Slot {
        self.end.slot(ahead)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let role = &mut self.end.role;
        if !role.is_vacant_after() {
            return;
        }
        if self.written_out > 0 || self.shown_in_part {
            role.leaves_orphaned();
        } else if self.end.next.since(&self.since) < self.doubtful {
            role.leaves_as_found();
        }
    }
}

/// The turn of this slot goes to the sender. The word as it was before.
#[inline]
fn pass_back<const WATCHED: bool>(_: usize, position: Position, slot: &Slot) -> u32 {
    if WATCHED {
        step_with(Step::Acknowledge, || passing(position, slot, position.done()));
    }
    let before = slot.written.swap(position.done(), at(Acknowledge, Release));
    if WATCHED {
        log::trace!("slot {}: acknowledged, written {}", position.slot(), position.done());
    }
    before
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
            lens[texts] = self.slot(texts).len.load(Relaxed);
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
