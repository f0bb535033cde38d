//! What each errno means in each call.
//!
//! From the man pages and from what the kernel does: ipc/shm.c, ipc/util.c, mm/shmem.c,
//! mm/mmap.c and fs/hugetlbfs/inode.c. The table in the documentation of [`sysv`](super) is this
//! one; a test compares them.

use std::fmt;

use libc::{
    EACCES, EAGAIN, EEXIST, EIDRM, EINVAL, ELOOP, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM, ENOSPC,
    ENOSYS, ENOTDIR, EOVERFLOW, EPERM,
};

use super::place::{BadAddress, shmlba};
use super::{Attach, Error, Key, Options, Segment, limits};

/// What was tried: each is a variant of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// ftok(3).
    Key,
    /// shmget(2), IPC_CREAT and IPC_EXCL.
    Create,
    /// shmget(2), IPC_CREAT alone.
    OpenOrCreate,
    /// shmget(2) without IPC_CREAT.
    Open,
    /// shmat(2).
    Attach,
    /// shmat(2), SHM_REMAP.
    Replace,
    /// shmdt(2).
    Detach,
    /// shmctl(2), IPC_STAT.
    Status,
    /// shmctl(2), IPC_SET.
    Set,
    /// shmctl(2), IPC_RMID.
    Remove,
    /// shmctl(2), SHM_LOCK.
    Lock,
    /// shmctl(2), SHM_UNLOCK.
    Unlock,
    /// shmctl(2), SHM_INFO and SHM_STAT_ANY.
    List,
    /// shmctl(2), IPC_INFO.
    Limits,
    /// shmctl(2), SHM_INFO.
    Usage,
}

/// The C call and its command or flags: "shmctl IPC_SET".
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "ftok",
            Self::Create => "shmget IPC_CREAT|IPC_EXCL",
            Self::OpenOrCreate => "shmget IPC_CREAT",
            Self::Open => "shmget",
            Self::Attach => "shmat",
            Self::Replace => "shmat SHM_REMAP",
            Self::Detach => "shmdt",
            Self::Status => "shmctl IPC_STAT",
            Self::Set => "shmctl IPC_SET",
            Self::Remove => "shmctl IPC_RMID",
            Self::Lock => "shmctl SHM_LOCK",
            Self::Unlock => "shmctl SHM_UNLOCK",
            Self::List => "shmctl SHM_STAT_ANY",
            Self::Limits => "shmctl IPC_INFO",
            Self::Usage => "shmctl SHM_INFO",
        })
    }
}

