//! Memory without a name: the memfds of writer and reader, found at who has them.
//!
//! No key leads there but through the socket, and to connect to that would make us a guest.
//! /proc/PID/fd leads there as well, for who may look into that process; what is opened
//! through it is the same memory, for reading only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use handoff_proto::snapshot::Glance;
use serde::Serialize;

use super::exchange::Contents;
use super::holders::{Held, Holder, Holders, holders};
use super::memory::Read;
use super::socket::Listed;

/// A memfd of writer and reader.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Nameless {
    pub(crate) inode: u64,
    pub(crate) bytes: usize,
    /// A link in /proc that leads to it.
    pub(crate) link: PathBuf,
    pub(crate) holders: Vec<Holder>,
    pub(crate) contents: Contents,
    /// Whether the texts are elsewhere: in a dma-buf, into which there is no way from here.
    pub(crate) text_in_dmabuf: bool,
}

/// What memfd_create(2) makes of the name that writer and reader give.
const NAME: &str = "/memfd:handoff (deleted)";

/// All there are.
pub(crate) fn all(all: &Holders) -> Vec<Nameless> {
    let mut found: BTreeMap<(u64, u64), Vec<&Held>> = BTreeMap::new();
    for held in all.all(|held| held.link.is_some() && held.name.as_os_str() == NAME) {
        found.entry((held.device, held.inode)).or_default().push(held);
    }
    found.into_values().filter_map(|held| describe(all, &held)).collect()
}

fn describe(all: &Holders, held: &[&Held]) -> Option<Nameless> {
    let first = held.first()?;
    let link = first.link.clone()?;
    let (bytes, contents) = match Read::open_held(&link) {
        Ok(memory) => (memory.size(), Contents::of(&memory)),
        Err(error) => (0, Contents::Unreadable { why: error.to_string() }),
    };
    let has_dmabuf = |other: &Held| {
        other.pid == first.pid && other.name.as_os_str().as_encoded_bytes().starts_with(b"/dmabuf")
    };
    Some(Nameless {
        inode: first.inode,
        bytes,
        holders: holders(held.iter().map(|held| held.pid)),
        contents,
        text_in_dmabuf: all.all(has_dmabuf).next().is_some(),
        link,
    })
}

/// The one that is passed on at a key's socket, if its holder can be seen.
pub(crate) fn at_socket(key: handoff_shm::Key) -> Option<Nameless> {
    let hosts = Listed::read().holders(&super::socket::path_of(key));
    let scanned = Holders::scan();
    all(&scanned).into_iter().find(|it| it.holders.iter().any(|holder| hosts.contains(holder)))
}
