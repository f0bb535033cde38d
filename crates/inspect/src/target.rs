//! Which object a command line means, and where it is now.

use std::fmt;
use std::path::PathBuf;

use handoff_cli::Failure;
use handoff_shm::sysv::{self, Segment, Status};
use handoff_shm::{Key, file, posix};

use crate::args::{Number, ObjectArgs, SegmentArgs, Via};
use crate::facts::socket;
use crate::print::failure;

/// Where an object is to be found, now or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A System V segment: by its key, or if no segment has that, by its id.
    Number(Number),
    /// A System V segment, by its id alone.
    Id(i32),
    /// A POSIX object or a file.
    Path { path: PathBuf, key: Option<Key>, posix: bool },
    /// What is passed on at a key's socket.
    Socket { key: Key, kind: &'static str },
}

impl Place {
    pub(crate) fn of(args: &ObjectArgs) -> Self {
        if let Some(id) = args.id {
            return Self::Id(id);
        }
        let number = args.number.unwrap_or_else(|| Number::Key(default_key()));
        let key = match number {
            Number::Key(key) => key,
            Number::Zero => return Self::Number(Number::Zero),
        };
        match args.kind() {
            Via::Sysv => Self::Number(number),
            Via::Posix => Self::Path { path: posix::path(key), key: Some(key), posix: true },
            Via::File => match args.path.clone() {
                Some(path) => Self::Path { path, key: None, posix: false },
                None => Self::Path { path: file::default_path(key), key: Some(key), posix: false },
            },
            Via::Memfd => Self::Socket { key, kind: "memfd" },
            Via::Dmabuf => Self::Socket { key, kind: "dma-buf" },
        }
    }
}

/// What would be there.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(Number::Key(key)) => write!(f, "segment of key {key}"),
            Self::Number(Number::Zero) => f.write_str("segment with id 0"),
            Self::Id(id) => write!(f, "segment with id {id}"),
            Self::Path { path, posix: true, .. } => write!(f, "POSIX object {}", path.display()),
            Self::Path { path, posix: false, .. } => write!(f, "file {}", path.display()),
            Self::Socket { key, kind } => {
                write!(f, "{kind} from {}", socket::path_of(*key).display())
            }
        }
    }
}

/// The key of who names none: that of writer and reader.
pub(crate) fn default_key() -> Key {
    "1234".parse().expect("a number that is not 0 is a key")
}

/// A System V segment that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) segment: Segment,
    pub(crate) status: Status,
    /// The number was no key, so it was taken for an id.
    pub(crate) by_id: bool,
}

/// Finds the segment that a number means; none if there is none.
///
/// # Errors
/// The kernel does not tell.
pub(crate) fn find(number: Number) -> Result<Option<Found>, sysv::Error> {
    let id = match number {
        Number::Zero => Some(0),
        Number::Key(key) => {
            if let Some(found) = find_by_key(key)? {
                return Ok(Some(found));
            }
            i32::try_from(crate::facts::named::number(key)).ok()
        }
    };
    let found = id.map(find_by_id).transpose()?.flatten();
    Ok(found.map(|found| Found { by_id: true, ..found }))
}

pub(crate) fn find_by_key(key: Key) -> Result<Option<Found>, sysv::Error> {
    match Segment::open(key.into(), 0) {
        Ok(segment) => find_by_id(segment.id()),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn find_by_id(id: i32) -> Result<Option<Found>, sysv::Error> {
    let found = |(segment, status)| Found { segment, status, by_id: false };
    let segment = Segment::from_id(id);
    match segment.status() {
        Ok(status) => Ok(Some(found((segment, status)))),
        Err(error) if error.is_gone() => Ok(None),
        // Who may not read a segment may still see it in the list.
        Err(_) => Ok(sysv::segments()?.find(|(_, status)| status.id == id).map(found)),
    }
}

/// The segment to be changed.
///
/// # Errors
/// There is none.
pub(crate) fn to_change(args: &SegmentArgs) -> Result<Found, Failure> {
    let (found, what) = match (args.key, args.id) {
        (Some(key), _) => (find_by_key(key), format!("segment of key {key}")),
        (None, Some(id)) => (find_by_id(id), format!("segment with id {id}")),
        (None, None) => unreachable!("clap asks for one of them"),
    };
    found.map_err(failure::of_sysv)?.ok_or_else(|| failure::missing(&what))
}
