//! The end of an exchange: who closes it, and how no line is lost over it.
//!
//! Only the holder of the reader's role closes, in this order:
//!
//! 1. the writer's word becomes "closed", if nobody holds it: no writer comes in;
//! 2. the slots are looked at again: a writer may have come, written and gone
//!    between the last look and step 1. Text there: the word is reopened, as orphaned as
//!    it was, and the exchange left to the next reader;
//! 3. the object is removed (not here: this crate knows no objects);
//! 4. the reader's own word becomes "closed": a newcomer that sees it attaches anew.
//!
//! A reader can die between any two. A newcomer that finds the writer's word closed
//! and no live reader claims the reader's role and goes through the same steps.
//!
//! The end of a stream is acknowledged only if the exchange lives on. So a reader
//! that dies before step 3 leaves it for the next one, which then ends as well,
//! instead of waiting for text that will not come.

use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Duration;

use crate::closed::{Death, close_writer, reopen_writer};
use crate::error::{Corrupt, Error};
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::Pair::{Finished, LetGo};
use crate::order::{at, left_before_look};
use crate::receiver::Receiver;
use crate::role::{RoleState, Side};
#[cfg(loom)]
use crate::sender::Sender;
use crate::step::{Step, step_with};
use crate::wait::Strategy;
use crate::words::RoleWord;

/// How long a newcomer sleeps at most for a reader that is about to finish: killed
/// between its last store and its wake, such a reader has woken nobody.
const BOUNDED: Duration = Duration::from_millis(50);

/// How long a reader sleeps at most for a writer that has ended its stream and is about to
/// let go. One that has not by then was stopped; or it has, and a thread of another PID
/// namespace writes now under the same id. Either is a writer for which the exchange lives on.
const PATIENCE: Duration = Duration::from_secs(1);

/// What [`Receiver::close`] came to.
#[derive(Debug)]
pub enum Closing {
    /// No writer can come in, and there is no text: remove the object.
    Closed(Closed),
    /// A writer came, or text: the exchange lives on without us.
    LivesOn,
}

/// An exchange that is closed, held by the reader that closed it.
#[derive(Debug)]
pub struct Closed {
    receiver: Box<Receiver>,
}

impl Closed {
    /// To be called when the object is removed: lets newcomers attach anew.
    pub fn finish(mut self) {
        self.receiver.role().leaves_closed();
    }

    /// To be called when the object cannot be removed: the exchange lives on.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn undo(self) -> Result<(), Corrupt> {
        self.receiver.leave_open(Some(Death::Told))
    }
}

impl Exchange {
    /// For one that has given its role up and may be the last: closes the exchange, as its
    /// reader, if nobody holds either role and no text is unread. None if somebody else is
    /// there, whose it then is to close.
    ///
    /// Both sides may leave at once, and each sees the other there before it goes. So each
    /// looks again afterwards, here; and once more after each try, as whoever looked
    /// meanwhile has seen us.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn close_if_last(&self, interrupt: &Interrupt) -> Result<Option<Closed>, Corrupt> {
        self.close_if(interrupt, |receiver| {
            receiver.take_end_for_seen();
            receiver.unread().slots == 0
        })
    }

    /// The same, if not even the end of a stream is unread; but for one whose writer was told
    /// to leave, and may have taken us for a reader that sees it.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn close_if_drained(&self, interrupt: &Interrupt) -> Result<Option<Closed>, Corrupt> {
        self.close_if(interrupt, |receiver| {
            receiver.exchange().is_drained() || receiver.take_leave_for_seen()
        })
    }

    fn close_if(
        &self,
        interrupt: &Interrupt,
        is_empty: impl Fn(&mut Receiver) -> bool,
    ) -> Result<Option<Closed>, Corrupt> {
        while let Some(mut receiver) = self.last_one_out(interrupt) {
            if !is_empty(&mut receiver) {
                break;
            }
            if let Closing::Closed(closed) = receiver.close()? {
                return Ok(Some(closed));
            }
        }
        Ok(None)
    }

    fn last_one_out(&self, interrupt: &Interrupt) -> Option<Receiver> {
        left_before_look();
        if matches!(self.role(Side::Writer), RoleState::Held(_)) {
            return None;
        }
        let claimed = Receiver::claim(self, interrupt.clone(), Strategy::FutexOnly).ok()?;
        Some(claimed.endpoint)
    }
}

