//! System V segments as `/proc/sysvipc/shm` and util-linux see them, independent of our code.

use std::fs;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

const TABLE: &str = "/proc/sysvipc/shm";

/// One segment, without the columns that a mere look changes (lpid and the times of attach and
/// detach), so that two equal rows mean: nobody touched it. See proc(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key, as the 32 bits that `shmget` took.
    pub key: u32,
    /// The identifier that `shmget` returned.
    pub id: i32,
    /// Permission bits and the kernel's flags above them, as printed (octal digits).
    pub perms: String,
    /// Size in bytes, exactly as asked for.
    pub size: u64,
    /// Process id of the creator.
    pub creator: i32,
    /// How many times it is attached now.
    pub attached: u32,
    /// User id of the owner.
    pub owner: u32,
    /// Seconds since the epoch of the creation, or of the last change of owner or mode.
    pub changed: i64,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        Some(Self {
            key: fields.first()?.parse::<i32>().ok()?.cast_unsigned(),
            id: fields.get(1)?.parse().ok()?,
            perms: (*fields.get(2)?).to_owned(),
            size: fields.get(3)?.parse().ok()?,
            creator: fields.get(4)?.parse().ok()?,
            attached: fields.get(6)?.parse().ok()?,
            owner: fields.get(7)?.parse().ok()?,
            changed: fields.get(13)?.parse().ok()?,
        })
    }

    /// The owner's name, or the number of a user without one.
    ///
    /// # Panics
    /// When the user database cannot be read.
    #[must_use]
    pub fn owner_name(&self) -> String {
        User::from_uid(Uid::from_raw(self.owner))
            .expect("the user database can be read")
            .map_or_else(|| self.owner.to_string(), |user| user.name)
    }

    /// The mode, without the kernel's flags.
    ///
    /// # Panics
    /// When the kernel prints something that is not octal.
    #[must_use]
    pub fn mode(&self) -> u32 {
        u32::from_str_radix(&self.perms, 8).expect("permissions are octal") & 0o777
    }
}

/// Every segment of this thread's IPC namespace.
///
/// # Panics
/// When the kernel has no System V shared memory.
#[must_use]
pub fn all() -> Vec<Row> {
    let table = fs::read_to_string(TABLE).expect("the kernel has System V shared memory");
    table.lines().skip(1).filter_map(Row::parse).collect()
}

/// The segment behind a key.
#[must_use]
pub fn find(key: u32) -> Option<Row> {
    all().into_iter().find(|row| row.key == key)
}

/// The segment with an identifier.
#[must_use]
pub fn find_id(id: i32) -> Option<Row> {
    all().into_iter().find(|row| row.id == id)
}

/// Removes a segment, whether or not it still exists.
pub fn remove(id: i32) {
    // A failure is no finding of the test that cleans up, and a panic in a drop guard aborts.
    let _ = Command::new("ipcrm").args(["-m", &id.to_string()]).stderr(Stdio::null()).status();
}
