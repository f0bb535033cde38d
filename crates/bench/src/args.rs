//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Measures the hand-off beside what the machine allows, and what others make of it.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench", version, args_override_self = true)]
pub(crate) struct Args {
    /// In a minute: few rounds, little text. Right or wrong, but no figures to trust
    #[arg(long)]
    pub(crate) quick: bool,

    /// Rounds, of which each row's median is taken [default: 12; quick: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,

    /// The two cores [default: the first two that are allowed]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 2)]
    pub(crate) cores: Option<Vec<usize>>,

    /// Only rows whose id has this in it; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,

    /// The program with the libraries' rows
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) peers: Option<PathBuf>,

    /// Where writer and reader are [default: beside this program]
    #[arg(long, value_name = "DIR")]
    pub(crate) programs: Option<PathBuf>,

    /// Bytes of text that the programs hand over [default: 1 GiB; quick: 32 MiB]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1 << 20..))]
    pub(crate) text: Option<u64>,

    /// Where the texts lie meanwhile [default: /dev/shm if they fit twice, else TMPDIR]
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,

    /// Write all figures to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the charts to this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) charts: Option<PathBuf>,

    /// Measure nothing: table and charts of an earlier run's JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "json"])]
    pub(crate) from: Option<PathBuf>,
}

impl Args {
    /// Rounds of every row.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 12 })
    }

    /// Turns of a round, in each of which every row but the whole programs comes.
    pub(crate) fn turns(&self) -> u32 {
        if self.quick { 1 } else { 6 }
    }

    /// Milliseconds for which a row is measured in a round.
    pub(crate) fn millis(&self) -> u64 {
        if self.quick { 10 } else { 40 }
    }

    /// Bytes of each text.
    pub(crate) fn text(&self) -> u64 {
        self.text.unwrap_or(if self.quick { 32 << 20 } else { 1 << 30 })
    }

    /// Seconds of doing nothing.
    pub(crate) fn idle_seconds(&self) -> u64 {
        if self.quick { 1 } else { 10 }
    }

    /// Whether a row is asked for.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| id.contains(part.as_str()))
    }
}