/// An operation, an errno, and what it means there.
pub type Meaning = (Operation, i32, &'static str);

const EMPTY: &str = "a new segment has one byte at least (SHMMIN)";
const TOO_LARGE: &str =
    "a segment may not have so many bytes (kernel.shmmax, or what any file may have)";
const NO_SUCH_PAGES: &str = "this machine has no huge pages of that size";
const SMALLER: &str = "the segment of this key has fewer bytes";
const FULL: &str = "there are as many segments as may be (kernel.shmmni), or pages (kernel.shmall)";
const NO_MEMORY: &str =
    "there is not so much memory, or may not be promised (vm.overcommit_memory)";
const NO_PAGES: &str = "there are not so many free huge pages (vm.nr_hugepages)";
const NO_RIGHT_TO_PAGES: &str =
    "huge pages are for CAP_IPC_LOCK and the group vm.hugetlb_shm_group";
const NO_HUGE: &str = "the kernel has no System V shared memory, or no huge pages";
const NO_FILES: &str = "the system has as many open files as may be (fs.file-max)";
const GONE: &str = "no segment has this id, or no more";
const GOING: &str = "the segment is removed, or just being removed";
const UNALIGNED: &str = "the address is no multiple of SHMLBA, and was not to be rounded";
const TAKEN: &str = "something is mapped there already, or nothing can be";
const NOT_OWNER: &str = "only its owner, its creator and CAP_SYS_ADMIN may do that";
const NO_SYSV: &str = "the kernel has no System V shared memory";

/// Every errno that is known of every operation. Where one has several meanings, the first is
/// the usual one.
#[rustfmt::skip]
pub const MEANINGS: &[Meaning] = &[
    (Operation::Key, ENOENT, "there is no such file"),
    (Operation::Key, EACCES, "a directory on the way to the file may not be searched"),
    (Operation::Key, ENOTDIR, "a name on the way to the file is no directory"),
    (Operation::Key, ELOOP, "too many symbolic links lead to the file"),
    (Operation::Key, ENAMETOOLONG, "the path or a name in it is too long"),
    (Operation::Key, EINVAL, "the id is 0, with which the key could be IPC_PRIVATE, or the path has a NUL"),

    (Operation::Create, EEXIST, "there is a segment with this key"),
    (Operation::Create, EINVAL, TOO_LARGE),
    (Operation::Create, EINVAL, EMPTY),
    (Operation::Create, EINVAL, NO_SUCH_PAGES),
    (Operation::Create, ENOSPC, FULL),
    (Operation::Create, ENOMEM, NO_MEMORY),
    (Operation::Create, ENOMEM, NO_PAGES),
    (Operation::Create, EPERM, NO_RIGHT_TO_PAGES),
    (Operation::Create, ENFILE, NO_FILES),
    (Operation::Create, ENOSYS, NO_HUGE),

    (Operation::OpenOrCreate, EACCES, "the mode of the segment of this key grants us less than was asked for"),
    (Operation::OpenOrCreate, EINVAL, TOO_LARGE),
    (Operation::OpenOrCreate, EINVAL, EMPTY),
    (Operation::OpenOrCreate, EINVAL, SMALLER),
    (Operation::OpenOrCreate, EINVAL, NO_SUCH_PAGES),
    (Operation::OpenOrCreate, ENOSPC, FULL),
    (Operation::OpenOrCreate, ENOMEM, NO_MEMORY),
    (Operation::OpenOrCreate, ENOMEM, NO_PAGES),
    (Operation::OpenOrCreate, EPERM, NO_RIGHT_TO_PAGES),
    (Operation::OpenOrCreate, ENFILE, NO_FILES),
    (Operation::OpenOrCreate, ENOSYS, NO_HUGE),

    (Operation::Open, ENOENT, "no segment has this key"),
    (Operation::Open, EINVAL, SMALLER),
    (Operation::Open, ENOSYS, NO_SYSV),

    (Operation::Attach, EACCES, "its mode denies us to read it, or to write or execute it as asked for"),
    (Operation::Attach, EINVAL, GONE),
    (Operation::Attach, EINVAL, UNALIGNED),
    (Operation::Attach, EINVAL, TAKEN),
    (Operation::Attach, EIDRM, GOING),
    (Operation::Attach, ENOMEM, "there is no room in the address space (RLIMIT_AS, vm.max_map_count), or no memory for the page tables"),
    (Operation::Attach, EPERM, "the address is below vm.mmap_min_addr, or may not be executed"),
    (Operation::Attach, EAGAIN, "mlockall(2) locks what is mapped, and this would be too much (RLIMIT_MEMLOCK)"),
    (Operation::Attach, ENFILE, NO_FILES),
    (Operation::Attach, ENOSYS, NO_SYSV),

    (Operation::Replace, ENOMEM, "there is no room in the address space (RLIMIT_AS, vm.max_map_count), or no memory for the page tables"),
    (Operation::Replace, EINVAL, "huge pages are not replaced in part, nor at an address of smaller ones"),
    (Operation::Replace, EPERM, "what is mapped there is sealed (mseal)"),
    (Operation::Replace, EAGAIN, "mlockall(2) locks what is mapped, and this would be too much (RLIMIT_MEMLOCK)"),
    (Operation::Replace, ENFILE, NO_FILES),

    (Operation::Detach, EINVAL, "no segment is attached at this address"),

    (Operation::Status, EACCES, "its mode denies us to read it"),
    (Operation::Status, EINVAL, GONE),
    (Operation::Status, EIDRM, GOING),
    (Operation::Status, EOVERFLOW, "a user or group has no room in 16 bits (old binaries alone)"),
    (Operation::Status, ENOSYS, NO_SYSV),

    (Operation::Set, EPERM, NOT_OWNER),
    (Operation::Set, EINVAL, GONE),
    (Operation::Set, EINVAL, "the user or group is none of this user namespace"),
    (Operation::Set, EIDRM, GOING),
    (Operation::Set, ENOSYS, NO_SYSV),

    (Operation::Remove, EPERM, NOT_OWNER),
    (Operation::Remove, EINVAL, GONE),
    (Operation::Remove, EIDRM, GOING),
    (Operation::Remove, ENOSYS, NO_SYSV),

    (Operation::Lock, ENOMEM, "it is more than we may lock (RLIMIT_MEMLOCK)"),
    (Operation::Lock, EPERM, "only its owner, its creator and CAP_IPC_LOCK may do that, and the former not if RLIMIT_MEMLOCK is 0"),
    (Operation::Lock, EINVAL, GONE),
    (Operation::Lock, EIDRM, GOING),
    (Operation::Lock, ENOSYS, NO_SYSV),

    (Operation::Unlock, EPERM, "only its owner, its creator and CAP_IPC_LOCK may do that"),
    (Operation::Unlock, EINVAL, GONE),
    (Operation::Unlock, EIDRM, GOING),
    (Operation::Unlock, ENOSYS, NO_SYSV),

    (Operation::List, EACCES, "a security module forbids it"),
    (Operation::List, ENOSYS, NO_SYSV),
    (Operation::Limits, EACCES, "a security module forbids it"),
    (Operation::Limits, ENOSYS, NO_SYSV),
    (Operation::Usage, EACCES, "a security module forbids it"),
    (Operation::Usage, ENOSYS, NO_SYSV),
];

pub(super) fn of(error: &Error) -> &'static str {
    let (operation, errno) = (error.operation(), error.errno());
    special(error, errno).unwrap_or_else(|| {
        let mut known =
            MEANINGS.iter().filter(|(of, number, _)| *of == operation && *number == errno);
        known.next().map_or("this call is not known to fail so", |(_, _, meaning)| meaning)
    })
}

