//! Adaptive spinning: short waits are spent awake, as long as that has paid lately.
//!
//! To sleep and be woken takes two system calls, the kernel's scheduler, and on another core
//! the time that it needs to come up again. A peer that works meanwhile is often quicker. On
//! one core it is not, as it cannot work while we spin; there we yield, and it has its turn.

use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use crate::wait::{Strategy, Watch};

/// How long a spin lasts at most: longer than a sleep and a wake take, also in a virtual
/// machine, where waking a core is dear. So spinning in vain about doubles the cost of one
/// wait; and who spins outlasts a peer that still has to wake up, so that the two get into
/// step however they began.
///
/// A yield that takes longer was in vain, too: somebody else had the core, for a time slice.
const LONGEST: Duration = Duration::from_micros(100);

/// Looks before each look at the clock, a pause instruction before each.
const LOOKS: u32 = 64;

/// Looks where a longer spin would not pay.
const FEW_LOOKS: u32 = 8;

/// Looks between two looks at everything else, while only spinning.
const ROUND: u32 = 1000;

/// Short waits, at most, before a spin is tried again. Each that is in vain all the same, as
/// where the two have come to share a core, doubles their number.
const MOST_PATIENCE: u32 = 256;

/// The same before a yield: beside busy strangers, each costs a time slice of theirs, some
/// milliseconds. The scheduler takes who yields at its word.
const MOST_PATIENCE_TO_YIELD: u32 = 16 * MOST_PATIENCE;

/// Yields in a row that have to pay to make up for one in vain. Where the scheduler deals with
/// three in turn, every other one pays, and still none should be made; who is disturbed now
/// and then should go on. A spin in vain costs no more than one that pays brings.
const YIELDS_FOR_ONE: u32 = 64;

/// What one side has learnt of its waits.
#[derive(Debug)]
pub(crate) struct Spin {
    /// Looks that each wait begins with; 0 where that is no use: on one core the peer cannot
    /// move meanwhile.
    looks: u32,
    /// Whether to stay awake for longer than that.
    keen: bool,
    /// This wait has begun awake, and in vain.
    in_vain: bool,
    /// Waits of late that were so short that it would have paid to stay awake.
    short_waits: u32,
    /// How many of them it takes to try it again.
    patience: u32,
    most_patience: u32,
    /// Stays awake in a row that have paid, and made up for nothing yet.
    paid: u32,
    /// How many of them make up for one in vain.
    for_one: u32,
}

impl Spin {
    pub(crate) fn new(strategy: Strategy) -> Self {
        Self::on(cores(), strategy)
    }

    fn on(cores: usize, strategy: Strategy) -> Self {
        let looks = match strategy {
            Strategy::Futex if cores > 1 => FEW_LOOKS,
            Strategy::Futex | Strategy::FutexOnly | Strategy::Sleep => 0,
            Strategy::Spin => ROUND,
        };
        let (most_patience, for_one) = match looks {
            0 => (MOST_PATIENCE_TO_YIELD, YIELDS_FOR_ONE),
            _ => (MOST_PATIENCE, 1),
        };
        // Time, by which it learns, is nothing that loom knows of.
        let keen = strategy == Strategy::Futex && !cfg!(loom);
        Self {
            looks,
            keen,
            in_vain: false,
            short_waits: 0,
            patience: 1,
            most_patience,
            paid: 0,
            for_one,
        }
    }

    /// Whether it is our turn within a few looks, or a longer stay awake if that pays.
    #[inline]
    pub(crate) fn soon(&mut self, watch: &Watch<'_>) -> bool {
        look(watch, self.looks).unwrap_or_else(|| self.keen && self.stay(watch))
    }

    /// Whether `is_there` within a few looks, or some more if spinning pays.
    pub(crate) fn looks_until(&self, is_there: impl Fn() -> bool) -> bool {
        let looks = match self.keen && !self.yields() {
            true => LOOKS,
            // One look more or less is nothing to loom, but none would hide what comes of it.
            false if cfg!(loom) => 1,
            false => self.looks.min(LOOKS),
        };
        (0..looks).any(|_| {
            hint::spin_loop();
            is_there()
        })
    }

    /// Whether to yield and not to spin: on one core, or with the time of one.
    fn yields(&self) -> bool {
        self.looks == 0
    }

    #[cold]
    fn stay(&mut self, watch: &Watch<'_>) -> bool {
        let turn = if self.yields() { self.yield_core(watch) } else { self.look_on(watch) };
        turn == Some(true)
    }

    fn look_on(&mut self, watch: &Watch<'_>) -> Option<bool> {
        let end = Instant::now() + LONGEST;
        let mut turn = None;
        while turn.is_none() && Instant::now() < end {
            turn = look(watch, LOOKS);
        }
        self.stayed(turn.is_some(), turn.is_some());
        turn
    }

