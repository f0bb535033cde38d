//! Bytes to be looked at, and what a look leaves behind.
//!
//! - A System V segment is attached with SHM_RDONLY. There is no other way to its bytes, and
//!   the kernel counts it: while we look, `nattch` is one more, and afterwards the last pid and
//!   the times of attach and detach are ours. Neither writer nor reader asks for these, but with
//!   `--blog`, where `nattch` is all that tells who is there: what has the size of the classic
//!   layout is not attached. Nor is what our detaching could remove: see [`attach`].
//! - Files, POSIX objects and memfds are read with pread(2), and not mapped. So who shrinks one
//!   under us gives us a short read, where a mapping would give SIGBUS; and holes stay holes.
//!
//! A page that nobody has touched becomes resident when it is looked at through a mapping. In
//! an exchange there is none: who comes looks at every slot. Of other segments the first page
//! is looked at if they have an exchange's size, and some more if `show` is asked for them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering;

use handoff_proto::blog::SIZE;
use handoff_proto::snapshot::Glance;
use handoff_shm::sysv::{self, Attach, Attachment};
use nix::fcntl::OFlag;

/// A System V segment, attached read-only; detached on drop.
#[derive(Debug)]
pub(crate) struct Attached {
    attachment: Attachment,
}

/// Why a segment is not looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAttached {
    /// With kernel.shm_rmid_forced, a segment goes with its last detach, and ours would be that.
    #[error(
        "not looked at: nobody is attached, and with kernel.shm_rmid_forced our detaching would remove it"
    )]
    WouldRemove,
    /// There are no roles in the classic layout: who is attached is there.
    #[error(
        "not looked at: {SIZE} bytes are the size of the classic layout (--blog), in which to attach is to be there"
    )]
    WouldCount,
    /// shmat(2) said no.
    #[error("{}", .0.meaning())]
    Kernel(#[source] sysv::Error),
}

/// Attaches it read-only, unless that could be the end of it.
///
/// Marked for removal is no obstacle: such a segment goes with the last detach of somebody
/// else's, if that is not ours; and it would have gone with it in any case.
pub(crate) fn attach(
    segment: &sysv::Segment,
    status: &sysv::Status,
) -> Result<Attached, NotAttached> {
    if status.size == SIZE {
        return Err(NotAttached::WouldCount);
    }
    if status.attachments == 0 && goes_with_last_detach() {
        return Err(NotAttached::WouldRemove);
    }
    let attachment =
        segment.attach_with(&Attach::new().read_only(true)).map_err(NotAttached::Kernel)?;
    Ok(Attached { attachment })
}

/// kernel.shm_rmid_forced, of this IPC namespace. If it cannot be read, it is taken for set.
fn goes_with_last_detach() -> bool {
    fs::read_to_string("/proc/sys/kernel/shm_rmid_forced").map_or(true, |text| text.trim() != "0")
}

impl Glance for Attached {
    fn size(&self) -> usize {
        self.attachment.len()
    }

    fn word(&self, offset: usize, order: Ordering) -> Option<u32> {
        (offset.checked_add(4)? <= self.size()).then(|| self.attachment.load_u32(offset, order))
    }

    fn copy(&self, offset: usize, into: &mut [u8]) -> bool {
        let fits = offset.checked_add(into.len()).is_some_and(|end| end <= self.size());
        if fits {
            self.attachment.read(offset, into);
        }
        fits
    }
}

/// A file, read and not mapped.
#[derive(Debug)]
pub(crate) struct Read {
    file: File,
    size: usize,
}

impl Read {
    /// Opens what has this name, if it is a regular file. No symbolic link is followed, as
    /// writer and reader follow none; a pipe does not make us wait.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::with(path, OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK)
    }

    /// The same through a link in /proc, which leads to what some process has open.
    pub(crate) fn open_held(link: &Path) -> io::Result<Self> {
        Self::with(link, OFlag::O_NONBLOCK)
    }

    fn with(path: &Path, flags: OFlag) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
        let status = file.metadata()?;
        if !status.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let size = usize::try_from(status.size()).unwrap_or(usize::MAX);
        Ok(Self { file, size })
    }

    /// Which file it is, and how large it is now.
    pub(crate) fn status(&self) -> io::Result<fs::Metadata> {
        self.file.metadata()
    }
}

impl Glance for Read {
    fn size(&self) -> usize {
        self.size
    }

    fn word(&self, offset: usize, _: Ordering) -> Option<u32> {
        let mut word = [0; 4];
        self.copy(offset, &mut word).then(|| u32::from_ne_bytes(word))
    }

    fn copy(&self, offset: usize, into: &mut [u8]) -> bool {
        self.file.read_exact_at(into, offset as u64).is_ok()
    }
}
