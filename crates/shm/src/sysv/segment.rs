//! A segment by its id: what can be asked of it and done with it, attached or not.

use super::attachment::{self, Attachment};
use super::{Attach, Error, Key, Status, calls};

/// A segment's id. Nothing is attached by having it, and nothing goes away with it.
///
/// The id means what it means in the IPC namespace of the thread that uses it, and when the
/// segment is gone the id may in time come to mean another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    id: i32,
}

impl Segment {
    /// shmget(2) without IPC_CREAT: the segment that the key leads to, if it has at least so
    /// many bytes. With 0, whatever its size.
    ///
    /// Asks for no permission: that comes with [`attach`](Self::attach).
    /// [`Key::PRIVATE`] leads to no segment: with it the kernel would make a new one, so here
    /// it is ENOENT.
    ///
    /// # Errors
    /// [`Error::Open`].
    #[doc(alias = "shmget")]
    pub fn open(key: Key, least: usize) -> Result<Self, Error> {
        let found = match key.is_private() {
            true => Err(std::io::Error::from_raw_os_error(libc::ENOENT)),
            false => calls::find(key, least),
        };
        found.map(Self::from_id).map_err(|source| Error::Open { key, least, source })
    }

    /// The segment of this id. Nobody is asked whether there is one.
    pub const fn from_id(id: i32) -> Self {
        Self { id }
    }

    /// Its id: what ipcs(1) shows as shmid, and `/proc/PID/maps` as the inode.
    pub const fn id(self) -> i32 {
        self.id
    }

    /// Attaches it to read and write, wherever the kernel finds room.
    ///
    /// # Errors
    /// [`Error::Attach`].
    #[doc(alias = "shmat")]
    pub fn attach(self) -> Result<Attachment, Error> {
        self.attach_with(&Attach::new())
    }

    /// Attaches it as asked for. A segment can be attached any number of times, by one process
    /// too: each attachment has an address of its own, and all show the same bytes.
    ///
    /// # Errors
    /// [`Error::Attach`], and [`Error::Address`] for an address that the kernel would take but
    /// no safe program can give.
    #[doc(alias = "shmat")]
    pub fn attach_with(self, how: &Attach) -> Result<Attachment, Error> {
        attachment::attach(self, how).map(|(attachment, _)| attachment)
    }

    /// IPC_STAT.
    ///
    /// # Errors
    /// [`Error::Status`]; who may not read a segment may not ask this either, but finds it
    /// among [`segments`](super::segments).
    #[doc(alias = "IPC_STAT")]
    pub fn status(self) -> Result<Status, Error> {
        calls::status(self.id)
            .map(|ds| Status::new(self.id, &ds))
            .map_err(|source| Error::Status { id: self.id, source })
    }

    /// The same for who asks every millisecond, which nobody wants to see. None if it is gone,
    /// or not ours to ask about.
    pub(crate) fn status_untold(self) -> Option<Status> {
        calls::status_untold(self.id).ok().map(|ds| Status::new(self.id, &ds))
    }

    /// IPC_SET: gives it another owner, group and mode (permission bits alone), and sets the
    /// time of change. There is no more that can be set; to keep one of the three, take it
    /// from [`status`](Self::status). The creator stays what it is, with an owner's rights.
    ///
    /// # Errors
    /// [`Error::Set`].
    ///
    /// # Panics
    /// With a mode beyond 0777, of which the kernel would drop the rest.
    #[doc(alias = "IPC_SET")]
    #[track_caller]
    pub fn set(self, owner: u32, group: u32, mode: u32) -> Result<(), Error> {
        assert!(mode <= 0o777, "a segment's mode has permission bits only");
        let result = calls::set(self.id, owner, group, mode);
        result.map_err(|source| Error::Set { id: self.id, source })
    }

    /// IPC_RMID: the key leads to it no more, and with the last detach it is gone.
    ///
    /// Until then it is there for who has it attached, and on Linux can even be attached by
    /// its id. See [`Status::is_removed`].
    ///
    /// # Errors
    /// [`Error::Remove`].
    #[doc(alias = "IPC_RMID")]
    pub fn remove(self) -> Result<(), Error> {
        calls::remove(self.id).map_err(|source| Error::Remove { id: self.id, source })
    }

    /// SHM_LOCK: its pages stay in memory, once they are touched.
    ///
    /// # Errors
    /// [`Error::Lock`].
    #[doc(alias = "SHM_LOCK")]
    pub fn lock(self) -> Result<(), Error> {
        calls::lock(self.id).map_err(|source| Error::Lock { id: self.id, source })
    }

    /// SHM_UNLOCK: they may be swapped out again. One call undoes any number of locks.
    ///
    /// # Errors
    /// [`Error::Unlock`].
    #[doc(alias = "SHM_UNLOCK")]
    pub fn unlock(self) -> Result<(), Error> {
        calls::unlock(self.id).map_err(|source| Error::Unlock { id: self.id, source })
    }
}
