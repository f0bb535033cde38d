//! Which process has what open or mapped: what ipcs(1) and ls(1) do not tell.
//!
//! /proc/PID/fd leads to what is open, /proc/PID/maps names what is mapped. Both are for the
//! process's user and for root alone, so nobody may be there whom we cannot see: how many
//! processes kept us out is counted.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::stat::makedev;
use serde::Serialize;

use super::account::effective_user;
use super::process;

/// A process that has an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    pub(crate) name: String,
}

/// What all processes have, at one moment or nearly so.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    held: Vec<Held>,
    /// Processes of ours that we may not look into.
    pub(crate) hidden: usize,
}

/// Something that a process has.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) pid: u32,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// Its name, or what the kernel says in place of one: `/SYSV000004d2`, `/memfd:handoff`.
    pub(crate) name: PathBuf,
    /// The link in /proc that leads to it, if it is open.
    pub(crate) link: Option<PathBuf>,
}

impl Holders {
    /// Looks at every process but this one.
    pub(crate) fn scan() -> Self {
        let mut holders = Self::default();
        let us = std::process::id();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(pid) = pid.filter(|&pid: &u32| pid != us) {
                holders.look_into(pid, &entry.path());
            }
        }
        holders
    }

    fn look_into(&mut self, pid: u32, directory: &Path) {
        let open = fs::read_dir(directory.join("fd"));
        let maps = fs::read(directory.join("maps"));
        // Writer and reader have what they use open as well as mapped: one look will do. A
        // process that is just ending has neither any more.
        let denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
        if open.as_ref().is_err_and(denied) && maps.as_ref().is_err_and(denied) {
            let ours = fs::metadata(directory).is_ok_and(|status| status.uid() == effective_user());
            self.hidden += usize::from(ours);
        }
        for link in open.into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = fs::read_link(&link).unwrap_or_default();
            // Pipes, sockets and such have no path; there is nothing to be asked of them.
            if name.is_absolute()
                && let Ok(status) = fs::metadata(&link)
            {
                let (device, inode) = (status.dev(), status.ino());
                self.held.push(Held { pid, device, inode, name, link: Some(link) });
            }
        }
        // In another IPC namespace an id is another segment's.
        let here = namespace(directory) == namespace(Path::new("/proc/self"));
        let maps = maps.unwrap_or_default();
        let lines = String::from_utf8_lossy(&maps);
        let lines = lines.lines().filter(|line| here || !is_sysv(line));
        self.held.extend(lines.filter_map(|line| mapped(pid, line)));
    }

    /// Who has the System V segment with this id attached. A mapping of one is named after its
    /// key, and its inode is the id.
    pub(crate) fn of_segment(&self, id: i32) -> Vec<Holder> {
        self.those(|held| {
            held.link.is_none()
                && held.inode == u64::from(id.cast_unsigned())
                && held.name.as_os_str().as_encoded_bytes().starts_with(b"/SYSV")
        })
    }

    /// Who has this file open or mapped. On some file systems a mapping bears another device
    /// than the file, so there the name has to do.
    pub(crate) fn of_file(&self, status: &fs::Metadata, path: &Path) -> Vec<Holder> {
        self.those(|held| {
            held.inode == status.ino() && (held.device == status.dev() || held.name == path)
        })
    }

    /// All that is held, of which `is_it` is true.
    pub(crate) fn all(&self, is_it: impl Fn(&Held) -> bool) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| is_it(held))
    }

    fn those(&self, is_it: impl Fn(&Held) -> bool) -> Vec<Holder> {
        holders(self.all(is_it).map(|held| held.pid))
    }
}

/// Each process once, with its name.
pub(crate) fn holders(pids: impl Iterator<Item = u32>) -> Vec<Holder> {
    let pids: BTreeSet<u32> = pids.collect();
    let named = |pid| Holder { pid, name: process::name(pid).unwrap_or_default() };
    pids.into_iter().map(named).collect()
}

/// proc_pid_maps(5): address, permissions, offset, major:minor, inode, name.
fn mapped(pid: u32, line: &str) -> Option<Held> {
    let mut fields = line.splitn(6, ' ');
    let device = fields.nth(3)?;
    let inode = fields.next()?.parse().ok().filter(|&inode: &u64| inode != 0 || is_sysv(line))?;
    let name = fields.next().unwrap_or_default().trim_start();
    let (high, low) = device.split_once(':')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    let device = makedev(number(high)?, number(low)?);
    let name = name.strip_suffix(" (deleted)").unwrap_or(name);
    Some(Held { pid, device, inode, name: name.into(), link: None })
}

fn namespace(process: &Path) -> Option<PathBuf> {
    fs::read_link(process.join("ns/ipc")).ok()
}

/// Of these, 0 is an inode too: it is the id.
fn is_sysv(line: &str) -> bool {
    line.contains(" /SYSV")
}

#[cfg(test)]
mod tests {
    use super::mapped;

    #[test]
    fn lines_of_maps_are_read() {
        let line = "7f2c00000000-7f2c00009000 rw-s 00000000 00:01 8093742                    /SYSV000004d2 (deleted)";
        let held = mapped(1, line).unwrap();
        assert_eq!((held.inode, held.name.to_str()), (8_093_742, Some("/SYSV000004d2")));
        let line = "7f2c00000000-7f2c00009000 r--s 00000000 00:01 0                    /SYSV000004d2 (deleted)";
        assert_eq!(mapped(1, line).unwrap().inode, 0);
        let line =
            "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]";
        assert!(mapped(1, line).is_none());
        assert!(mapped(1, "7f2c00000000-7f2c00009000 r--p 00000000 00:00 0").is_none());
        assert!(mapped(1, "garbage").is_none());
        let line = "7f2c00000000-7f2c00009000 r--s 00000000 fd:01 77   /a name with  blanks";
        assert_eq!(mapped(1, line).unwrap().name.to_str(), Some("/a name with  blanks"));
    }
}
