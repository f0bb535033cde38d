//! What a new segment shall be: size, mode, pages.

use std::ffi::c_int;

use super::abi::{self, SHM_HUGE_SHIFT};
use super::{Error, Key, Segment, calls};

/// How a segment is made.
///
/// ```
/// use handoff_shm::sysv::{Key, Options};
///
/// # fn main() -> Result<(), handoff_shm::sysv::Error> {
/// let segment = Options::new(2052).mode(0o640).create(Key::PRIVATE)?;
/// let status = segment.status()?;
/// assert_eq!((status.size, status.mode), (2052, 0o640));
/// segment.remove()
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    size: usize,
    mode: u32,
    no_reserve: bool,
    huge: Option<HugePages>,
}

impl Options {
    /// A segment of `size` bytes, which only its owner may read and write (0600).
    ///
    /// The memory is had in whole pages, and all of it is zero. The exact size is kept.
    pub const fn new(size: usize) -> Self {
        Self { size, mode: 0o600, no_reserve: false, huge: None }
    }

    /// Who may read and write it: permission bits as for chmod(2). The umask does not change
    /// them, and the bits for execution mean what [`Attach::execute`](super::Attach::execute)
    /// asks for.
    ///
    /// # Panics
    /// With any other bit: beyond 0777 there are flags of shmget(2).
    #[must_use]
    #[track_caller]
    pub const fn mode(self, mode: u32) -> Self {
        assert!(mode <= 0o777, "a segment's mode has permission bits only");
        Self { mode, ..self }
    }

    /// SHM_NORESERVE: no swap space is set aside, nor are huge pages. Where memory runs out
    /// later, the first touch of a page is a SIGBUS.
    #[doc(alias = "SHM_NORESERVE")]
    #[must_use]
    pub const fn no_reserve(self, no_reserve: bool) -> Self {
        Self { no_reserve, ..self }
    }

    /// SHM_HUGETLB: of huge pages, if there are free ones and we may have them.
    #[doc(alias = "SHM_HUGETLB")]
    #[must_use]
    pub fn huge(self, pages: impl Into<Option<HugePages>>) -> Self {
        Self { huge: pages.into(), ..self }
    }

    /// Bytes asked for.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Pages asked for.
    pub const fn huge_pages(&self) -> Option<HugePages> {
        self.huge
    }

    /// IPC_CREAT with IPC_EXCL: a new segment, or none. Of many who try, one succeeds.
    ///
    /// # Errors
    /// [`Error::Create`]; EEXIST where there is one with this key already.
    #[doc(alias = "shmget")]
    pub fn create(&self, key: Key) -> Result<Segment, Error> {
        calls::create(key, self.size, self.flags() | libc::IPC_EXCL)
            .map(Segment::from_id)
            .map_err(|source| Error::Create { key, options: *self, source })
    }

    /// IPC_CREAT: the segment of this key, made if there is none.
    ///
    /// Nothing tells which of the two it was. An existing one must have the size at least, and
    /// its mode must grant us all that [`mode`](Self::mode) would grant to anybody; but it
    /// keeps its own size, mode and pages.
    ///
    /// # Errors
    /// [`Error::OpenOrCreate`].
    pub fn open_or_create(&self, key: Key) -> Result<Segment, Error> {
        calls::create(key, self.size, self.flags())
            .map(Segment::from_id)
            .map_err(|source| Error::OpenOrCreate { key, options: *self, source })
    }

    fn flags(&self) -> c_int {
        let no_reserve = if self.no_reserve { libc::SHM_NORESERVE } else { 0 };
        let huge = self.huge.map_or(0, HugePages::flags);
        libc::IPC_CREAT | no_reserve | huge | self.mode.cast_signed()
    }
}

/// A size of huge pages. `/sys/kernel/mm/hugepages` has a directory for each that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HugePages {
    /// The size as a power of two; 0 is the machine's default.
    log2: u8,
}

impl HugePages {
    /// The size that `/proc/meminfo` calls Hugepagesize.
    pub const DEFAULT: Self = Self { log2: 0 };
    /// 64 KiB.
    pub const KB_64: Self = Self { log2: 16 };
    /// 2 MiB, which x86-64 and most others have.
    #[doc(alias = "SHM_HUGE_2MB")]
    pub const MB_2: Self = Self { log2: 21 };
    /// 32 MiB.
    pub const MB_32: Self = Self { log2: 25 };
    /// 1 GiB.
    #[doc(alias = "SHM_HUGE_1GB")]
    pub const GB_1: Self = Self { log2: 30 };

    /// Pages of so many bytes; none if that is no power of two greater than 1.
    pub const fn of(bytes: u64) -> Option<Self> {
        match bytes.is_power_of_two() && bytes > 1 {
            true => Some(Self { log2: bytes.trailing_zeros() as u8 }),
            false => None,
        }
    }

    /// How many bytes a page has; none if it is the machine's choice.
    pub const fn bytes(self) -> Option<u64> {
        match self.log2 {
            0 => None,
            log2 => Some(1 << log2),
        }
    }

    fn flags(self) -> c_int {
        let log2 = u32::from(self.log2) & abi::SHM_HUGE_MASK.cast_unsigned();
        libc::SHM_HUGETLB | (log2 << SHM_HUGE_SHIFT).cast_signed()
    }
}
