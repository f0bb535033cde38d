//! An exchange as a third party sees it, who takes no part in it.
//!
//! Nothing is stored, nobody is woken, no role is taken, so whoever hands text over never
//! learns of it. In return a look promises less than a role does: words change between one
//! load and the next. So all of them are loaded twice, and if both passes saw the same, then
//! there was a moment between them at which the exchange was just so: counters only grow.
//! Only of such a [steady](Snapshot::is_steady) look is it said whether the words make sense.
//!
//! What is looked at may be anything: random bytes, a length of 4 GiB, a file that shrinks
//! meanwhile. There is no index that comes from it.

use std::mem::offset_of;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed};

use crate::error::{Corrupt, NotAnExchange};
use crate::layout::{Header, MAGIC, Slot, TEXT_BYTES, slots_in};
use crate::order::Pair::{HandOver, LetGo};
use crate::order::at;
use crate::position::{Inconsistent, Position};
use crate::role::{RoleState, Side, WAITERS};
use crate::unread::Unread;
use crate::written::{count, has_sleeper, is_full};

/// Bytes that can be looked at while others change them, or take them away.
pub trait Glance {
    /// How many there are, exactly: the number of slots follows from it.
    fn size(&self) -> usize;

    /// One load of the word at this offset, a multiple of 4; none if it is not there any more.
    /// Where nothing is mapped, the kernel copies, and `order` means nothing.
    fn word(&self, offset: usize, order: Ordering) -> Option<u32>;

    /// Copies as many bytes as `into` has from this offset, in no order. False if they are
    /// not there any more.
    fn copy(&self, offset: usize, into: &mut [u8]) -> bool;
}

/// Why there is no exchange to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// It is something else.
    #[error(transparent)]
    NotAnExchange(#[from] NotAnExchange),
    /// It is zero where an exchange has its magic: all new, or somebody else's. No more of it
    /// was looked at, for it may be that nobody has ever touched its other pages.
    #[error("all new: nobody has marked it as an exchange ({slots} slots would fit)")]
    Blank {
        /// By its size.
        slots: usize,
    },
    /// It was there a moment ago.
    #[error("its bytes from {offset} on are gone: somebody has shrunk it")]
    Gone {
        /// The first byte that was missed.
        offset: usize,
    },
}

/// A role word at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleWord(u32);

impl RoleWord {
    /// All its bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Who holds the role, or what became of the last holder.
    pub fn state(self) -> RoleState {
        RoleState::of(self.0)
    }

    /// Whether the kernel is to wake somebody when the holder dies: FUTEX_WAITERS.
    pub fn wants_wake(self) -> bool {
        self.0 & WAITERS != 0
    }
}

/// A slot's word and length at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotWords {
    written: u32,
    len: u32,
}

impl SlotWords {
    /// All bits of `written`.
    pub fn bits(self) -> u32 {
        self.written
    }

    /// Hand-offs so far, both directions, modulo 2^31.
    pub fn hand_offs(self) -> u32 {
        count(self.written)
    }

    /// Which text of this slot it is that waits, or for which it is free: from 0.
    pub fn lap(self) -> u32 {
        count(self.written) / 2
    }

    /// How many texts the writer has put here so far, modulo 2^30.
    pub fn sent(self) -> u32 {
        count(self.written).div_ceil(2) % (1 << 30)
    }

    /// Whether text, or the end of a stream, waits here.
    pub fn is_full(self) -> bool {
        is_full(self.written)
    }

    /// Whether the end of a stream waits here.
    pub fn is_end(self) -> bool {
        self.is_full() && self.len == 0
    }

    /// Who sleeps until this word changes: whoever's turn it is not.
    pub fn sleeper(self) -> Option<Side> {
        let waits = if self.is_full() { Side::Writer } else { Side::Reader };
        has_sleeper(self.written).then_some(waits)
    }

    /// Bytes of text, as the slot says; more than [`TEXT_BYTES`] are a lie.
    pub fn length(self) -> u32 {
        self.len
    }

    /// Bytes of text that can be there.
    pub fn believed_len(self) -> usize {
        (self.len as usize).min(TEXT_BYTES)
    }

    fn is_unread(self) -> bool {
        self.is_full() && self.len > 0
    }
}

/// All words of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    writer: RoleWord,
    reader: RoleWord,
    slots: Vec<SlotWords>,
    is_steady: bool,
}

/// Passes that are tried until two agree. With a stream at full speed none will.
const PASSES: usize = 6;

