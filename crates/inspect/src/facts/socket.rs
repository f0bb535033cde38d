//! The sockets at which writer and reader meet, and whether anybody listens there.
//!
//! To connect would be an answer, and a disturbance: who listens would take us for a guest. So
//! the kernel's list is read, `/proc/net/unix`. It has the sockets of our network namespace
//! alone. "Listed" is certain, "not listed" is not: see `command::clean` for who has to know.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handoff_shm::memfd;
use serde::Serialize;

use super::account::Account;
use super::holders::{Holder, holders};
use super::named::{number, ours};
use super::segment::octal;

/// A socket's name, and who is behind it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Socket {
    pub(crate) path: PathBuf,
    pub(crate) key: u32,
    #[serde(serialize_with = "octal")]
    pub(crate) mode: u32,
    pub(crate) owner: Account,
    /// Seconds since it was made, or its mode changed.
    pub(crate) age: u64,
    /// Whether somebody listens, as far as this network namespace knows.
    pub(crate) listening: bool,
    /// Who has the listening socket, or a connection made there.
    pub(crate) holders: Vec<Holder>,
}

/// The kernel's list: for each path, the inodes of its sockets, and whether one listens.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    sockets: BTreeMap<String, (bool, Vec<u64>)>,
}

/// __SO_ACCEPTCON of <linux/net.h>: the socket listens.
const ACCEPTS: u32 = 1 << 16;

impl Listed {
    /// Reads the list.
    pub(crate) fn read() -> Self {
        let mut listed = Self::default();
        let text = fs::read("/proc/net/unix").unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines().skip(1) {
            listed.note(line);
        }
        listed
    }

    /// Num: RefCount Protocol Flags Type St Inode Path.
    fn note(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let inode = fields.nth(2)?.parse().ok()?;
        let entry = self.sockets.entry(fields.next()?.to_owned()).or_default();
        entry.0 |= flags & ACCEPTS != 0;
        entry.1.push(inode);
        Some(())
    }

    /// Whether somebody listens there, in this network namespace.
    pub(crate) fn is_listening(&self, path: &Path) -> bool {
        path.to_str().and_then(|path| self.sockets.get(path)).is_some_and(|(listens, _)| *listens)
    }

    /// The processes that have a socket of this path: who listens, and who was accepted.
    pub(crate) fn holders(&self, path: &Path) -> Vec<Holder> {
        let found = path.to_str().and_then(|path| self.sockets.get(path));
        found.map_or_else(Vec::new, |(_, inodes)| holders(who_has(inodes)))
    }
}

fn who_has(inodes: &[u64]) -> impl Iterator<Item = u32> {
    let names: Vec<_> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let has = move |process: &Path| {
        let fds = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        fds.filter_map(|fd| fs::read_link(fd.path()).ok())
            .any(|link| names.iter().any(|name| link.as_os_str() == name.as_str()))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(move |entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        has(&entry.path()).then_some(pid)
    })
}

/// The socket's name for a key.
pub(crate) fn path_of(key: handoff_shm::Key) -> PathBuf {
    memfd::socket_path(key)
}

/// All sockets that have a name of ours and that we may see: in our directory, and below /tmp.
pub(crate) fn all(listed: &Listed) -> Vec<Socket> {
    let mut directories = vec![our_directory()];
    directories.extend(ours(Path::new("/tmp"), "").map(|(path, _)| path));
    // Root's: 0 is a user, and no key.
    directories.push("/tmp/handoff-0".into());
    directories.sort();
    directories.dedup();
    directories.iter().flat_map(|directory| in_directory(directory, listed)).collect()
}

/// Those where writer and reader put them now, with the environment that we have in common.
pub(crate) fn of_ours(listed: &Listed) -> Vec<Socket> {
    in_directory(&our_directory(), listed)
}

fn our_directory() -> PathBuf {
    let path = path_of("1".parse().expect("a number that is not 0 is a key"));
    path.parent().map_or_else(PathBuf::new, Path::to_owned)
}

fn in_directory(directory: &Path, listed: &Listed) -> Vec<Socket> {
    let found = ours(directory, ".sock");
    found.filter_map(|(path, key)| at(&path, number(key), listed)).collect()
}

fn at(path: &Path, key: u32, listed: &Listed) -> Option<Socket> {
    let status = fs::symlink_metadata(path).ok().filter(|status| status.file_type().is_socket())?;
    let changed_at = u64::try_from(status.ctime()).unwrap_or(0);
    Some(Socket {
        path: path.to_owned(),
        key,
        mode: status.mode() & 0o7777,
        owner: Account::user(status.uid()),
        age: super::seconds(SystemTime::now()).saturating_sub(changed_at),
        listening: listed.is_listening(path),
        holders: listed.holders(path),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Listed;

    #[test]
    fn the_kernels_list_is_read() {
        let mut listed = Listed::default();
        for line in [
            "0000000000000000: 00000002 00000000 00010000 0001 01 27712 /tmp/handoff-0/handoff-5.sock",
            "0000000000000000: 00000003 00000000 00000000 0001 03 27713 /tmp/handoff-0/handoff-6.sock",
            "0000000000000000: 00000003 00000000 00000000 0001 03 27714",
            "garbage",
        ] {
            listed.note(line);
        }
        assert!(listed.is_listening(Path::new("/tmp/handoff-0/handoff-5.sock")));
        assert!(!listed.is_listening(Path::new("/tmp/handoff-0/handoff-6.sock")));
        assert!(!listed.is_listening(Path::new("/nowhere")));
    }
}
