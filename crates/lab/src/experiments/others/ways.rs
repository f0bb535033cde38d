//! The ways to fresh shared memory, each as its tutorial has it, one behind one face.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Attachment, Options};
use nix::fcntl::OFlag;
use nix::sys::mman::shm_open;
use nix::sys::stat::Mode;
use nix::sys::statfs::{FsType, TMPFS_MAGIC, statfs};
use nix::unistd::ftruncate;

use crate::Stop;
use crate::support::{self, Guarded, Mapped, Removed, unseen};

/// One of the ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Sysv,
    Posix,
    Memfd,
    File,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Sysv, Self::Posix, Self::Memfd, Self::File];

    pub(super) fn calls(self) -> &'static str {
        match self {
            Self::Sysv => "shmget, shmat",
            Self::Posix => "shm_open, ftruncate, mmap",
            Self::Memfd => "memfd_create, ftruncate, mmap",
            Self::File => "open, ftruncate, mmap",
        }
    }

    /// Fresh memory, and what removes it afterwards.
    pub(super) fn make(self, length: usize) -> Result<Memory, Stop> {
        let object = match self {
            Self::Sysv => {
                let key = support::fresh_key()?;
                let segment = unseen(|| Options::new(length).create(key)).map(Guarded::new)?;
                let attachment = unseen(|| segment.attach())?;
                return Ok(Memory::Segment { attachment, _guard: segment });
            }
            Self::Posix => posix_object()?,
            Self::Memfd => memfd()?,
            Self::File => file()?,
        };
        ftruncate(&object.fd, i64::try_from(length)?)?;
        Ok(Memory::Object { mapped: Mapped::new(&object.fd, length)?, _object: object })
    }
}

/// A descriptor, and the path that is removed with it.
pub(super) struct Object {
    pub(super) fd: OwnedFd,
    pub(super) path: Option<Removed>,
}

/// Memory that is there as long as this is.
pub(super) enum Memory {
    // In this order they are dropped: detached, then removed.
    Segment { attachment: Attachment, _guard: Guarded },
    Object { mapped: Mapped, _object: Object },
}

impl Memory {
    pub(super) fn address(&self) -> usize {
        match self {
            Self::Segment { attachment, .. } => attachment.address(),
            Self::Object { mapped, .. } => mapped.address(),
        }
    }

    pub(super) fn store(&self, offset: usize, byte: u8) {
        match self {
            Self::Segment { attachment, .. } => attachment.store_u8(offset, byte, Relaxed),
            Self::Object { mapped, .. } => mapped.store(offset, byte),
        }
    }
}

/// A new memfd without bytes, which can be sealed.
pub(super) fn memfd() -> Result<Object, Stop> {
    Ok(Object { fd: support::memfd()?, path: None })
}

/// A new POSIX object without bytes.
pub(super) fn posix_object() -> Result<Object, Stop> {
    let name = support::fresh_name();
    let path = Removed::at(Path::new("/dev/shm").join(&name));
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
    let fd = shm_open(format!("/{name}").as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
    Ok(Object { fd, path: Some(path) })
}

/// A new file without bytes, where files lie that survive a reboot, if we may write there.
pub(super) fn file() -> Result<Object, Stop> {
    let path = Removed::at(place_for_files().join(support::fresh_name()));
    let file: File =
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path.path())?;
    Ok(Object { fd: file.into(), path: Some(path) })
}

/// The first directory for temporary files that is not in memory only; the usual one if there
/// is none.
pub(super) fn place_for_files() -> PathBuf {
    let usual = std::env::temp_dir();
    let on_disk = |path: &PathBuf| file_system(path).is_ok_and(|kind| !is_in_memory(&kind));
    [usual.clone(), "/var/tmp".into()].into_iter().find(on_disk).unwrap_or(usual)
}

/// Whether a file system of this kind has no disk.
pub(super) fn is_in_memory(kind: &str) -> bool {
    matches!(kind, "tmpfs" | "ramfs")
}

/// What kind of file system a path is in, as mount(8) calls it; a number if it is a rare one.
pub(super) fn file_system(path: &Path) -> Result<String, Stop> {
    // <linux/magic.h>
    const RAMFS_MAGIC: FsType = FsType(0x8584_58f6);
    const EXT4_MAGIC: FsType = FsType(0xef53);
    const XFS_MAGIC: FsType = FsType(0x5846_5342);
    const BTRFS_MAGIC: FsType = FsType(0x9123_683e);
    const OVERLAYFS_MAGIC: FsType = FsType(0x794c_7630);
    Ok(match statfs(path)?.filesystem_type() {
        TMPFS_MAGIC => "tmpfs".into(),
        RAMFS_MAGIC => "ramfs".into(),
        EXT4_MAGIC => "ext4".into(),
        XFS_MAGIC => "xfs".into(),
        BTRFS_MAGIC => "btrfs".into(),
        OVERLAYFS_MAGIC => "overlay".into(),
        FsType(magic) => format!("file system {magic:#x}"),
    })
}
