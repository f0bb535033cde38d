//! How a segment is attached: where, and to do what.

use std::ffi::c_int;

/// What shmat(2) is asked for. Plain, it is to read and write, wherever the kernel finds room.
///
/// ```
/// use handoff_shm::sysv::{Attach, Key, Options};
///
/// # fn main() -> Result<(), handoff_shm::sysv::Error> {
/// let segment = Options::new(4096).create(Key::PRIVATE)?;
/// let writable = segment.attach()?;
/// let readable = segment.attach_with(&Attach::new().read_only(true))?;
/// writable.write(100, b"text");
/// let mut bytes = [0; 4];
/// readable.read(100, &mut bytes);
/// assert_eq!(&bytes, b"text");
/// assert_ne!(writable.address(), readable.address());
/// segment.remove()
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attach {
    address: usize,
    read_only: bool,
    round: bool,
    execute: bool,
}

impl Attach {
    /// To read and write, anywhere.
    pub const fn new() -> Self {
        Self { address: 0, read_only: false, round: false, execute: false }
    }

    /// SHM_RDONLY: only to read. It takes permission to read alone.
    #[doc(alias = "SHM_RDONLY")]
    #[must_use]
    pub const fn read_only(self, read_only: bool) -> Self {
        Self { read_only, ..self }
    }

    /// At this address, a multiple of [`shmlba`](super::shmlba), or not at all. 0 is anywhere.
    ///
    /// That is safe, as the kernel refuses an address where anything is mapped already (EINVAL)
    /// and we refuse those where it would not ([`Error::Address`](super::Error::Address)).
    /// To take the place of another attachment, see
    /// [`Attachment::replace`](super::Attachment::replace).
    #[must_use]
    pub const fn at(self, address: usize) -> Self {
        Self { address, ..self }
    }

    /// SHM_RND: an address that is no multiple of [`shmlba`](super::shmlba) is rounded down.
    #[doc(alias = "SHM_RND")]
    #[must_use]
    pub const fn round(self, round: bool) -> Self {
        Self { round, ..self }
    }

    /// SHM_EXEC: to be executed as well. It takes permission to execute, too. Nothing here
    /// executes anything; the pages just may be.
    #[doc(alias = "SHM_EXEC")]
    #[must_use]
    pub const fn execute(self, execute: bool) -> Self {
        Self { execute, ..self }
    }

    /// The address asked for; 0 if none was.
    pub const fn address(&self) -> usize {
        self.address
    }

    /// Whether it is only to be read.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether the address is rounded down.
    pub const fn is_rounded(&self) -> bool {
        self.round
    }

    /// Whether it is to be executed.
    pub const fn is_executable(&self) -> bool {
        self.execute
    }

    pub(super) fn flags(&self) -> c_int {
        let flag = |wanted, flag| if wanted { flag } else { 0 };
        flag(self.read_only, libc::SHM_RDONLY)
            | flag(self.round, libc::SHM_RND)
            | flag(self.execute, libc::SHM_EXEC)
    }
}
