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

/// Rows that goals compare, and for which message. They are measured side by side.
pub(crate) const COMPARED: [(usize, &[&str]); 4] = [
    (TRIP_BYTES, &["line", "ack/spin"]),
    (TRIP_BYTES, &["futex", "ack/asleep"]),
    (64, &["stream/pipe", "stream/16", "stream/iceoryx2"]),
    (TRIP_BYTES, &["sysv/spin", "iceoryx2/spin"]),
];

/// The goals of the design, in its order.
pub(crate) fn of(report: &Report) -> Vec<Goal> {
    let ratio =
        |bytes, of, to| report.row(of, bytes)?.nanos.ratio_to(&report.row(to, bytes)?.nanos);
    let trip = |of, to| ratio(TRIP_BYTES, of, to);
    let mut goals = vec![
        Goal::at_most(
            "hand-off of 16 bytes, spinning / one cache line there and back",
            trip("ack/spin", "line"),
            1.2,
        ),
        Goal::at_most(
            "the same, sleeping each time / one bare futex there and back",
            trip("ack/asleep", "futex"),
            1.1,
        ),
        Goal::at_least(
            "64-byte messages streamed, 16 slots / a pipe, one write each",
            ratio(64, "stream/pipe", "stream/16"),
            10.0,
        ),
    ];
    goals.extend(programs(report));
    goals.extend(idle(report));
    goals.extend([
        Goal::at_least(
            "there and back, two exchanges / iceoryx2, spinning",
            trip("iceoryx2/spin", "sysv/spin"),
            5.0,
        ),
        Goal::at_least(
            "64-byte messages streamed, 16 slots / iceoryx2, spinning",
            ratio(64, "stream/iceoryx2", "stream/16"),
            8.0,
        ),
        resident(report),
    ]);
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
