//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::RangedI64ValueParser;
use clap::error::ErrorKind;
use handoff_proto::MAX_SLOTS;
use handoff_shm::{BadKey, Key};

/// Look at shared memory, and at the exchanges of writer and reader in it.
///
/// Without a command it lists. Takes no part in any exchange: attaches read-only, wakes
/// nobody, changes nothing unless told to.
///
/// Exit status: 0 done; 1 error; 2 usage.
#[derive(Debug, clap::Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List all System V segments, and our objects, files and sockets
    List(ListArgs),
    /// Show one, every field explained, and the exchange in it decoded
    Show(ShowArgs),
    /// Show an exchange on a full screen while it is in use
    Watch(WatchArgs),
    /// Show the limits of System V segments, and how much of them is used
    Limits(ListArgs),
    /// Create a System V segment
    Create(CreateArgs),
    /// Change the permission bits of a System V segment
    Chmod(ChmodArgs),
    /// Change the owner, or owner and group, of a System V segment
    Chown(ChownArgs),
    /// Keep a System V segment in memory: never swapped out
    Lock(SegmentArgs),
    /// Let it be swapped out again
    Unlock(SegmentArgs),
    /// Remove a System V segment: it goes when nobody has it attached
    Remove(SegmentArgs),
    /// Remove what is certainly dead: ours, held by nobody, with nothing unread in it
    Clean(CleanArgs),
}

impl Default for Command {
    fn default() -> Self {
        Self::List(ListArgs::default())
    }
}

#[derive(Debug, Default, clap::Args)]
pub(crate) struct ListArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A kind of memory, as writer and reader name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Via {
    /// System V: shmget(2)
    Sysv,
    /// POSIX: shm_open(3)
    Posix,
    /// A file: open(2)
    File,
    /// memfd_create(2), over a socket
    Memfd,
    /// A dma-buf for the text, over a socket
    Dmabuf,
}

/// A key; or 0, which is none, but may be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Key(Key),
    Zero,
}

impl FromStr for Number {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        match text.parse() {
            Ok(key) => Ok(Self::Key(key)),
            Err(BadKey::Zero) => Ok(Self::Zero),
            Err(error) => Err(error),
        }
    }
}

/// One object of any kind.
#[derive(Debug, clap::Args)]
pub(crate) struct ObjectArgs {
    /// The key of writer and reader, decimal or 0x hex [default: 1234]. With --via sysv, a
    /// number that is no segment's key is taken for an id
    #[arg(value_name = "KEY|ID", conflicts_with_all = ["id", "path"])]
    pub(crate) number: Option<Number>,

    /// The id of a System V segment, as list and ipcs show it
    #[arg(short, long, value_name = "ID", conflicts_with = "path", value_parser = id_parser())]
    pub(crate) id: Option<i32>,

    /// The kind of memory [default: sysv]
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "id")]
    pub(crate) via: Option<Via>,

    /// The file, for --via file
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) object: ObjectArgs,

    /// Each text in full, also those that were read already
    #[arg(short, long)]
    pub(crate) all: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
}

/// One System V segment, which is going to be changed: no number is taken for what it is not.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SegmentArgs {
    /// Its key, decimal or 0x hex
    #[arg(value_name = "KEY")]
    pub(crate) key: Option<Key>,

    /// Its id, as list and ipcs show it
    #[arg(short, long, value_name = "ID", value_parser = id_parser())]
    pub(crate) id: Option<i32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// Its key, decimal or 0x hex [default: 1234]
    #[arg(value_name = "KEY", conflicts_with = "private")]
    pub(crate) key: Option<Key>,

    /// Without a key (IPC_PRIVATE): found by its id alone
    #[arg(long)]
    pub(crate) private: bool,

    /// Bytes, whatever for
    #[arg(long, value_name = "N", conflicts_with = "slots")]
    pub(crate) bytes: Option<usize>,

    /// Slots of an exchange [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_SLOTS as i64))]
    pub(crate) slots: Option<u32>,

    /// Permission bits, whatever the umask
    #[arg(long, value_name = "OCTAL", default_value = "0600", value_parser = parse_mode)]
    pub(crate) mode: u32,

    /// Of huge pages of this size: SHM_HUGETLB
    #[arg(long, value_enum, value_name = "SIZE", num_args = 0..=1, require_equals = true, default_missing_value = "default")]
    pub(crate) huge: Option<Huge>,

    /// Reserve no swap space for it: SHM_NORESERVE
    #[arg(long)]
    pub(crate) no_reserve: bool,
}

/// Sizes of huge pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Huge {
    /// The kernel's default
    Default,
    /// 2 MiB
    #[value(name = "2M")]
    TwoMiB,
    /// 1 GiB
    #[value(name = "1G")]
    OneGiB,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChmodArgs {
    /// Permission bits, such as 0600 or 660
    #[arg(value_name = "OCTAL", value_parser = parse_mode)]
    pub(crate) mode: u32,

    #[command(flatten)]
    pub(crate) segment: SegmentArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChownArgs {
    /// The new owner, by name or number, and the new group behind a colon
    #[arg(value_name = "USER[:GROUP]")]
    pub(crate) owner: String,

    #[command(flatten)]
    pub(crate) segment: SegmentArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CleanArgs {
    /// Remove nothing: say what would be, what not, and why
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Also what has unread text in it, which is lost then
    #[arg(long)]
    pub(crate) unread: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    /// What clap cannot know.
    ///
    /// # Errors
    /// Options that do not go together.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        match &self.command {
            Some(Command::Show(ShowArgs { object, .. }) | Command::Watch(WatchArgs { object })) => {
                object.check()
            }
            _ => Ok(()),
        }
    }
}

impl ObjectArgs {
    /// Which kind it is, said or not.
    pub(crate) fn kind(&self) -> Via {
        let other = if self.path.is_some() { Via::File } else { Via::Sysv };
        self.via.unwrap_or(other)
    }

    fn check(&self) -> Result<(), clap::Error> {
        let conflict = |why: &str| Err(clap::Error::raw(ErrorKind::ArgumentConflict, why));
        match self.kind() {
            Via::File => Ok(()),
            _ if self.path.is_some() => conflict("--path is for --via file"),
            Via::Sysv => Ok(()),
            _ if self.number == Some(Number::Zero) => {
                conflict("0 is no key: see --via sysv for ids")
            }
            _ => Ok(()),
        }
    }
}

fn id_parser() -> RangedI64ValueParser<i32> {
    RangedI64ValueParser::new().range(0..)
}

fn parse_mode(text: &str) -> Result<u32, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    match u32::from_str_radix(text, 8) {
        Ok(mode) if digits && mode <= 0o777 => Ok(mode),
        _ => Err("permission bits are an octal number of at most 0777, such as 0600"),
    }
}
