//! Whose a System V segment is, how large, and who may use it: IPC_STAT, or the list of all.

use std::io;

use handoff_proto::step::{Step, step};
use handoff_proto::{NotAnExchange, slots_in};

use super::{is_gone, outcome, removal, shown, sought};
use crate::key::Key;
use crate::segment::{Request, SegmentError};
use crate::user;

/// What IPC_STAT tells of a segment, as far as it decides whether we may use it.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub(super) id: i32,
    pub(super) key: Key,
    pub(super) size: usize,
    pub(super) mode: u32,
    pub(super) owner: u32,
    pub(super) creator: u32,
}

impl Status {
    pub(super) fn object(&self) -> String {
        let Self { id, key, size, mode, owner, creator } = self;
        let maker = match creator == owner {
            true => String::new(),
            false => format!(", creator {}", user::name(*creator)),
        };
        let owner = user::name(*owner);
        format!(
            "segment {id} of key {key} ({size} bytes, owner {owner}{maker}, mode {:04o})",
            mode & 0o777
        )
    }

    /// Refuses what we must not use. The creator counts as well as the owner: who
    /// made a segment can change and remove it for ever, whomever it gave it to.
    pub(super) fn check(&self, request: &Request) -> Result<(), SegmentError> {
        let us = user::effective();
        if !request.any_owner && (self.owner != us || self.creator != us) {
            return Err(SegmentError::NotOurs { object: self.object(), denied: false });
        }
        if slots_in(self.size).is_none() {
            return Err(SegmentError::Foreign {
                object: self.object(),
                removal: removal(self.id),
                source: NotAnExchange::Size { size: self.size },
            });
        }
        Ok(())
    }
}

/// IPC_STAT.
pub(super) fn stat(id: i32) -> io::Result<libc::shmid_ds> {
    // SAFETY: shmid_ds is a C struct of integers, for which zero is valid.
    let mut ds: libc::shmid_ds = unsafe { std::mem::zeroed() };
    step(Step::Status);
    // SAFETY: ds is a shmid_ds, which IPC_STAT fills.
    let result = outcome(unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut ds) });
    log::debug!("shmctl({id}, IPC_STAT) = {}", shown(&result));
    result.map(|_| ds)
}

/// What IPC_STAT says; none if the segment is gone.
pub(super) fn status(id: i32, key: Key) -> io::Result<Option<Status>> {
    match stat(id) {
        Ok(ds) => Ok(Some(Status {
            id,
            key,
            size: ds.shm_segsz,
            mode: u32::from(ds.shm_perm.mode),
            owner: ds.shm_perm.uid,
            creator: ds.shm_perm.cuid,
        })),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Who may not read a segment may not IPC_STAT it either, but anybody may read the
/// list of all: enough to say whose it is.
pub(super) fn status_by_listing(
    id: i32,
    key: Key,
    error: io::Error,
) -> Result<Status, SegmentError> {
    let listing = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    listing
        .lines()
        .find_map(|line| {
            // proc_sysvipc(5): key shmid perms size cpid lpid nattch uid gid cuid ...
            let field: Vec<&str> = line.split_whitespace().collect();
            (field.get(1)?.parse() == Ok(id)).then_some(())?;
            Some(Status {
                id,
                key,
                mode: u32::from_str_radix(field.get(2)?, 8).ok()?,
                size: field.get(3)?.parse().ok()?,
                owner: field.get(7)?.parse().ok()?,
                creator: field.get(9)?.parse().ok()?,
            })
        })
        .ok_or_else(|| SegmentError::Find { object: sought(key), source: error })
}
