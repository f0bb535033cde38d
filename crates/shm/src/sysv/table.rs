//! `/proc/sysvipc/shm`, which tells of all segments to everybody: see proc_sysvipc(5).

use super::status::{time, time_if_any};
use super::{Key, Status, abi};

/// Every segment; none where there is no such file.
pub(super) fn statuses() -> Vec<Status> {
    let text = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    text.lines().filter_map(status).collect()
}

/// key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
fn status(line: &str) -> Option<Status> {
    let mut fields = line.split_whitespace();
    let key = Key::new(fields.next()?.parse().ok()?);
    let id: i32 = fields.next()?.parse().ok()?;
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let mut number = || fields.next()?.parse::<i64>().ok();
    Some(Status {
        id,
        key,
        size: usize::try_from(number()?).ok()?,
        mode: mode & 0o777,
        is_removed: mode & abi::SHM_DEST != 0,
        is_locked: mode & abi::SHM_LOCKED != 0,
        creator_pid: i32::try_from(number()?).ok()?,
        last_pid: i32::try_from(number()?).ok()?,
        attachments: u64::try_from(number()?).ok()?,
        owner: u32::try_from(number()?).ok()?,
        owner_group: u32::try_from(number()?).ok()?,
        creator: u32::try_from(number()?).ok()?,
        creator_group: u32::try_from(number()?).ok()?,
        attached_at: time_if_any(number()?),
        detached_at: time_if_any(number()?),
        changed_at: time(number()?),
        // The file does not say; before Linux 5.2 every id is made of it in this way.
        sequence: id.cast_unsigned() >> 15,
    })
}
