//! Claim 32: how fast it is, beside what else the kernel has.
//!
//! Measured by `bench`, which is built for that: two processes for each row, each pinned to a
//! core, all rows in every round. Here are its rows in short.

use std::env;
use std::fs;
use std::thread;

use serde_json::Value;

use crate::support::{Directory, Program, busyness, caveat, conditions, program};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Rows by a part of their id, as `bench --only` takes them.
const ROWS: [&str; 8] =
    ["sysv/spin", "sysv/asleep", "pipe", "fifo", "unix-", "queue", "eventfd", "stream/16"];

/// Bytes of a message of those that are streamed.
const STREAMED: u64 = 64;

/// Ids of ours, and of a pipe, which all others are compared with.
const SPINNING: &str = "sysv/spin";
const ASLEEP: &str = "sysv/asleep";
const STREAM: &str = "stream/16";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "fastest-ipc",
    claim: 32,
    says: "shared memory is the fastest IPC, for the kernel copies nothing",
    expect: Expect::Figure,
    remember: "not the copy costs, but the system call and above all the wake: shared memory is \
        far ahead as long as nobody sleeps, and level with a pipe when each side has to be \
        woken each time",
    run,
    roles: &[],
};

/// A row's figure.
struct Row {
    id: String,
    title: String,
    ours: bool,
    streamed: bool,
    /// There and back, or a message, in the best of all rounds: with so few of them, whoever
    /// else runs on this machine would decide about the median.
    nanos: f64,
}

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return Err(Stop::skipped("two cores are needed"));
    }
    let Some(bench) = program::find("bench") else {
        return Err(Stop::skipped("bench is not built beside lab"));
    };
    let rows = measure(report, &bench)?;
    // How bench was built is known only if it was built with this program.
    let built_together = bench.parent() == env::current_exe()?.parent();
    report.saw(if built_together { conditions() } else { busyness() });
    let trips: Vec<&Row> = rows.iter().filter(|row| !row.streamed).collect();
    let streams: Vec<&Row> = rows.iter().filter(|row| row.streamed).collect();
    table(report, "16 bytes there and back", &trips)?;
    table(report, &format!("{STREAMED} bytes one way, streamed"), &streams)?;

    let (trip, stream) = (fastest(&trips)?, fastest(&streams)?);
    let (spinning, asleep) = (find(&trips, SPINNING)?, find(&trips, ASLEEP)?);
    let streaming = find(&streams, STREAM)?;
    Ok(Verdict::Figure(format!(
        "there and back {:.1} times as fast as the kernel's best ({}) while both spin, {:.1} \
            times when both sleep each time; streamed {:.1} times as fast as its best ({}){}",
        trip.nanos / spinning.nanos,
        trip.title,
        trip.nanos / asleep.nanos,
        stream.nanos / streaming.nanos,
        stream.title,
        caveat(),
    )))
}

fn measure(report: &mut Report, bench: &std::path::Path) -> Result<Vec<Row>, Stop> {
    let directory = Directory::new()?;
    let json = directory.path().join("bench.json").display().to_string();
    // Little text for the whole programs among what the ids match.
    let mut args = vec!["--quick", "--rounds", "5", "--text", "1048576", "--json", &json];
    args.extend(ROWS.iter().flat_map(|row| ["--only", row]));
    report.does(format_args!("bench {} ..., of each row the best round:", args[..3].join(" ")));
    Program::start(bench, &args, b"")?.wait_well()?;
    let told: Value = serde_json::from_slice(&fs::read(&json)?)?;
    let rows = told["rows"].as_array().ok_or_else(|| Stop::failed("bench tells of no rows"))?;
    rows.iter().filter(|row| is_shown(row)).map(Row::of).collect()
}

/// Trips, and of what is streamed one size.
fn is_shown(row: &Value) -> bool {
    row["stream"] == false || row["bytes"] == STREAMED
}

impl Row {
    fn of(told: &Value) -> Result<Self, Stop> {
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        let row = || {
            Some(Self {
                id: text("id")?,
                title: text("title")?,
                ours: told["group"] == "ours",
                streamed: told["stream"].as_bool()?,
                nanos: told["nanos"]["min"].as_f64()?,
            })
        };
        row().ok_or_else(|| Stop::failed(format!("bench tells of no such row: {told}")))
    }
}

fn table(report: &mut Report, title: &str, rows: &[&Row]) -> Result<(), Stop> {
    let pipe = rows.iter().find(|row| row.id.trim_start_matches("stream/") == "pipe");
    let pipe = pipe.ok_or_else(|| Stop::failed("no pipe among the rows"))?.nanos;
    report.does(format_args!("{title}:"));
    for row in rows {
        let who = if row.ours { "ours" } else { "kernel" };
        report.saw(format_args!(
            "{:45} {who:6} {:>9.0} ns, {:>5.2} times as fast as a pipe",
            row.title,
            row.nanos,
            pipe / row.nanos
        ));
    }
    Ok(())
}

/// The fastest of the kernel's own ways, shared memory with one of its signals beside it left out.
fn fastest<'a>(rows: &[&'a Row]) -> Result<&'a Row, Stop> {
    let kernel = rows.iter().filter(|row| !row.ours && row.id != "eventfd");
    kernel
        .min_by(|one, other| one.nanos.total_cmp(&other.nanos))
        .copied()
        .ok_or_else(|| Stop::failed("no row of the kernel's"))
}

fn find<'a>(rows: &[&'a Row], id: &str) -> Result<&'a Row, Stop> {
    let found = rows.iter().find(|row| row.id == id).copied();
    found.ok_or_else(|| Stop::failed(format!("bench has no row {id}")))
}
