//! Waiting for one's turn: a bounded spin, then sleep on three words at once.

use std::hint;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

use crate::error::{Corrupt, Error};
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::{Pair, at};
use crate::role::RoleState;
use crate::step::{Step, step_with};
use crate::sync::AtomicU32;
use crate::words::{RoleWord, SlotWord};
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
#[cfg_attr(loom, allow(dead_code))]
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

    /// Whether `is_there` within a few looks, or some more if spinning pays.
    pub(crate) fn looks_until(&self, is_there: impl Fn() -> bool) -> bool {
        let looks = if self.keen { LOOKS } else { self.looks.min(LOOKS) };
        (0..looks).any(|_| {
            hint::spin_loop();
            is_there()
        })
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
            Strategy::FutexOnly => self.sleep_until_changed(watch, peer),
            Strategy::Futex => {
                let in_vain = std::mem::take(&mut self.in_vain);
                let begin = Instant::now();
                self.sleep_until_changed(watch, peer)?;
                if !in_vain && begin.elapsed() < LONGEST_SPIN {
                    self.short_waits += 1;
                }
                self.keen = self.looks > 0 && self.short_waits >= self.patience;
                Ok(())
            }
            Strategy::Sleep => {
                pause();
                Ok(())
            }
            Strategy::Spin => Ok(()),
        }
    }

    /// Sleeps until the slot, the peer's role or the interrupt changes.
    fn sleep_until_changed(&self, watch: &Watch<'_>, peer: u32) -> Result<(), Error> {
        let current = watch.written.load(Relaxed);
        if count(current) != watch.not_yet {
            return Ok(());
        }
        sleep(watch.slot, (watch.written, current), (watch.peer, peer), &self.interrupt)
    }
}

// ANCHOR: sleep
/// Sleeps until a slot's word, the peer's role word or the interrupt changes; not at all if one
/// of the two has another value than this by now.
///
/// The sleep bit goes into the slot's word first, by compare-exchange on the very value
/// that says "not yet". So whoever changes the word either finds the bit in its
/// swap, and wakes; or came first, and then this exchange fails or the kernel
/// finds another value, and nobody sleeps.
pub(crate) fn sleep(
    slot: usize,
    (written, current): (&AtomicU32, u32),
    peer: (&AtomicU32, u32),
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let asleep = current | ASLEEP;
    step_with(Step::SleepBit, || {
        format!("slot {slot}: written {} -> {}", SlotWord(current), SlotWord(asleep))
    });
    if !has_sleeper(current) && written.compare_exchange(current, asleep, Relaxed, Relaxed).is_err()
    {
        return Ok(());
    }
    log::debug!("futex_waitv(slot {slot} at {}, peer's role, Ctrl-C): asleep", count(current));
    step_with(Step::Sleep, || {
        let (slot_word, peer_word) = (SlotWord(asleep), RoleWord(peer.1));
        format!(
            "while slot {slot}'s written is {slot_word}, the peer's word {peer_word}, and no Ctrl-C"
        )
    });
    futex::wait_any([(written, asleep), peer, interrupt.quiet()]).map_err(Error::Sleep)?;
    log::debug!("futex_waitv: awake, slot {slot} at {}", count(written.load(Relaxed)));
    Ok(())
}
// ANCHOR_END: sleep

/// Lets a millisecond pass: so long does Ctrl-C wait at most, too.
pub(crate) fn pause() {
    #[cfg(not(loom))]
    std::thread::sleep(LOOK_EVERY);
    #[cfg(loom)]
    loom::thread::yield_now();
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
