//! Users and groups: their numbers, and their names where they have one.

use std::fmt;

use nix::unistd::{Gid, Group, Uid, User};
use serde::Serialize;

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    pub(crate) id: u32,
    pub(crate) name: Option<String>,
}

impl Account {
    pub(crate) fn user(id: u32) -> Self {
        let name = User::from_uid(Uid::from_raw(id)).ok().flatten().map(|user| user.name);
        Self { id, name }
    }

    pub(crate) fn group(id: u32) -> Self {
        let name = Group::from_gid(Gid::from_raw(id)).ok().flatten().map(|group| group.name);
        Self { id, name }
    }
}

/// As ipcs(1) has it: the name, or else the number.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => self.id.fmt(f),
        }
    }
}

/// Who we are to the kernel's permission checks.
pub(crate) fn effective_user() -> u32 {
    Uid::effective().as_raw()
}
