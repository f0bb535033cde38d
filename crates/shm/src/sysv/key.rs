//! Keys: the numbers by which processes that know nothing of each other find one segment.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Error;

/// A `key_t`: any 32 bits, and 0 is [`PRIVATE`](Self::PRIVATE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(i32);

impl Key {
    /// IPC_PRIVATE: a new segment each time, which no key leads to. Its id does, and so do
    /// attachments that a fork inherits.
    #[doc(alias = "IPC_PRIVATE")]
    pub const PRIVATE: Self = Self(libc::IPC_PRIVATE);

    /// The key of this number.
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// Whether it is [`PRIVATE`](Self::PRIVATE).
    pub const fn is_private(self) -> bool {
        self.0 == Self::PRIVATE.0
    }

    /// ftok(3): the key that stands for a file and an id.
    ///
    /// The same file gives the same key by whatever name or link, as long as it is not
    /// replaced: an editor that saves by renaming makes another file of it, and another key.
    ///
    /// Different files can give the same key; see [`of_file`](Self::of_file).
    ///
    /// # Errors
    /// [`Error::Key`]: there is no such file, or we may not get there. An `id` of 0, which
    /// POSIX leaves open, is EINVAL: with it a file could have the key IPC_PRIVATE.
    #[doc(alias = "ftok")]
    pub fn from_path(path: impl AsRef<Path>, id: u8) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |source| Error::Key { path: path.to_owned(), id, source };
        if id == 0 {
            return Err(failed(io::Error::from_raw_os_error(libc::EINVAL)));
        }
        let file = std::fs::metadata(path).map_err(failed)?;
        Ok(Self::of_file(file.dev(), file.ino(), id))
    }

    /// What [`from_path`](Self::from_path) makes of `st_dev`, `st_ino` and the id, as the C
    /// libraries do it: 8 bits of the id, 8 of the device, 16 of the inode.
    ///
    /// ```text
    /// bit  31      24 23      16 15               0
    ///      |   id    | device  |      inode       |
    /// ```
    /// So two files whose inodes differ by a multiple of 65536 *collide*, as do files of two
    /// file systems whose device numbers differ by a multiple of 256. Among 300 files chosen
    /// at random, one pair more likely than not has the same 16 bits of inode.
    ///
    /// ```
    /// use handoff_shm::sysv::Key;
    ///
    /// assert_eq!(Key::of_file(0xfe00, 0x1_2345, b'R'), Key::of_file(0xfe00, 0x7_2345, b'R'));
    /// ```
    pub const fn of_file(device: u64, inode: u64, id: u8) -> Self {
        let low = (inode & 0xffff) | (device & 0xff) << 16;
        Self((low as u32 | (id as u32) << 24).cast_signed())
    }
}

impl From<crate::Key> for Key {
    fn from(key: crate::Key) -> Self {
        Self(key.as_key_t())
    }
}

/// Large keys are shown as ipcs(1) shows them, small ones as people type them.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.cast_unsigned() {
            0 => f.write_str("IPC_PRIVATE"),
            small @ 1..1_000_000 => write!(f, "{small}"),
            large => write!(f, "{large:#010x}"),
        }
    }
}