impl Snapshot {
    /// Looks at every word.
    ///
    /// # Errors
    /// It is no exchange by its size or its first bytes, or the bytes went away meanwhile.
    pub fn take(memory: &dyn Glance) -> Result<Self, Unseen> {
        let size = memory.size();
        let slots = slots_in(size).ok_or(NotAnExchange::Size { size })?;
        let magic = magic(memory)?;
        match magic {
            MAGIC => {}
            0 => return Err(Unseen::Blank { slots }),
            magic => return Err(NotAnExchange::Magic { magic }.into()),
        }
        let mut seen = Self::pass(memory, slots)?;
        for _ in 1..PASSES {
            let again = Self::pass(memory, slots)?;
            let is_steady = seen.counts_as(&again);
            seen = Self { is_steady, ..again };
            if is_steady {
                break;
            }
        }
        Ok(seen)
    }

    fn pass(memory: &dyn Glance, slots: usize) -> Result<Self, Unseen> {
        let role = |offset| load(memory, offset, at(LetGo, Acquire)).map(RoleWord);
        Ok(Self {
            writer: role(offset_of!(Header, writer))?,
            reader: role(offset_of!(Header, reader))?,
            slots: (0..slots).map(|slot| look_at(memory, slot)).collect::<Result<_, _>>()?,
            is_steady: false,
        })
    }

    /// Whether the other one says the same, whoever sleeps.
    fn counts_as(&self, other: &Self) -> bool {
        let same = |(one, other): (&SlotWords, &SlotWords)| {
            count(one.written) == count(other.written) && one.len == other.len
        };
        (self.writer, self.reader) == (other.writer, other.reader)
            && self.slots.iter().zip(&other.slots).all(same)
    }

    /// Whether all words were seen as they were at one and the same moment.
    pub fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// One side's role word.
    pub fn role(&self, side: Side) -> RoleWord {
        match side {
            Side::Writer => self.writer,
            Side::Reader => self.reader,
        }
    }

    /// Every slot's words.
    pub fn slots(&self) -> &[SlotWords] {
        &self.slots
    }

    /// Where the sides go on. For a look that is not steady, as good as it gets.
    ///
    /// # Errors
    /// The words fit no position.
    pub fn next(&self, side: Side) -> Result<Position, Inconsistent> {
        let written = self.slots.iter().map(|slot| slot.written);
        match side {
            Side::Writer => Position::of_sender(written),
            Side::Reader => Position::of_receiver(written),
        }
    }

    /// Text that nobody has acknowledged.
    pub fn unread(&self) -> Unread {
        let unread = self.slots.iter().filter(|slot| slot.is_unread());
        unread.fold(Unread::default(), |sum, slot| Unread {
            slots: sum.slots + 1,
            bytes: sum.bytes + slot.believed_len(),
        })
    }

    /// What no honest pair leaves behind: empty if all of it makes sense, or if it changes too
    /// fast to tell.
    pub fn faults(&self) -> Vec<Corrupt> {
        let mut faults = Vec::new();
        if !self.is_steady {
            return faults;
        }
        match (self.next(Side::Writer), self.next(Side::Reader)) {
            (Err(odd), _) | (_, Err(odd)) => faults.push(Corrupt::Laps { slot: odd.slot }),
            (Ok(_), Ok(_)) => {}
        }
        let lies = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_full() && slot.len as usize > TEXT_BYTES);
        faults.extend(lies.map(|(slot, words)| Corrupt::Len { slot, len: words.len }));
        faults
    }

    /// Copies the first bytes of a slot's text, as many as it has and `into` takes; none if
    /// they are gone. They may be those of a later text by then.
    ///
    /// # Panics
    /// If there is no such slot.
    pub fn text<'a>(
        &self,
        memory: &dyn Glance,
        slot: usize,
        into: &'a mut [u8],
    ) -> Option<&'a [u8]> {
        let most = self.slots[slot].believed_len().min(into.len());
        let into = &mut into[..most];
        memory.copy(slot_at(slot) + offset_of!(Slot, text), into).then_some(&*into)
    }
}

/// The first eight bytes.
fn magic(memory: &dyn Glance) -> Result<u64, Unseen> {
    let at = offset_of!(Header, magic);
    let low = load(memory, at, Relaxed)?;
    let high = load(memory, at + 4, Relaxed)?;
    let bytes = [low.to_ne_bytes(), high.to_ne_bytes()];
    Ok(u64::from_ne_bytes(bytes.concat().try_into().expect("twice four bytes")))
}

fn look_at(memory: &dyn Glance, slot: usize) -> Result<SlotWords, Unseen> {
    let slot = slot_at(slot);
    // In this order: who sees a text handed over sees its length.
    let written = load(memory, slot + offset_of!(Slot, written), at(HandOver, Acquire))?;
    let len = load(memory, slot + offset_of!(Slot, len), Relaxed)?;
    Ok(SlotWords { written, len })
}

fn load(memory: &dyn Glance, offset: usize, order: Ordering) -> Result<u32, Unseen> {
    memory.word(offset, order).ok_or(Unseen::Gone { offset })
}

fn slot_at(slot: usize) -> usize {
    size_of::<Header>() + slot * size_of::<Slot>()
}