/// Which of several meanings it is.
fn special(error: &Error, errno: i32) -> Option<&'static str> {
    match error {
        Error::Create { options, .. } => made_new(options, errno),
        Error::OpenOrCreate { key, options, .. } => match errno {
            EINVAL if exists(*key) => Some(SMALLER),
            errno => made_new(options, errno),
        },
        Error::Attach { id, how, .. } if errno == EINVAL => Some(attach_invalid(*id, how)),
        Error::Address { source, .. } => Some(match source {
            BadAddress::Zero => "the address is rounded down to 0",
            BadAddress::Stack => "the main thread's stack may grow to there",
            BadAddress::TooSmall { .. } => "the attachment to be replaced has fewer pages",
            BadAddress::Unknown(_) => "what is mapped there is not known without /proc",
        }),
        Error::Set { id, .. } if errno == EINVAL && is_there(*id) => {
            Some("the user or group is none of this user namespace")
        }
        _ => None,
    }
}

fn made_new(options: &Options, errno: i32) -> Option<&'static str> {
    let huge = options.huge_pages().is_some();
    let most = limits().map_or(u64::MAX, |limits| limits.max_bytes);
    match errno {
        EINVAL if options.size() == 0 => Some(EMPTY),
        EINVAL if options.size() as u64 > most => Some(TOO_LARGE),
        EINVAL if huge => Some(NO_SUCH_PAGES),
        ENOMEM if huge => Some(NO_PAGES),
        _ => None,
    }
}

fn attach_invalid(id: i32, how: &Attach) -> &'static str {
    if !is_there(id) {
        return GONE;
    }
    match how.address().is_multiple_of(shmlba()) || how.is_rounded() {
        true => TAKEN,
        false => UNALIGNED,
    }
}

/// Any answer but "no such id" is of one that is there.
fn is_there(id: i32) -> bool {
    Segment::from_id(id).status().map_or_else(|error| !error.is_gone(), |_| true)
}

fn exists(key: Key) -> bool {
    Segment::open(key, 0).is_ok()
}
