//! System V segments: what shmctl(2) tells of one, and what is in it.

use std::time::SystemTime;

use handoff_proto::blog::SIZE;
use handoff_shm::sysv::{self, Status};
use serde::{Serialize, Serializer};

use super::account::Account;
use super::exchange::Contents;
use super::memory;
use super::{holders::Holder, seconds};

/// A System V segment.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Segment {
    /// 0 is IPC_PRIVATE, and what remains of a key after IPC_RMID.
    pub(crate) key: u32,
    /// As ipcs(1) writes it.
    pub(crate) key_hex: String,
    pub(crate) id: i32,
    pub(crate) bytes: usize,
    #[serde(serialize_with = "octal")]
    pub(crate) mode: u32,
    /// SHM_DEST.
    pub(crate) removed: bool,
    /// SHM_LOCKED.
    pub(crate) locked: bool,
    pub(crate) owner: Account,
    pub(crate) owner_group: Account,
    pub(crate) creator: Account,
    pub(crate) creator_group: Account,
    pub(crate) creator_pid: i32,
    /// The last that attached or detached.
    pub(crate) last_pid: i32,
    /// As it was before we looked.
    pub(crate) attachments: u64,
    /// Seconds since the epoch.
    pub(crate) attached_at: Option<u64>,
    pub(crate) detached_at: Option<u64>,
    pub(crate) changed_at: u64,
    /// Seconds since that.
    pub(crate) age: u64,
    pub(crate) contents: Contents,
    /// Who has it attached, where that was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holders: Option<Vec<Holder>>,
}

pub(crate) fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}

impl Segment {
    /// The facts, and what is in it if its size could be an exchange's.
    pub(crate) fn of(segment: &sysv::Segment, status: &Status) -> Self {
        let contents = match handoff_proto::slots_in(status.size) {
            None if status.size == SIZE => Contents::Other { why: CLASSIC.into() },
            Some(_) => match memory::attach(segment, status) {
                Ok(memory) => Contents::of(&memory),
                Err(error) => Contents::Unreadable { why: error.to_string() },
            },
            None => Contents::Other { why: no_exchange_of(status.size) },
        };
        Self::with(status, contents)
    }

    /// The facts, and what is known to be in it.
    pub(crate) fn with(status: &Status, contents: Contents) -> Self {
        let key = status.key.get().cast_unsigned();
        let age = SystemTime::now().duration_since(status.changed_at);
        Self {
            key,
            key_hex: format!("{key:#010x}"),
            id: status.id,
            bytes: status.size,
            mode: status.mode,
            removed: status.is_removed,
            locked: status.is_locked,
            owner: Account::user(status.owner),
            owner_group: Account::group(status.owner_group),
            creator: Account::user(status.creator),
            creator_group: Account::group(status.creator_group),
            creator_pid: status.creator_pid,
            last_pid: status.last_pid,
            attachments: status.attachments,
            attached_at: status.attached_at.map(seconds),
            detached_at: status.detached_at.map(seconds),
            changed_at: seconds(status.changed_at),
            age: age.unwrap_or_default().as_secs(),
            contents,
            holders: None,
        }
    }
}

/// All that can be said without attaching it: see [`memory::NotAttached::WouldCount`].
const CLASSIC: &str = "the classic layout, by its size: see --blog of writer and reader";

/// In the words of proto, for what nobody looks into.
fn no_exchange_of(size: usize) -> String {
    handoff_proto::NotAnExchange::Size { size }.to_string()
}

/// All there are, by id.
pub(crate) fn all() -> Result<Vec<Segment>, sysv::Error> {
    let mut all: Vec<_> =
        sysv::segments()?.map(|(segment, status)| Segment::of(&segment, &status)).collect();
    all.sort_by_key(|segment| segment.id);
    Ok(all)
}
