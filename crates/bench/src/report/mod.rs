//! What a run has brought: as JSON, as a table, as charts.
//!
//! The JSON is one object, and what is here stays; more may be added. Times are in
//! nanoseconds where a name says `nanos`, else in seconds; a `Summary` is `median`,
//! `low` and `high` (the quarters), `min`, `max`, the number of `rounds` (or turns), and
//! `each` of them in its order.
//!
//! | key | |
//! |---|---|
//! | `version` | 1 |
//! | `machine`, `settings` | where, and how |
//! | `rows` | a point for each row and size: `id`, `title`, `group` (limit, ours, kernel, library), `stream`, `bytes` of a message, `nanos` of a trip or a message, `times` of single trips, `busy` and `switches` of the side that goes there |
//! | `programs` | whole programs: `pipeline`, `text`, `cores`, `bytes`, `lines`, `seconds`, `cpu_seconds` |
//! | `idle` | `wait`, `seconds`, and what `writer` and `reader` cost in that time |
//! | `resident` | the most memory, in bytes, for each `text` |
//! | `goals` | `what`, `measured` (null: not in this run; ratios are medians of the ratios of what was measured at the same time), `reach`, `at_least`, `unit` |

mod charts;
mod table;

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::goals::{self, Goal};
use crate::idle::Idle;
use crate::programs::ProgramRow;
use crate::resident::Resident;
use crate::row::{Group, RowInfo};
use crate::side::{Failure, Outcome};
use crate::stats::{Summary, Times};

/// All of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) version: u32,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) rows: Vec<Point>,
    pub(crate) programs: Vec<ProgramRow>,
    pub(crate) idle: Vec<Idle>,
    pub(crate) resident: Vec<Resident>,
    pub(crate) goals: Vec<Goal>,
}

/// Where it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    pub(crate) cores: usize,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) quick: bool,
    pub(crate) rounds: u32,
    /// Of each round, for all but whole programs.
    pub(crate) turns: u32,
    /// The two cores.
    pub(crate) cores: [usize; 2],
    /// Of each row, in each round: see [`Clock::times`](crate::row::Clock::times).
    pub(crate) milliseconds: u64,
    /// Bytes of each text.
    pub(crate) text_bytes: u64,
    pub(crate) idle_seconds: u64,
}

/// One row, or one size of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) group: Group,
    /// One way as fast as it goes, not there and back.
    pub(crate) stream: bool,
    /// Of a message.
    pub(crate) bytes: usize,
    /// Of a trip, or a message.
    pub(crate) nanos: Summary,
    /// Of single trips; null for streams.
    pub(crate) times: Option<Times>,
    /// The part of the time for which the side that goes there had its core busy.
    pub(crate) busy: f64,
    /// How often it was switched away, per trip or message.
    pub(crate) switches: f64,
}

impl Point {
    /// # Errors
    /// A time that no histogram holds.
    pub(crate) fn new(row: &RowInfo, size: usize, rounds: &[Outcome]) -> Result<Self, Failure> {
        let stream = !row.sizes.is_empty();
        let pairs = rounds.iter().flat_map(|round| &round.times).filter(|_| !stream);
        Ok(Self {
            id: row.id.clone(),
            title: row.title.clone(),
            group: row.group,
            stream,
            bytes: size,
            nanos: Summary::of(rounds.iter().map(|round| round.nanos)),
            times: Times::of(pairs)?,
            busy: Summary::of(rounds.iter().map(|round| round.busy)).median,
            switches: Summary::of(rounds.iter().map(|round| round.switches)).median,
        })
    }

    /// Bytes in a second, of a stream.
    pub(crate) fn bytes_per_second(&self) -> f64 {
        self.bytes as f64 * 1e9 / self.nanos.median
    }
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        // Of `6.12.3-5-amd64`, what tells nothing of a kernel's speed is left out.
        let number = kernel.split('-').next().unwrap_or_default();
        Self {
            cpu: cpu.map_or("unknown", |(_, model)| model).into(),
            kernel: number.trim().into(),
            cores: cpus.lines().filter(|line| line.starts_with("processor")).count(),
        }
    }
}

impl Report {
    pub(crate) const VERSION: u32 = 1;

    /// The same, with the goals that it has reached or not.
    pub(crate) fn judged(self) -> Self {
        Self { goals: goals::of(&self), ..self }
    }

    pub(crate) fn row(&self, id: &str, bytes: usize) -> Option<&Point> {
        self.rows.iter().find(|row| row.id == id && row.bytes == bytes)
    }

    /// Draws every chart of which there is anything to draw.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn draw(&self, dir: &Path) -> Result<(), Failure> {
        fs::create_dir_all(dir)?;
        charts::draw(self, dir)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::write(self, f)
    }
}
