//! For a writer whose memory goes with its last process: staying until all is read.
//!
//! It holds no role any more, so that the reader can close the exchange, and changes
//! nothing but the sleep bit of a slot that is full: whoever acknowledges it clears
//! that and wakes, as for any sleeper.

use std::sync::atomic::Ordering::Acquire;

use crate::error::Error;
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::Pair::{Acknowledge, Finished};
use crate::order::at;
use crate::position::Position;
use crate::role::{RoleState, Side};
use crate::step::{Step, step_with};
use crate::wait::sleep;
use crate::written::is_full;

/// What [`Exchange::wait_until_taken`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing is unread, or another writer has come, who stays in our place.
    All,
    /// Not all, but this is the reader's role now.
    Peer(RoleState),
    /// Not all, and somebody wants us to leave.
    Interrupted,
}

impl Exchange {
    /// Sleeps until all that was handed over is read, or the reader's role is no longer as
    /// `known`.
    ///
    /// # Errors
    /// No way to sleep.
    pub fn wait_until_taken(
        &self,
        interrupt: &Interrupt,
        known: RoleState,
    ) -> Result<Taken, Error> {
        let word = self.role_word(Side::Reader);
        loop {
            let reader = word.load(at(Finished, Acquire));
            let state = RoleState::of(reader);
            let Some(slot) = self.last_unread() else { return Ok(Taken::All) };
            if state == RoleState::Closed || matches!(self.role(Side::Writer), RoleState::Held(_)) {
                return Ok(Taken::All);
            }
            if interrupt.is_raised() {
                return Ok(Taken::Interrupted);
            }
            if state != known {
                return Ok(Taken::Peer(state));
            }
            let written = &self.slot(slot).written;
            let current = written.load(at(Acknowledge, Acquire));
            if is_full(current) {
                sleep(slot, (written, current), (word, reader), interrupt)?;
            }
        }
    }

    /// Has whoever sleeps in [`wait_until_taken`](Self::wait_until_taken) look again: for who
    /// has learnt otherwise that a reader is gone. Killed between closing its word and the
    /// wake, it has woken nobody, and the kernel does not know the word for its own any more.
    pub fn look_again(&self) {
        step_with(Step::LookAgainWake, || "FUTEX_WAKE on the reader's word".to_owned());
        let woken = futex::wake_all(self.role_word(Side::Reader));
        log::debug!("futex(reader's role, FUTEX_WAKE) = {woken}");
    }

    /// The last slot that was handed over, if it was not acknowledged: it will be the last
    /// to be, too. Whatever else a corrupt exchange may hold is for the reader to find.
    fn last_unread(&self) -> Option<usize> {
        let slots = self.slots();
        let next = Position::of_sender(self.written()).map_or(0, |position| position.slot());
        let last = (next + slots - 1) % slots;
        is_full(self.slot(last).written.load(at(Acknowledge, Acquire))).then_some(last)
    }
}
