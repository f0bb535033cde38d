//! Adaptive spinning: short waits are spent awake, as long as that has paid lately.
//!
//! To sleep and be woken takes two system calls, the kernel's scheduler, and on another core
//! the time that it needs to come up again. A peer that works meanwhile is often quicker. On
//! one core it is not, as it cannot work while we spin; there we yield, and it has its turn.

use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use crate::wait::{Strategy, Watch};

/// A wait that is over by then is a short one, for which it pays to stay awake: a sleep and a
/// wake take as long, in a virtual machine, where waking a core is dear.
const SHORT: Duration = Duration::from_micros(100);

/// How long a spin lasts at most. Far longer than what pays: two that wake each other in turn
/// never run at the same time, so a hypervisor may keep their two virtual cores on one core of
/// its own. There a spin only holds up the peer, and each wake brings a single text. It takes
/// them apart once both have wanted to run for some tenths of a millisecond. Measured with
/// spins of 100 us in a virtual machine: of 510 streams of 60 ms, 89 were in that state, 400
/// times slower than the others; with spins of 1 ms, none of 350.
const LONGEST: Duration = Duration::from_millis(1);

/// Looks before each look at the clock, a pause instruction before each.
const LOOKS: u32 = 64;

/// Looks where a longer spin would not pay.
const FEW_LOOKS: u32 = 8;

/// Looks between two looks at everything else, while only spinning.
const ROUND: u32 = 1000;

/// What a way of staying awake costs when it is in vain, as numbers to learn by.
struct Terms {
    /// Short waits, at most, before it is tried again. Each stay that is in vain all the same
    /// doubles their number.
    most_patience: u32,
    /// Stays in a row that have to pay to make up for one in vain.
    for_one: u32,
    /// Stays in a row that may end well, but late, before the next such is in vain.
    most_late: u32,
}

/// The first spins that are late may be those that end a hypervisor's sharing of a core. Who is
/// late again and again has a peer that is slow.
const SPINNING: Terms = Terms { most_patience: 1024, for_one: 1, most_late: 4 };

