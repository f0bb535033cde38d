//! Waiting for one's turn: awake for a bounded time, then asleep on three words at once.

use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

use crate::error::{Corrupt, Error};
use crate::futex;
use crate::interrupt::Interrupt;
use crate::order::{Pair, at};
use crate::role::RoleState;
use crate::spin::Spin;
use crate::step::{Step, step_with};
use crate::sync::AtomicU32;
use crate::words::{RoleWord, SlotWord};
use crate::written::{ASLEEP, count, has_sleeper};

/// How a side waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Spin briefly if that has paid lately, or on one core yield; then sleep until woken.
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

    /// Whether it is our turn, if the word says anything but "not yet". What is neither, is
    /// for [`turn`](Self::turn) to judge.
    #[inline]
    pub(crate) fn has_changed(&self) -> Option<bool> {
        let written = self.written();
        (written != self.not_yet).then_some(written == self.now)
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

/// One side's way of waiting.
#[derive(Debug)]
pub(crate) struct Waiter {
    strategy: Strategy,
    interrupt: Interrupt,
    spin: Spin,
    /// What was last told of the peer.
    peer: Option<RoleState>,
}

impl Waiter {
    pub(crate) fn new(strategy: Strategy, interrupt: Interrupt) -> Self {
        Self { strategy, interrupt, spin: Spin::new(strategy), peer: None }
    }

    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether it is our turn now.
    #[inline]
    pub(crate) fn now(watch: &Watch<'_>) -> bool {
        watch.written() == watch.now
    }

    /// Whether it is our turn soon enough to stay awake for it.
    #[inline]
    pub(crate) fn soon(&mut self, watch: &Watch<'_>) -> bool {
        self.spin.soon(watch)
    }

    /// Whether `is_there` soon, without a longer wait.
    pub(crate) fn looks_until(&self, is_there: impl Fn() -> bool) -> bool {
        self.spin.looks_until(is_there)
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
                let begin = Instant::now();
                self.sleep_until_changed(watch, peer)?;
                self.spin.slept(begin.elapsed());
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
