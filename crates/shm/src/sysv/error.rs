//! What can go wrong: a variant for each operation.

use std::io;
use std::path::PathBuf;

use super::meaning::{self, Operation};
use super::place::BadAddress;
use super::{Attach, Key, Options, advice, calls};

/// An operation failed.
///
/// `Display` is the attempt and `source()` the kernel's answer. That answer is a number which
/// means something else in each call: [`meaning`](Self::meaning) is what it means here, and
/// [`advice`](Self::advice) what a person can do.
///
/// ```
/// use handoff_shm::sysv::{Key, Options};
///
/// let error = Options::new(0).create(Key::new(1234)).unwrap_err();
/// assert_eq!(error.to_string(), "cannot create a segment of 0 bytes for key 1234");
/// assert_eq!(error.errno(), libc::EINVAL);
/// assert_eq!(error.meaning(), "a new segment has one byte at least (SHMMIN)");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// ftok(3).
    #[error("cannot make a key of {} and id {id}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The id.
        id: u8,
        /// stat(2)'s answer.
        source: io::Error,
    },
    /// shmget(2), IPC_CREAT and IPC_EXCL.
    #[error("cannot create a segment of {} bytes for key {key}", options.size())]
    Create {
        /// The key.
        key: Key,
        /// What it would have been.
        options: Options,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmget(2), IPC_CREAT alone.
    #[error("cannot open or create the segment of key {key} with {} bytes", options.size())]
    OpenOrCreate {
        /// The key.
        key: Key,
        /// What it would have been.
        options: Options,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmget(2) without IPC_CREAT.
    #[error("cannot open the segment of key {key}")]
    Open {
        /// The key.
        key: Key,
        /// Bytes that it was to have.
        least: usize,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmat(2).
    #[error("cannot attach segment {id}{}", at(how.address()))]
    Attach {
        /// The segment.
        id: i32,
        /// How it was to be attached.
        how: Attach,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmat(2) was not even tried: the address will not do.
    #[error("cannot attach segment {id} at address {address:#x}")]
    Address {
        /// The segment.
        id: i32,
        /// Where it was to be.
        address: usize,
        /// What is wrong with that.
        source: BadAddress,
    },
    /// shmat(2), SHM_REMAP, failed half-way.
    #[error("cannot put segment {id} in the place of what is attached at {address:#x}")]
    Replace {
        /// The segment.
        id: i32,
        /// Where it was to be.
        address: usize,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmdt(2).
    #[error("cannot detach what is attached at {address:#x}")]
    Detach {
        /// Where it was.
        address: usize,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), IPC_STAT.
    #[error("cannot look up segment {id}")]
    Status {
        /// The segment.
        id: i32,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), IPC_SET.
    #[error("cannot change the owner or mode of segment {id}")]
    Set {
        /// The segment.
        id: i32,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), IPC_RMID.
    #[error("cannot remove segment {id}")]
    Remove {
        /// The segment.
        id: i32,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), SHM_LOCK.
    #[error("cannot lock segment {id} in memory")]
    Lock {
        /// The segment.
        id: i32,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), SHM_UNLOCK.
    #[error("cannot unlock segment {id}")]
    Unlock {
        /// The segment.
        id: i32,
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), SHM_INFO, to know where the list of all ends.
    #[error("cannot list the segments")]
    List {
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), IPC_INFO.
    #[error("cannot look up the limits of shared memory")]
    Limits {
        /// The kernel's answer.
        source: io::Error,
    },
    /// shmctl(2), SHM_INFO.
    #[error("cannot look up how much shared memory is used")]
    Usage {
        /// The kernel's answer.
        source: io::Error,
    },
}

impl Error {
    /// The kernel's number, or the one that it should have answered with.
    pub fn errno(&self) -> i32 {
        self.answer().map_or(libc::EINVAL, |answer| answer.raw_os_error().unwrap_or(libc::EINVAL))
    }

    /// Which operation failed.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Key { .. } => Operation::Key,
            Self::Create { .. } => Operation::Create,
            Self::OpenOrCreate { .. } => Operation::OpenOrCreate,
            Self::Open { .. } => Operation::Open,
            Self::Attach { .. } | Self::Address { .. } => Operation::Attach,
            Self::Replace { .. } => Operation::Replace,
            Self::Detach { .. } => Operation::Detach,
            Self::Status { .. } => Operation::Status,
            Self::Set { .. } => Operation::Set,
            Self::Remove { .. } => Operation::Remove,
            Self::Lock { .. } => Operation::Lock,
            Self::Unlock { .. } => Operation::Unlock,
            Self::List { .. } => Operation::List,
            Self::Limits { .. } => Operation::Limits,
            Self::Usage { .. } => Operation::Usage,
        }
    }

    /// What that number means in this very call. Where it can mean several things, the system
    /// is asked which one it is, as far as it can tell.
    pub fn meaning(&self) -> &'static str {
        calls::unseen(|| meaning::of(self))
    }

    /// What a person can do about it, with the numbers of this system.
    pub fn advice(&self) -> Option<String> {
        calls::unseen(|| advice::of(self))
    }

    /// Whether there is no such segment, or no more.
    pub fn is_gone(&self) -> bool {
        let by_id = match self {
            Self::Attach { how, .. } => how.address() == 0,
            Self::Status { .. }
            | Self::Set { .. }
            | Self::Remove { .. }
            | Self::Lock { .. }
            | Self::Unlock { .. } => true,
            _ => false,
        };
        match self.errno() {
            libc::EIDRM => true,
            libc::ENOENT => matches!(self, Self::Open { .. }),
            libc::EINVAL => by_id,
            _ => false,
        }
    }

    /// The kernel's answer, if it was asked.
    pub fn answer(&self) -> Option<&io::Error> {
        match self {
            Self::Key { source, .. }
            | Self::Create { source, .. }
            | Self::OpenOrCreate { source, .. }
            | Self::Open { source, .. }
            | Self::Attach { source, .. }
            | Self::Replace { source, .. }
            | Self::Detach { source, .. }
            | Self::Status { source, .. }
            | Self::Set { source, .. }
            | Self::Remove { source, .. }
            | Self::Lock { source, .. }
            | Self::Unlock { source, .. }
            | Self::List { source }
            | Self::Limits { source }
            | Self::Usage { source } => Some(source),
            Self::Address { .. } => None,
        }
    }
}

/// The kernel's answer alone, without the attempt.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::from_raw_os_error(error.errno())
    }
}

fn at(address: usize) -> String {
    match address {
        0 => String::new(),
        address => format!(" at address {address:#x}"),
    }
}
