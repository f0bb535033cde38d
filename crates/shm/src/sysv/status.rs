//! What the kernel knows of a segment: struct shmid_ds, typed.

use std::time::{Duration, SystemTime};

use super::{Key, Segment, abi};

/// What IPC_STAT, SHM_STAT and SHM_STAT_ANY tell: every field of `struct shmid_ds`.
///
/// Times have whole seconds. Process ids are those of the asking process's namespace, and 0
/// where that has none for it.
///
/// No field says whether a segment has huge pages or SHM_NORESERVE: the kernel keeps neither
/// flag in the mode. `/proc/PID/smaps` shows the pages of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its id.
    pub id: i32,
    /// `shm_perm.__key`: its key; [`Key::PRIVATE`] if it was made without, or is removed.
    pub key: Key,
    /// `shm_segsz`: its exact size in bytes, as asked for.
    pub size: usize,
    /// `shm_perm.mode`, the permission bits: 0777 at most.
    pub mode: u32,
    /// SHM_DEST in the mode: removed, and gone with the last detach.
    pub is_removed: bool,
    /// SHM_LOCKED in the mode: not to be swapped out.
    pub is_locked: bool,
    /// `shm_perm.uid`: the user that owns it. IPC_SET changes it.
    pub owner: u32,
    /// `shm_perm.gid`: the group that owns it. IPC_SET changes it.
    pub owner_group: u32,
    /// `shm_perm.cuid`: the user that made it, who has an owner's rights for ever.
    pub creator: u32,
    /// `shm_perm.cgid`: the group of that user.
    pub creator_group: u32,
    /// `shm_cpid`: the process that made it.
    pub creator_pid: i32,
    /// `shm_lpid`: the last process that attached or detached it; 0 if none has yet.
    pub last_pid: i32,
    /// `shm_nattch`: how many times it is attached now.
    pub attachments: u64,
    /// `shm_atime`: the last attach, if there was one.
    pub attached_at: Option<SystemTime>,
    /// `shm_dtime`: the last detach, if there was one.
    pub detached_at: Option<SystemTime>,
    /// `shm_ctime`: when it was made, or its owner or mode changed.
    pub changed_at: SystemTime,
    /// `shm_perm.__seq`: makes ids differ that use the same row of the kernel's table.
    pub sequence: u32,
}

impl Status {
    pub(super) fn new(id: i32, ds: &libc::shmid_ds) -> Self {
        let mode = u32::from(ds.shm_perm.mode);
        Self {
            id,
            key: Key::new(ds.shm_perm.__key),
            size: ds.shm_segsz,
            mode: mode & 0o777,
            is_removed: mode & abi::SHM_DEST != 0,
            is_locked: mode & abi::SHM_LOCKED != 0,
            owner: ds.shm_perm.uid,
            owner_group: ds.shm_perm.gid,
            creator: ds.shm_perm.cuid,
            creator_group: ds.shm_perm.cgid,
            creator_pid: ds.shm_cpid,
            last_pid: ds.shm_lpid,
            attachments: ds.shm_nattch,
            attached_at: time_if_any(ds.shm_atime),
            detached_at: time_if_any(ds.shm_dtime),
            changed_at: time(ds.shm_ctime),
            sequence: u32::from(ds.shm_perm.__seq),
        }
    }

    /// The segment that this is about.
    pub fn segment(&self) -> Segment {
        Segment::from_id(self.id)
    }
}

pub(super) fn time_if_any(seconds: i64) -> Option<SystemTime> {
    (seconds != 0).then(|| time(seconds))
}

pub(super) fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    match seconds < 0 {
        true => SystemTime::UNIX_EPOCH - distance,
        false => SystemTime::UNIX_EPOCH + distance,
    }
}
