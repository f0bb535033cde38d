//! What is to be reached, and whether this run has reached it.

use serde::{Deserialize, Serialize};

use crate::programs::{Pipeline, ProgramRow};
use crate::report::Report;
use crate::row::TRIP_BYTES;
use crate::text::Text;

/// One figure that is to be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Goal {
    /// What is measured, and beside what.
    pub(crate) what: String,
    /// What was measured: a ratio, or a number of something. None: it was not.
    pub(crate) measured: Option<f64>,
    /// What is to be reached.
    pub(crate) reach: f64,
    /// Whether more is better, or less.
    pub(crate) at_least: bool,
    /// `x` for a ratio.
    pub(crate) unit: String,
}

impl Goal {
    fn at_least(what: &str, measured: Option<f64>, reach: f64) -> Self {
        Self { what: what.into(), measured, reach, at_least: true, unit: "x".into() }
    }

    fn at_most(what: &str, measured: Option<f64>, reach: f64) -> Self {
        Self { at_least: false, ..Self::at_least(what, measured, reach) }
    }

    fn of_unit(self, unit: &str) -> Self {
        Self { unit: unit.into(), ..self }
    }

    /// Whether it is reached; none if it was not measured.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        self.measured.map(|measured| match self.at_least {
            true => measured >= self.reach,
            false => measured <= self.reach,
        })
    }
}

/// A goal that is a ratio of two rows.
struct Ratio {
    what: &'static str,
    /// Bytes of a message.
    bytes: usize,
    /// The ids of the rows: this one's time, divided by that one's.
    of: &'static str,
    to: &'static str,
    goal: fn(&str, Option<f64>, f64) -> Goal,
    reach: f64,
}

/// Beside what the machine and the kernel allow.
const BESIDE_KERNEL: [Ratio; 3] = [
    Ratio {
        what: "hand-off of 16 bytes, spinning / one cache line there and back",
        bytes: TRIP_BYTES,
        of: "ack/spin",
        to: "line",
        goal: Goal::at_most,
        reach: 1.2,
    },
    Ratio {
        what: "the same, sleeping each time / one bare futex there and back",
        bytes: TRIP_BYTES,
        of: "ack/asleep",
        to: "futex",
        goal: Goal::at_most,
        reach: 1.1,
    },
    Ratio {
        what: "64-byte messages streamed, 16 slots / a pipe, one write each",
        bytes: 64,
        of: "stream/pipe",
        to: "stream/16",
        goal: Goal::at_least,
        reach: 10.0,
    },
];

/// Beside the fastest library.
const BESIDE_LIBRARY: [Ratio; 2] = [
    Ratio {
        what: "64-byte messages streamed, 16 slots / iceoryx2, spinning",
        bytes: 64,
        of: "stream/iceoryx2",
        to: "stream/16",
        goal: Goal::at_least,
        reach: 8.0,
    },
    Ratio {
        what: "there and back, two exchanges / iceoryx2, spinning",
        bytes: TRIP_BYTES,
        of: "iceoryx2/spin",
        to: "sysv/spin",
        goal: Goal::at_least,
        reach: 5.0,
    },
];

impl Ratio {
    fn judged(&self, report: &Report) -> Goal {
        let nanos = |id| report.row(id, self.bytes).map(|row| &row.nanos);
        let ratio = nanos(self.of).zip(nanos(self.to)).and_then(|(of, to)| of.ratio_to(to));
        (self.goal)(self.what, ratio, self.reach)
    }
}

/// The rows that goals compare, by id and bytes of a message: who is compared is next to the
/// other. Some come twice.
pub(crate) fn compared() -> impl Iterator<Item = (&'static str, usize)> {
    BESIDE_KERNEL
        .iter()
        .chain(&BESIDE_LIBRARY)
        .flat_map(|ratio| [ratio.of, ratio.to].map(|id| (id, ratio.bytes)))
}

/// All goals, those of the design in its order.
pub(crate) fn of(report: &Report) -> Vec<Goal> {
    let judged = |ratio: &Ratio| ratio.judged(report);
    let mut goals: Vec<Goal> = BESIDE_KERNEL.iter().map(judged).collect();
    goals.extend(programs(report));
    goals.extend(idle(report));
    goals.extend(BESIDE_LIBRARY.iter().map(judged));
    goals.push(resident(report));
    goals
}

fn programs(report: &Report) -> [Goal; 3] {
    let seconds = |pipeline, cores| {
        let is = |row: &&ProgramRow| {
            row.pipeline == pipeline && row.text == Text::Lines && row.cores == cores
        };
        report.programs.iter().find(is).map(|row| &row.seconds)
    };
    let faster = |ours, cores| seconds(Pipeline::Cat, cores)?.ratio_to(seconds(ours, cores)?);
    [
        Goal::at_least(
            "all text, writer and reader / cat | cat, two cores",
            faster(Pipeline::Ours, 2),
            1.5,
        ),
        Goal::at_least(
            "the same with --until '' / cat | cat, two cores",
            faster(Pipeline::OursToTheEnd, 2),
            2.0,
        ),
        Goal::at_least(
            "all text, writer and reader / cat | cat, one core",
            faster(Pipeline::Ours, 1),
            0.9,
        ),
    ]
}

fn idle(report: &Report) -> [Goal; 2] {
    let idle = report.idle.iter().find(|idle| idle.wait == "futex");
    let both = |cost: fn(&crate::idle::Cost) -> u64| {
        idle.map(|idle| (cost(&idle.writer) + cost(&idle.reader)) as f64)
    };
    [
        Goal::at_most("both idle: context switches", both(|cost| cost.switches), 0.0).of_unit(""),
        Goal::at_most("both idle: CPU ticks", both(|cost| cost.ticks), 0.0).of_unit(""),
    ]
}

fn resident(report: &Report) -> Goal {
    let most = report.resident.iter().map(|it| it.writer_bytes.max(it.reader_bytes)).max();
    let most = most.map(|most| most as f64 / f64::from(1 << 20));
    Goal::at_most("most memory resident, either program, any text", most, 8.0).of_unit("MiB")
}
