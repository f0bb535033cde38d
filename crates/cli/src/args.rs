//! The options that writer and reader have in common.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{ArgPredicate, PossibleValue, RangedU64ValueParser, TypedValueParser};
use clap::error::ErrorKind;
use handoff_proto::{MAX_SLOTS, Strategy};
use handoff_shm::dmabuf::Dmabuf;
use handoff_shm::file::File;
use handoff_shm::memfd::Memfd;
use handoff_shm::posix::Posix;
use handoff_shm::sysv::Sysv;
use handoff_shm::{Key, Kind, Layout, Request};

/// Parses the command line, or gives the exit status after saying what is wrong
/// with it, in one line: that is what errors are in these programs.
///
/// # Errors
/// The status: 2 for a wrong command line, 0 for `--help` and `--version`.
pub fn parse<A: clap::Parser + AsRef<ExchangeArgs>>(program: &str) -> Result<A, ExitCode> {
    parse_and_check(program, |args: &A| args.as_ref().check())
}

/// The same for a program that has other options.
///
/// # Errors
/// The status: 2 for a wrong command line, 0 for `--help` and `--version`.
pub fn parse_and_check<A: clap::Parser>(
    program: &str,
    check: impl FnOnce(&A) -> Result<(), clap::Error>,
) -> Result<A, ExitCode> {
    let checked = A::try_parse().and_then(|args| check(&args).map(|()| args));
    checked.map_err(|error| {
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

/// The key of who names none.
pub(crate) const DEFAULT_KEY: &str = "1234";

/// Exit status of a program that was called wrongly.
const USAGE: u8 = 2;

/// Which exchange, and how to use it.
#[derive(Clone, Debug, clap::Args)]
pub struct ExchangeArgs {
    /// The key that writer and reader agree on, decimal or 0x hex
    #[arg(short, long, value_name = "KEY", default_value = DEFAULT_KEY)]
    pub key: Key,

    /// The kind of memory
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        default_value = "sysv",
        default_value_if("path", ArgPredicate::IsPresent, "file")
    )]
    pub via: Via,

    /// The file, for --via file [default: handoff-KEY in $XDG_RUNTIME_DIR, or in /tmp]
    #[arg(long, value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// Permission bits of a new segment
    #[arg(long, value_name = "OCTAL", default_value = "0600", value_parser = parse_mode)]
    pub mode: u32,

    /// Slots of a new segment, each for 2048 bytes of text [default: 16]
    #[arg(long, value_name = "N", value_parser = slots_parser())]
    pub slots: Option<usize>,

    /// How to wait for the other side
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value_t = Wait::Futex,
        default_value_if("blog", ArgPredicate::IsPresent, "sleep")
    )]
    pub wait: Wait,

    /// Stop before each step, show it on the terminal, and go on by Enter
    #[arg(long)]
    pub step: bool,

    /// Talk to the classic C programs: their layout, their "end", System V only
    #[arg(long, conflicts_with_all = ["slots", "path"])]
    pub blog: bool,

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
#[derive(Clone, Copy, Debug)]
pub struct Via {
    name: &'static str,
    help: &'static str,
    kind: fn(Option<PathBuf>) -> Box<dyn Kind>,
}

/// Every kind of memory, the default first. `--path` is for the one called "file".
static KINDS: [Via; 5] = [
    Via { name: "sysv", help: "System V: shmget(2)", kind: |_| Box::new(Sysv) },
    Via { name: "posix", help: "POSIX: shm_open(3)", kind: |_| Box::new(Posix) },
    Via { name: "file", help: "A file: open(2)", kind: |path| Box::new(File { path }) },
    Via { name: "memfd", help: "memfd_create(2), over a socket", kind: |_| Box::new(Memfd) },
    Via {
        name: "dmabuf",
        help: "A dma-buf for the text, over a socket",
        kind: |_| Box::new(Dmabuf),
    },
];

impl clap::ValueEnum for Via {
    fn value_variants<'a>() -> &'a [Self] {
        &KINDS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name).help(self.help))
    }
}

/// A way of waiting, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Wait {
    /// Spin briefly, on one core yield, then sleep until woken
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
    fn check(&self) -> Result<(), clap::Error> {
        let conflict = |said| Err(clap::Error::raw(ErrorKind::ArgumentConflict, said));
        let via = self.via.name;
        match self.path {
            Some(_) if via != "file" => {
                return conflict(format!("--path is for --via file, not for --via {via}"));
            }
            Some(_) | None => {}
        }
        if self.blog && via != KINDS[0].name {
            return conflict(format!("--blog is for --via sysv, not for --via {via}"));
        }
        if self.blog && self.wait != Wait::Sleep {
            return conflict("--blog waits by sleep: the C programs wake nobody".into());
        }
        Ok(())
    }

    /// The kind of memory that they ask for.
    pub fn kind(&self) -> Box<dyn Kind> {
        (self.via.kind)(self.path.clone())
    }

    /// How to start the other program so that it finds the same exchange.
    pub fn command(&self, program: &str) -> String {
        let via = match self.via.name {
            name if name == KINDS[0].name => String::new(),
            name => format!(" --via {name}"),
        };
        let path = self.path.as_ref().map(|path| format!(" --path {}", path.display()));
        let blog = if self.blog { " --blog" } else { "" };
        format!("{program} -k {}{via}{}{blog}", self.key, path.unwrap_or_default())
    }

    /// What these options ask of the memory.
    pub fn request(&self) -> Request {
        let Self { key, mode, slots, any_owner, .. } = *self;
        Request { key, mode, slots, any_owner, layout: Layout::Exchange }
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