impl Receiver {
    /// After the end of a stream: waits for the writer that ended it to let go, for a
    /// second at most.
    ///
    /// # Errors
    /// No way to sleep.
    pub fn wait_for_writer_to_go(&self, ended_by: u32) -> Result<(), Error> {
        let word = self.exchange().role_word(Side::Writer);
        let current = word.load(at(LetGo, Acquire));
        if RoleState::of(current) == RoleState::Held(ended_by) && !self.is_interrupted() {
            step_with(Step::WaitForWriter, || {
                format!("while the writer's word is {}, {PATIENCE:?} at most", RoleWord(current))
            });
            futex::wait_bounded(word, current, PATIENCE).map_err(Error::Sleep)?;
        }
        Ok(())
    }

    /// Acknowledges the end of a stream, to go on with the next one.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn acknowledge_end(&mut self) -> Result<(), Corrupt> {
        self.at_end = false;
        self.acknowledge_first()
    }

    /// Should the end of a stream be next, it is as if [`wait`](Self::wait) had said so: for
    /// one that closes the exchange, and for whom an end with no text before it is nothing.
    pub fn take_end_for_seen(&mut self) {
        self.at_end = self.has_text(0) && self.slot(0).len.load(Relaxed) == 0;
    }

    /// Should nothing be unread but ends, and the next one that of a writer that was told to
    /// leave, it is as if [`wait`](Self::wait) had said so.
    fn take_leave_for_seen(&mut self) -> bool {
        self.take_end_for_seen();
        self.at_end = self.at_end && self.ending().left && self.unread().slots == 0;
        self.at_end
    }

    // ANCHOR: close
    /// Closes the exchange, unless a writer or text came in.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn close(self) -> Result<Closing, Corrupt> {
        let closed = close_writer(self.exchange()).is_ok();
        step_with(Step::LookAgain, || format!("unread so far: {}", self.unread()));
        if closed && !self.has_text(usize::from(self.at_end)) {
            return Ok(Closing::Closed(Closed { receiver: Box::new(self) }));
        }
        self.leave_open(closed.then_some(Death::Untold))?;
        Ok(Closing::LivesOn)
    }
    // ANCHOR_END: close

    fn leave_open(mut self, closed: Option<Death>) -> Result<(), Corrupt> {
        if self.at_end {
            self.acknowledge_end()?;
        }
        if let Some(death) = closed {
            reopen_writer(self.exchange(), death);
        }
        Ok(())
    }

    /// Takes an exchange over whose reader died while closing it, to go on with it.
    pub fn reopen(&self) {
        reopen_writer(self.exchange(), Death::Untold);
    }

    /// Takes an exchange over that is not found under its key any more.
    pub fn into_closed(self) -> Closed {
        Closed { receiver: Box::new(self) }
    }

    /// Whether the slot `ahead` was handed over. With one slot there is none ahead.
    fn has_text(&self, ahead: usize) -> bool {
        ahead < self.exchange().slots() && self.is_full(ahead)
    }
}

impl Exchange {
    /// For a newcomer to an exchange whose writer's word is closed: sleeps for a
    /// while, or until the reader's role changes. True once that is closed too.
    ///
    /// # Errors
    /// No way to sleep.
    pub fn wait_for_reader_to_finish(&self) -> Result<bool, Error> {
        let word = self.role_word(Side::Reader);
        let current = word.load(at(Finished, Acquire));
        if RoleState::of(current) == RoleState::Closed {
            return Ok(true);
        }
        log::debug!("wait: a reader is closing the exchange");
        step_with(Step::WaitForReader, || {
            format!("while the reader's word is {}, {BOUNDED:?} at most", RoleWord(current))
        });
        futex::wait_bounded(word, current, BOUNDED).map_err(Error::Sleep)?;
        Ok(RoleState::of(word.load(at(Finished, Acquire))) == RoleState::Closed)
    }
}

/// What is left when a holder is killed.
#[cfg(loom)]
impl Receiver {
    /// Without a step more.
    pub fn die(mut self) {
        self.role().leaves_dead();
    }
}

/// What is left when a holder is killed.
#[cfg(loom)]
impl Sender {
    /// Without a step more.
    pub fn die(mut self) {
        self.role().leaves_dead();
    }
}
