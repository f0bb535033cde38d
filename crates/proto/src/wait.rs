//! Waiting for one's turn: a bounded spin, then sleep on three words at once.

use std::hint;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

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

/// How long a spin lasts at most: longer than a sleep and a wake take, also in a virtual
/// machine, where waking a core is dear. So spinning in vain about doubles the cost of one
/// wait; and who spins outlasts a peer that still has to wake up, so that the two get into
/// step however they began.
const LONGEST_SPIN: Duration = Duration::from_micros(100);

/// Looks before each look at the clock, a pause instruction before each.
const LOOKS: u32 = 64;

/// Short waits, at most, before a spin is tried again. Each that is in vain all the same, as
/// where the two run on one core by turns, doubles their number.
const MOST_PATIENCE: u32 = 256;

/// Looks where a longer spin would not pay.
const FEW_LOOKS: u32 = 8;

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
    // ANCHOR: sees
    #[inline]
    fn written(&self) -> u32 {
        count(self.written.load(at(self.pair, Acquire)))
    }
    // ANCHOR_END: sees

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
    /// Looks that each wait begins with; 0 where spinning never pays.
    looks: u32,
    /// Whether to spin on.
    keen: bool,
    /// This wait has begun with a spin in vain.
    in_vain: bool,
    /// Waits of late that were so short that a spin would have paid.
    short_waits: u32,
    /// How many of them it takes to spin again.
    patience: u32,
    /// What was last told of the peer.
    peer: Option<RoleState>,
}

impl Waiter {
    pub(crate) fn new(strategy: Strategy, interrupt: Interrupt) -> Self {
        // On one core the peer cannot move while we spin.
        let keen = strategy == Strategy::Futex && cores() > 1;
        let looks = match strategy {
            Strategy::Futex if keen => FEW_LOOKS,
            Strategy::Futex | Strategy::FutexOnly | Strategy::Sleep => 0,
            Strategy::Spin => ROUND,
        };
        Self {
            strategy,
            interrupt,
            looks,
            keen,
            in_vain: false,
            short_waits: 0,
            patience: 1,
            peer: None,
        }
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether it is our turn now.
    #[inline]
    pub(crate) fn now(watch: &Watch<'_>) -> bool {
        watch.written() == watch.now
    }

    /// Whether it is our turn within a spin, if that has paid lately.
    #[inline]
    pub(crate) fn soon(&mut self, watch: &Watch<'_>) -> bool {
        look(watch, self.looks).unwrap_or_else(|| self.keen && self.spin(watch))
    }

    /// As long as a sleep would take.
    #[cold]
    fn spin(&mut self, watch: &Watch<'_>) -> bool {
        let end = Instant::now() + LONGEST_SPIN;
        while Instant::now() < end {
            if let Some(turn) = look(watch, LOOKS) {
                self.patience = 1;
                return turn;
            }
        }
        (self.keen, self.in_vain, self.short_waits) = (false, true, 0);
        self.patience = (self.patience * 2).min(MOST_PATIENCE);
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
            if Self::now(watch) || self.soon(watch) {
                return Ok(Woke::Turn);
            }
        }
    }

    fn rest(&mut self, watch: &Watch<'_>, peer: u32) -> Result<(), Error> {
        match self.strategy {
            Strategy::FutexOnly => self.sleep(watch, peer),
            Strategy::Futex => {
                let in_vain = std::mem::take(&mut self.in_vain);
                let begin = Instant::now();
                self.sleep(watch, peer)?;
                if !in_vain && begin.elapsed() < LONGEST_SPIN {
                    self.short_waits += 1;
                }
                self.keen = self.looks > 0 && self.short_waits >= self.patience;
                Ok(())
            }
            Strategy::Sleep => {
                std::thread::sleep(LOOK_EVERY);
                Ok(())
            }
            Strategy::Spin => Ok(()),
        }
    }

    // ANCHOR: sleep
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
    // ANCHOR_END: sleep
}

/// Looks so many times. Whether it is our turn, if anything but "not yet" was seen: what is
/// neither is for `wait` to judge.
#[inline]
fn look(watch: &Watch<'_>, times: u32) -> Option<bool> {
    for _ in 0..times {
        hint::spin_loop();
        let written = watch.written();
        if written != watch.not_yet {
            return Some(written == watch.now);
        }
    }
    None
}

/// Cores that this process may run on.
fn cores() -> usize {
    if cfg!(loom) { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) }
}
