//! Waiting for one's turn: a bounded spin, then sleep on three words at once.

use std::hint;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Duration;

use crate::error::{Corrupt, Error};
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::{Pair, at};
use crate::role::RoleState;
use crate::step::{Step, step};
use crate::sync::AtomicU32;
use crate::written::{ASLEEP, count, has_sleeper};

/// How a side waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Spin briefly if that has paid lately, then sleep until woken.
    Futex,
    /// Sleep at once, until woken.
    FutexOnly,
    /// Look again and again, and burn a core.
    Spin,
    /// Look every millisecond.
    Sleep,
}

/// What `--wait sleep` sleeps between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Looks of the longest spin, a pause instruction before each: about as long as a
/// sleep and a wake take, so that spinning in vain at most doubles the cost.
const LONGEST_SPIN: u32 = 300;

/// Looks of the shortest spin: enough to notice that spinning would pay again.
const SHORTEST_SPIN: u32 = 8;

/// Looks between two looks at everything else, while only spinning.
const ROUND: u32 = 1000;

/// What ended a wait.
pub(crate) enum Woke {
    /// It is our turn.
    Turn,
    /// It is not, but the peer's role says something new.
    Peer(RoleState),
    /// Somebody wants us to leave.
    Interrupted,
}

/// The words that one wait is about.
pub(crate) struct Watch<'a> {
    pub(crate) slot: usize,
    pub(crate) written: &'a AtomicU32,
    /// `written` when it is our turn.
    pub(crate) now: u32,
    /// `written` until then.
    pub(crate) not_yet: u32,
    pub(crate) pair: Pair,
    pub(crate) peer: &'a AtomicU32,
}

impl Watch<'_> {
    #[inline]
    fn written(&self) -> u32 {
        count(self.written.load(at(self.pair, Acquire)))
    }

    /// Whether it is our turn. There are two values to expect, and no third.
    fn turn(&self) -> Result<bool, Corrupt> {
        let Self { slot, now, not_yet, .. } = *self;
        match self.written() {
            found if found == now => Ok(true),
            found if found == not_yet => Ok(false),
            found => Err(Corrupt::Written { slot, found, now, not_yet }),
        }
    }
}

/// One side's way of waiting, and what it has learnt so far.
#[derive(Debug)]
pub(crate) struct Waiter {
    strategy: Strategy,
    interrupt: Interrupt,
    /// Looks that the next spin may take; 0 where spinning never pays.
    spin: u32,
    /// What was last told of the peer.
    peer: Option<RoleState>,
}

impl Waiter {
    pub(crate) fn new(strategy: Strategy, interrupt: Interrupt) -> Self {
        let spin = match strategy {
            // On one core the peer cannot move while we spin.
            Strategy::Futex if cores() > 1 => LONGEST_SPIN,
            Strategy::Futex | Strategy::FutexOnly | Strategy::Sleep => 0,
            Strategy::Spin => ROUND,
        };
        Self { strategy, interrupt, spin, peer: None }
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether it is our turn now, or within as long a spin as has paid lately.
    #[inline]
    pub(crate) fn soon(&mut self, watch: &Watch<'_>) -> bool {
        if watch.written() == watch.now {
            return true;
        }
        for _ in 0..self.spin {
            hint::spin_loop();
            let written = watch.written();
            if written != watch.not_yet {
                self.spin_paid();
                // What is neither is for `wait` to judge.
                return written == watch.now;
            }
        }
        self.spin_was_in_vain();
        false
    }

    /// Waits for our turn, or for news: each is told once.
    #[cold]
    pub(crate) fn wait(&mut self, watch: &Watch<'_>) -> Result<Woke, Error> {
        loop {
            if self.interrupt.is_raised() {
                return Ok(Woke::Interrupted);
            }
            let peer = watch.peer.load(at(Pair::LetGo, Acquire));
            // Look again: what the peer handed over before it went is there now.
            if watch.turn()? {
                return Ok(Woke::Turn);
            }
            let state = RoleState::of(peer);
            if self.peer.replace(state) != Some(state) {
                return Ok(Woke::Peer(state));
            }
            self.rest(watch, peer)?;
            if self.soon(watch) {
                return Ok(Woke::Turn);
            }
        }
    }

    #[inline]
    fn spin_paid(&mut self) {
        if self.strategy == Strategy::Futex {
            self.spin = (self.spin * 2).min(LONGEST_SPIN);
        }
    }

    fn spin_was_in_vain(&mut self) {
        if self.strategy == Strategy::Futex && self.spin > 0 {
            self.spin = (self.spin / 2).max(SHORTEST_SPIN);
        }
    }

    fn rest(&self, watch: &Watch<'_>, peer: u32) -> Result<(), Error> {
        match self.strategy {
            Strategy::Futex | Strategy::FutexOnly => self.sleep(watch, peer),
            Strategy::Sleep => {
                std::thread::sleep(LOOK_EVERY);
                Ok(())
            }
            Strategy::Spin => Ok(()),
        }
    }

    /// Sleeps until the slot, the peer's role or the interrupt changes.
    ///
    /// The sleep bit goes into the word first, by compare-exchange on the very value
    /// that says "not yet". So whoever changes the word either finds the bit in its
    /// swap, and wakes; or came first, and then this exchange fails or the kernel
    /// finds another value, and nobody sleeps.
    fn sleep(&self, watch: &Watch<'_>, peer: u32) -> Result<(), Error> {
        let current = watch.written.load(Relaxed);
        if count(current) != watch.not_yet {
            return Ok(());
        }
        let asleep = current | ASLEEP;
        step(Step::SleepBit);
        if !has_sleeper(current)
            && watch.written.compare_exchange(current, asleep, Relaxed, Relaxed).is_err()
        {
            return Ok(());
        }
        let slot = watch.slot;
        log::debug!("futex_waitv(slot {slot} at {}, peer's role, Ctrl-C): asleep", watch.not_yet);
        step(Step::Sleep);
        futex::wait_any([(watch.written, asleep), (watch.peer, peer), self.interrupt.quiet()])
            .map_err(Error::Sleep)?;
        log::debug!("futex_waitv: awake, slot {slot} at {}", count(watch.written.load(Relaxed)));
        Ok(())
    }
}

/// Cores that this process may run on.
fn cores() -> usize {
    if cfg!(loom) { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) }
}