/// Beside busy strangers, each yield costs a time slice of theirs, some milliseconds: the
/// scheduler takes who yields at its word. Where it deals with three in turn, every other yield
/// pays, and still none should be made; but who is disturbed now and then should go on.
const YIELDING: Terms = Terms { most_patience: 4096, for_one: 64, most_late: 0 };

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
    /// Stays awake in a row that have paid, and made up for nothing yet.
    paid: u32,
    /// Stays awake in a row that were over, but late.
    late: u32,
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
        // Time, by which it learns, is nothing that loom knows of.
        let keen = strategy == Strategy::Futex && !cfg!(loom);
        Self { looks, keen, in_vain: false, short_waits: 0, patience: 1, paid: 0, late: 0 }
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

    fn terms(&self) -> &'static Terms {
        if self.yields() { &YIELDING } else { &SPINNING }
    }

    #[cold]
    fn stay(&mut self, watch: &Watch<'_>) -> bool {
        let turn = if self.yields() { self.yield_core(watch) } else { self.look_on(watch) };
        turn == Some(true)
    }

    fn look_on(&mut self, watch: &Watch<'_>) -> Option<bool> {
        let begin = Instant::now();
        // As of the last look in vain: whose turn it is does not read the clock first.
        let mut took = Duration::ZERO;
        loop {
            let turn = look(watch, LOOKS);
            if turn.is_some() || took >= LONGEST {
                self.stayed(turn.is_some(), took);
                return turn;
            }
            took = begin.elapsed();
        }
    }

    fn yield_core(&mut self, watch: &Watch<'_>) -> Option<bool> {
        let begin = Instant::now();
        thread::yield_now();
        let turn = look(watch, 1);
        self.stayed(turn.is_some(), begin.elapsed());
        turn
    }

    /// Whether the wait is over after a stay awake that took so long.
    fn stayed(&mut self, is_over: bool, took: Duration) {
        let terms = self.terms();
        if is_over && took < SHORT {
            (self.paid, self.late) = (self.paid + 1, 0);
            if self.paid == terms.for_one {
                (self.paid, self.patience) = (0, (self.patience / 2).max(1));
            }
        } else if is_over && self.late < terms.most_late {
            self.late += 1;
        } else {
            (self.paid, self.late) = (0, 0);
            (self.keen, self.in_vain, self.short_waits) = (false, !is_over, 0);
            self.patience = (self.patience * 2).min(terms.most_patience);
        }
    }

    /// A sleep took so long, with the waking.
    pub(crate) fn slept(&mut self, took: Duration) {
        if !std::mem::take(&mut self.in_vain) && took < SHORT {
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

    use super::{LONGEST, SHORT, SPINNING, Spin, YIELDING};
    use crate::wait::Strategy;

    const NO_TIME: Duration = Duration::ZERO;

    /// Sleeps of a short wait each, until it stays awake again.
    fn sleeps(spin: &mut Spin) -> u32 {
        let mut sleeps = 0;
        while !spin.keen {
            spin.slept(NO_TIME);
            sleeps += 1;
        }
        sleeps
    }

    #[test]
    fn each_stay_in_vain_doubles_the_patience_up_to_a_bound() {
        for (cores, bound) in [(2, SPINNING.most_patience), (1, YIELDING.most_patience)] {
            let mut spin = Spin::on(cores, Strategy::Futex);
            let mut expected = 1;
            for _ in 0..20 {
                assert!(spin.keen);
                spin.stayed(false, LONGEST);
                expected = bound.min(expected * 2);
                // The wait that began in vain was no short one.
                assert_eq!(sleeps(&mut spin), expected + 1, "{cores} cores");
            }
        }
    }

    #[test]
    fn enough_stays_that_pay_make_up_for_one_in_vain() {
        for (cores, enough) in [(2, SPINNING.for_one), (1, YIELDING.for_one)] {
            for (pay, expected) in [(enough - 1, 64), (enough, 32), (2 * enough, 16)] {
                let mut spin = Spin::on(cores, Strategy::Futex);
                for _ in 0..5 {
                    spin.stayed(false, LONGEST);
                }
                sleeps(&mut spin);
                for _ in 0..pay {
                    spin.stayed(true, NO_TIME);
                    assert!(spin.keen);
                }
                spin.stayed(false, LONGEST);
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
                spin.stayed(true, if disturbed { SHORT } else { NO_TIME });
            } else {
                spin.slept(NO_TIME);
                slept += 1;
            }
        }
        assert!(slept < 1000, "{slept} sleeps in 100 000 waits");
    }

    #[test]
    fn a_yield_that_brought_the_turn_too_late_has_not_paid() {
        let mut spin = Spin::on(1, Strategy::Futex);
        spin.stayed(true, SHORT);
        assert!(!spin.keen);
        assert_eq!(sleeps(&mut spin), 2, "the wait was over: the next sleep is another's");
    }

    #[test]
    fn some_spins_in_a_row_may_be_late() {
        let mut spin = Spin::on(2, Strategy::Futex);
        for _ in 0..SPINNING.most_late {
            spin.stayed(true, SHORT);
            assert!(spin.keen);
        }
        spin.stayed(true, NO_TIME);
        for _ in 0..SPINNING.most_late {
            spin.stayed(true, SHORT);
            assert!(spin.keen, "one in time has made up for those before");
        }
        spin.stayed(true, SHORT);
        assert!(!spin.keen);
        assert_eq!(sleeps(&mut spin), 2);
    }

    #[test]
    fn long_sleeps_do_not_count() {
        let mut spin = Spin::on(1, Strategy::Futex);
        spin.stayed(false, LONGEST);
        for _ in 0..1000 {
            spin.slept(SHORT);
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
