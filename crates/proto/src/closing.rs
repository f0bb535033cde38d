//! The end of an exchange: who closes it, and how no line is lost over it.
//!
//! Only the holder of the reader's role closes, in this order:
//!
//! 1. the writer's word becomes "closed", if nobody holds it: no writer comes in;
//! 2. the slots are looked at again: a writer may have come, written and gone
//!    between the last look and step 1. Text there: the word is reopened and the
//!    exchange left to the next reader;
//! 3. the object is removed (not here: this crate knows no objects);
//! 4. the reader's own word becomes "closed": a newcomer that sees it attaches anew.
//!
//! A reader can die between any two. A newcomer that finds the writer's word closed
//! and no live reader claims the reader's role and goes through the same steps.
//!
//! The end of a stream is acknowledged only if the exchange lives on. So a reader
//! that dies before step 3 leaves it for the next one, which then ends as well,
//! instead of waiting for text that will not come.

use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::time::Duration;

use crate::error::{Corrupt, Error};
use crate::exchange::Exchange;
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::Pair::{Finished, LetGo};
use crate::order::at;
use crate::receiver::Receiver;
use crate::role::{self, RoleState, Side};
use crate::sender::Sender;
use crate::step::{Step, step};
use crate::sync::{AtomicU32, fence};
use crate::wait::Strategy;

/// How long a newcomer sleeps at most for a reader that is about to finish: killed
/// between its last store and its wake, such a reader has woken nobody.
const BOUNDED: Duration = Duration::from_millis(50);

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
    pub fn finish(self) {
        self.receiver.into_role().close();
    }

    /// To be called when the object cannot be removed: the exchange lives on.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn undo(self) -> Result<(), Corrupt> {
        self.receiver.leave_open(true)
    }
}

impl Sender {
    /// For a writer that leaves with nothing unread and nobody there to read: gives
    /// the role up and takes the reader's, to close the exchange with.
    ///
    /// None if somebody else came for it, whose it then is to close.
    pub fn retire(self) -> Option<Receiver> {
        let exchange = self.exchange().clone();
        let interrupt = self.interrupt().clone();
        drop(self);
        exchange.last_one_out(&interrupt)
    }
}

impl Exchange {
    /// For one that has given its role up and may be the last: the reader's role, to
    /// close the exchange with, if nobody holds either and nothing is unread.
    ///
    /// Both sides may leave at once, and each sees the other there before it goes. So
    /// each looks again afterwards; and of two stores, each followed by a look at the
    /// other's word, at least one look must see the other's store. That takes a fence.
    pub fn last_one_out(&self, interrupt: &Interrupt) -> Option<Receiver> {
        fence(SeqCst);
        if matches!(self.role(Side::Writer), RoleState::Held(_)) {
            return None;
        }
        let claimed = Receiver::claim(self, interrupt.clone(), Strategy::FutexOnly).ok()?;
        (claimed.endpoint.unread().slots == 0).then_some(claimed.endpoint)
    }
}

impl Receiver {
    /// After the end of a stream: waits for the writer that ended it to let go.
    /// False if somebody wants us to leave instead.
    ///
    /// # Errors
    /// No way to sleep.
    pub fn wait_for_writer_to_go(&self, ended_by: u32) -> Result<bool, Error> {
        let word = self.exchange().role_word(Side::Writer);
        loop {
            let current = word.load(at(LetGo, Acquire));
            if RoleState::of(current) != RoleState::Held(ended_by) {
                return Ok(true);
            }
            if self.is_interrupted() {
                return Ok(false);
            }
            step(Step::WaitForWriter);
            wait_for_change(word, current, self.interrupt())?;
        }
    }

    /// Acknowledges the end of a stream, to go on with the next one.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn acknowledge_end(&mut self) -> Result<(), Corrupt> {
        self.acknowledge_first()
    }

    /// Closes the exchange, unless a writer or text came in.
    ///
    /// # Errors
    /// A corrupt exchange.
    pub fn close(self) -> Result<Closing, Corrupt> {
        let closed = role::close_writer(self.exchange()).is_ok();
        step(Step::LookAgain);
        if closed && !self.has_text(usize::from(self.is_at_end())) {
            return Ok(Closing::Closed(Closed { receiver: Box::new(self) }));
        }
        self.leave_open(closed)?;
        Ok(Closing::LivesOn)
    }

    fn leave_open(mut self, closed: bool) -> Result<(), Corrupt> {
        if self.is_at_end() {
            self.acknowledge_end()?;
        }
        if closed {
            role::reopen_writer(self.exchange());
        }
        Ok(())
    }

    /// Takes an exchange over whose reader died while closing it, to go on with it.
    pub fn reopen(&self) {
        role::reopen_writer(self.exchange());
    }

    /// Takes an exchange over that is not found under its key any more.
    pub fn into_closed(self) -> Closed {
        Closed { receiver: Box::new(self) }
    }

    fn is_at_end(&self) -> bool {
        self.has_text(0) && self.slot(0).len.load(Relaxed) == 0
    }

    /// Whether the slot `ahead` was handed over. With one slot there is none ahead.
    fn has_text(&self, ahead: usize) -> bool {
        ahead < self.exchange().slots() && self.is_full(ahead)
    }
}

/// Sleeps for a while, unless the word has changed.
fn wait_for_change(word: &AtomicU32, current: u32, interrupt: &Interrupt) -> Result<(), Error> {
    let (quiet, value) = interrupt.quiet();
    futex::wait_any([(word, current), (quiet, value), (quiet, value)]).map_err(Error::Sleep)
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
        step(Step::WaitForReader);
        futex::wait_bounded(word, current, BOUNDED).map_err(Error::Sleep)?;
        Ok(RoleState::of(word.load(at(Finished, Acquire))) == RoleState::Closed)
    }
}

/// What is left when a holder is killed.
#[cfg(loom)]
impl Receiver {
    /// Without a step more.
    pub fn die(self) {
        self.into_role().die();
    }
}

/// What is left when a holder is killed.
#[cfg(loom)]
impl Sender {
    /// Without a step more.
    pub fn die(self) {
        self.into_role().die();
    }
}
