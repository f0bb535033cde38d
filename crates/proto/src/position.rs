//! Where a newcomer goes on: its position, recovered from the slots alone.
//!
//! Hand-off `n` uses slot `n mod N` and is that slot's lap `n / N`. A slot whose
//! text of lap `l` is waiting has `written == 2l + 1`; acknowledged, `2l + 2`. So
//! each slot says how many laps each side has finished in it, and as both sides
//! go round in order, the slots before a side's position are one lap ahead of the
//! rest. The first slot whose lap differs from slot 0's is the position; if none
//! differs, it is slot 0.
//!
//! Laps are compared for equality only, so that the counter may wrap. And a
//! side's laps are changed by nobody but the holder of its role: who holds it may
//! look at one slot after the other while the peer goes on.

use crate::written::{COUNT, count};

/// Laps wrap here: two hand-offs a lap, in the 31 bits of [`COUNT`].
const LAPS: u32 = 1 << 30;

/// The next hand-off of one side: its slot and its lap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    slot: usize,
    lap: u32,
    slots: usize,
}

/// The slots' laps fit no position: this slot's neighbours are not one lap apart at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconsistent {
    /// The first slot that does not fit.
    pub slot: usize,
}

impl Position {
    /// Where the sender goes on: the first slot that it has not filled in this lap.
    ///
    /// # Errors
    /// The words are no result of hand-offs in order, or there are none.
    pub fn of_sender(written: impl IntoIterator<Item = u32>) -> Result<Self, Inconsistent> {
        Self::recover(written.into_iter().map(|word| count(word).div_ceil(2) % LAPS))
    }

    /// Where the receiver goes on: the first slot that it has not acknowledged in this lap.
    ///
    /// # Errors
    /// The words are no result of hand-offs in order, or there are none.
    pub fn of_receiver(written: impl IntoIterator<Item = u32>) -> Result<Self, Inconsistent> {
        Self::recover(written.into_iter().map(|word| count(word) / 2))
    }

    // ANCHOR: recover
    fn recover(laps: impl Iterator<Item = u32>) -> Result<Self, Inconsistent> {
        let mut slots = 0;
        let mut first = None;
        let mut behind = None;
        for (slot, lap) in laps.enumerate() {
            slots = slot + 1;
            let first = *first.get_or_insert(lap);
            match behind {
                None if lap == first => {}
                None if next_lap(lap) == first => behind = Some((slot, lap)),
                Some((_, expected)) if lap == expected => {}
                _ => return Err(Inconsistent { slot }),
            }
        }
        let first = first.ok_or(Inconsistent { slot: 0 })?;
        let (slot, lap) = behind.unwrap_or((0, first));
        Ok(Self { slot, lap, slots })
    }
    // ANCHOR_END: recover

    /// The slot of this hand-off.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The lap of this hand-off.
    pub fn lap(&self) -> u32 {
        self.lap
    }

    /// The position `ahead` hand-offs later; at most one lap.
    #[must_use]
    pub fn plus(&self, ahead: usize) -> Self {
        debug_assert!(ahead <= self.slots);
        let slot = self.slot + ahead;
        if slot < self.slots {
            Self { slot, ..*self }
        } else {
            Self { slot: slot - self.slots, lap: next_lap(self.lap), ..*self }
        }
    }

    /// How many hand-offs it is since `earlier`, a position in the same exchange.
    pub fn since(&self, earlier: &Self) -> usize {
        let laps = (self.lap + LAPS - earlier.lap) % LAPS;
        laps as usize * self.slots + self.slot - earlier.slot
    }

    /// Goes on to the next hand-off.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.slot += 1;
        if self.slot == self.slots {
            self.slot = 0;
            self.lap = next_lap(self.lap);
        }
    }

    /// `written` while the slot is free for this hand-off.
    pub fn free(&self) -> u32 {
        self.lap * 2
    }

    /// `written` while this hand-off's text waits.
    pub fn full(&self) -> u32 {
        self.lap * 2 + 1
    }

    /// `written` once this hand-off's text was acknowledged.
    pub fn done(&self) -> u32 {
        count(self.lap * 2 + 2)
    }

    /// `written` while the text of the lap before waits: the sender is a lap ahead.
    pub fn lapped(&self) -> u32 {
        (self.lap * 2).wrapping_sub(1) & COUNT
    }
}

fn next_lap(lap: u32) -> u32 {
    (lap + 1) % LAPS
}