    fn yield_core(&mut self, watch: &Watch<'_>) -> Option<bool> {
        let begin = Instant::now();
        thread::yield_now();
        let turn = look(watch, 1);
        self.stayed(turn.is_some(), turn.is_some() && begin.elapsed() < LONGEST);
        turn
    }

    /// Whether the wait is over after a stay awake, and whether that has paid.
    fn stayed(&mut self, is_over: bool, has_paid: bool) {
        if has_paid {
            self.paid += 1;
            if self.paid == self.for_one {
                (self.paid, self.patience) = (0, (self.patience / 2).max(1));
            }
        } else {
            self.paid = 0;
            (self.keen, self.in_vain, self.short_waits) = (false, !is_over, 0);
            self.patience = (self.patience * 2).min(self.most_patience);
        }
    }

    /// A sleep took so long, with the waking.
    pub(crate) fn slept(&mut self, took: Duration) {
        if !std::mem::take(&mut self.in_vain) && took < LONGEST {
            self.short_waits += 1;
        }
        self.keen = !cfg!(loom) && self.short_waits >= self.patience;
    }
}

/// Looks so many times. Whether it is our turn, if anything but "not yet" was seen.
#[inline]
fn look(watch: &Watch<'_>, times: u32) -> Option<bool> {
    (0..times).find_map(|_| {
        hint::spin_loop();
        watch.has_changed()
    })
}

/// Cores that this process may run on.
fn cores() -> usize {
    if cfg!(loom) { 1 } else { thread::available_parallelism().map_or(1, usize::from) }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, MOST_PATIENCE, MOST_PATIENCE_TO_YIELD, Spin, YIELDS_FOR_ONE};
    use crate::wait::Strategy;

    const SHORT: Duration = Duration::ZERO;

    /// Sleeps of a short wait each, until it stays awake again.
    fn sleeps(spin: &mut Spin) -> u32 {
        let mut sleeps = 0;
        while !spin.keen {
            spin.slept(SHORT);
            sleeps += 1;
        }
        sleeps
    }

    #[test]
    fn each_stay_in_vain_doubles_the_patience_up_to_a_bound() {
        for (cores, bound) in [(2, MOST_PATIENCE), (1, MOST_PATIENCE_TO_YIELD)] {
            let mut spin = Spin::on(cores, Strategy::Futex);
            let mut expected = 1;
            for _ in 0..20 {
                assert!(spin.keen);
                spin.stayed(false, false);
                expected = bound.min(expected * 2);
                // The wait that began in vain was no short one.
                assert_eq!(sleeps(&mut spin), expected + 1, "{cores} cores");
            }
        }
    }

    #[test]
    fn enough_stays_that_pay_make_up_for_one_in_vain() {
        for (cores, enough) in [(2, 1), (1, YIELDS_FOR_ONE)] {
            for (pay, expected) in [(enough - 1, 64), (enough, 32), (2 * enough, 16)] {
                let mut spin = Spin::on(cores, Strategy::Futex);
                for _ in 0..5 {
                    spin.stayed(false, false);
                }
                sleeps(&mut spin);
                for _ in 0..pay {
                    spin.stayed(true, true);
                    assert!(spin.keen);
                }
                spin.stayed(false, false);
                assert_eq!(sleeps(&mut spin), expected + 1, "{cores} cores, {pay} have paid");
            }
        }
    }

    #[test]
    fn who_is_disturbed_now_and_then_goes_on_yielding() {
        let mut spin = Spin::on(1, Strategy::Futex);
        let mut slept = 0;
        for wait in 1..=100_000 {
            if spin.keen {
                let disturbed = wait % 500 == 0;
                spin.stayed(true, !disturbed);
            } else {
                spin.slept(SHORT);
                slept += 1;
            }
        }
        assert!(slept < 1000, "{slept} sleeps in 100 000 waits");
    }

    #[test]
    fn a_yield_that_brought_the_turn_too_late_has_not_paid() {
        let mut spin = Spin::on(1, Strategy::Futex);
        spin.stayed(true, false);
        assert!(!spin.keen);
        assert_eq!(sleeps(&mut spin), 2, "the wait was over: the next sleep is another's");
    }

    #[test]
    fn long_sleeps_do_not_count() {
        let mut spin = Spin::on(1, Strategy::Futex);
        spin.stayed(false, false);
        for _ in 0..1000 {
            spin.slept(LONGEST);
            assert!(!spin.keen);
        }
    }

    #[test]
    fn nobody_looks_on_one_core_or_where_waiting_is_to_be_something_else() {
        let looks = |cores, strategy| Spin::on(cores, strategy).looks > 0;
        assert!(looks(2, Strategy::Futex) && looks(1, Strategy::Spin));
        for strategy in [Strategy::FutexOnly, Strategy::Sleep] {
            let spin = Spin::on(2, strategy);
            assert!(spin.looks == 0 && !spin.keen, "{strategy:?}");
        }
        assert!(!looks(1, Strategy::Futex));
    }
}
