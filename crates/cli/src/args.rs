//! The options that writer and reader have in common.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::{RangedU64ValueParser, TypedValueParser};
use handoff_proto::{MAX_SLOTS, Strategy};
use handoff_shm::sysv::Sysv;
use handoff_shm::{Key, Kind, Request};

/// Parses the command line, or gives the exit status after saying what is wrong
/// with it, in one line: that is what errors are in these programs.
///
/// # Errors
/// The status: 2 for a wrong command line, 0 for `--help` and `--version`.
pub fn parse<A: clap::Parser>(program: &str) -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        if !error.use_stderr() {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let said = text.split("\n\n").next().unwrap_or(text);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(io::stderr(), "{program}: {said}; see {program} --help");
        ExitCode::from(USAGE)
    })
}

/// Exit status of a program that was called wrongly.
const USAGE: u8 = 2;

/// Which exchange, and how to use it.
#[derive(Clone, Debug, clap::Args)]
pub struct ExchangeArgs {
    /// The key that writer and reader agree on, decimal or 0x hex
    #[arg(short, long, value_name = "KEY", default_value = "1234")]
    pub key: Key,

    /// The kind of memory
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Via::Sysv)]
    pub via: Via,

    /// Permission bits of a new segment
    #[arg(long, value_name = "OCTAL", default_value = "0600", value_parser = parse_mode)]
    pub mode: u32,

    /// Slots of a new segment, each for 2048 bytes of text [default: 16]
    #[arg(long, value_name = "N", value_parser = slots_parser())]
    pub slots: Option<usize>,

    /// How to wait for the other side
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Wait::Futex)]
    pub wait: Wait,

    /// Use the segment even if it is another user's
    #[arg(long)]
    pub any_owner: bool,

    /// No notices, errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Show the system calls that matter; twice, each hand-off too
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// A kind of memory, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Via {
    /// System V: shmget(2)
    Sysv,
}

impl Via {
    /// The kind of that name.
    pub fn kind(self) -> &'static dyn Kind {
        match self {
            Self::Sysv => &Sysv,
        }
    }
}

/// A way of waiting, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Wait {
    /// Spin briefly, then sleep until woken
    Futex,
    /// Look again and again, and burn a core
    Spin,
    /// Look every millisecond
    Sleep,
}

impl From<Wait> for Strategy {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Futex => Self::Futex,
            Wait::Spin => Self::Spin,
            Wait::Sleep => Self::Sleep,
        }
    }
}

impl ExchangeArgs {
    /// What these options ask of the memory.
    pub fn request(&self) -> Request {
        let Self { key, mode, slots, any_owner, .. } = *self;
        Request { key, mode, slots, any_owner }
    }
}

fn slots_parser() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<u32>::new().range(1..=MAX_SLOTS as u64).map(|slots| slots as usize)
}

/// An object that its owner cannot read and write would be made, and then be of no use.
fn parse_mode(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    match u32::from_str_radix(text, 8) {
        Ok(mode) if digits && mode > 0o777 => Err("a mode has nine bits: at most 0777".into()),
        Ok(mode) if digits && mode & 0o600 != 0o600 => {
            Err("its owner must be able to read and write it: at least 0600".into())
        }
        Ok(mode) if digits => Ok(mode),
        Ok(_) | Err(_) => Err("a mode is an octal number such as 0600 or 0660".into()),
    }
}
