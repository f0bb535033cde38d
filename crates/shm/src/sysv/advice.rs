//! What a person can do about an error, with the numbers of this system.

use std::path::PathBuf;

use libc::{EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, EPERM};
use nix::sys::resource::{Resource, getrlimit};

use super::place::{BadAddress, page_size, shmlba};
use super::{Attach, Error, HugePages, Key, Options, Segment, limits, listing, usage};
use crate::user;

pub(super) fn of(error: &Error) -> Option<String> {
    let errno = error.errno();
    match error {
        Error::Create { key, .. } if errno == EEXIST => Some(format!(
            "open it instead, choose another key, or if nobody needs it, remove it with: ipcrm -M {:#x}",
            key.get()
        )),
        Error::OpenOrCreate { key, .. } if matches!(errno, EINVAL | EACCES) && exists(*key) => {
            open(*key, errno)
        }
        Error::Create { options, .. } | Error::OpenOrCreate { options, .. } => new(options, errno),
        Error::Open { key, .. } => open(*key, errno),
        Error::Attach { id, how, .. } => attach(*id, how, errno),
        Error::Address { source: BadAddress::Zero | BadAddress::Stack, .. } => {
            Some("choose another address, or have the kernel find one".into())
        }
        Error::Set { id, .. } | Error::Remove { id, .. } | Error::Unlock { id, .. }
            if errno == EPERM =>
        {
            whose(*id)
        }
        Error::Status { id, .. } if errno == EACCES => mode(*id),
        Error::Lock { id, .. } => lock(*id, errno),
        _ => None,
    }
}

fn new(options: &Options, errno: i32) -> Option<String> {
    let size = options.size();
    let pages = options.huge_pages();
    match errno {
        EINVAL if size == 0 => None,
        EINVAL => {
            let most = limits().ok()?.max_bytes;
            match (size as u64 > most, pages) {
                (true, _) => Some(format!(
                    "kernel.shmmax allows {most} bytes a segment: ask for fewer, or raise it with sysctl"
                )),
                (false, Some(_)) => Some("see /sys/kernel/mm/hugepages for the sizes that there are".into()),
                (false, None) => None,
            }
        }
        ENOSPC => full(size),
        ENOMEM => Some(match pages {
            Some(pages) => free_pages(pages),
            None => "ask for less".into(),
        }),
        EPERM => Some(
            "have the system's owner put a group of yours into vm.hugetlb_shm_group, or ask for ordinary pages"
                .into(),
        ),
        _ => None,
    }
}

/// Which of the two limits it is.
fn full(size: usize) -> Option<String> {
    let (limits, usage) = (limits().ok()?, usage().ok()?);
    let needed = size.div_ceil(page_size()) as u64;
    let which = match usage.segments >= limits.max_segments {
        true => {
            format!("kernel.shmmni allows {} segments, and so many there are", limits.max_segments)
        }
        false => format!(
            "kernel.shmall allows {} pages, {} are taken, and this needs {needed}",
            limits.max_pages, usage.pages
        ),
    };
    Some(format!("{which}: remove what nobody needs with ipcrm, or raise it with sysctl"))
}

fn free_pages(pages: HugePages) -> String {
    let Some(bytes) = pages.bytes() else {
        return "see HugePages_Free in /proc/meminfo, and raise vm.nr_hugepages".into();
    };
    let kilobytes = bytes / 1024;
    let directory = PathBuf::from(format!("/sys/kernel/mm/hugepages/hugepages-{kilobytes}kB"));
    match std::fs::read_to_string(directory.join("free_hugepages")) {
        Ok(free) => format!(
            "{} of {kilobytes} KiB are free: raise {}",
            free.trim(),
            directory.join("nr_hugepages").display()
        ),
        Err(_) => "see /sys/kernel/mm/hugepages for what is free".into(),
    }
}

fn open(key: Key, errno: i32) -> Option<String> {
    match errno {
        ENOENT => {
            Some("create it; if it is there for others, they are in another IPC namespace".into())
        }
        EINVAL => {
            let there = Segment::open(key, 0).ok()?;
            let size = listing::status_of(there).ok()??.size;
            Some(format!("it has {size} bytes: ask for no more"))
        }
        EACCES => mode(Segment::open(key, 0).ok()?.id()),
        _ => None,
    }
}

fn attach(id: i32, how: &Attach, errno: i32) -> Option<String> {
    match errno {
        EACCES if how.is_executable() => Some("ask for it without SHM_EXEC".into()),
        EACCES if how.is_read_only() => mode(id),
        EACCES => mode(id).map(|mode| format!("{mode}; or ask to read alone")),
        EINVAL if !how.address().is_multiple_of(shmlba()) && !how.is_rounded() => {
            Some(format!("a multiple of {} will do, or ask for SHM_RND", shmlba()))
        }
        EINVAL if how.address() != 0 => Some("have the kernel find an address".into()),
        ENOMEM => Some("see ulimit -v".into()),
        _ => None,
    }
}

fn mode(id: i32) -> Option<String> {
    let status = listing::status_of(Segment::from_id(id)).ok()??;
    let owner = user::name(status.owner);
    Some(format!("its mode is {:04o}, which its owner {owner} can change", status.mode))
}

fn whose(id: i32) -> Option<String> {
    let status = listing::status_of(Segment::from_id(id)).ok()??;
    let owner = user::name(status.owner);
    Some(match status.creator == status.owner {
        true => format!("{owner} owns it and made it"),
        false => format!("{owner} owns it, and {} made it", user::name(status.creator)),
    })
}

fn lock(id: i32, errno: i32) -> Option<String> {
    let (soft, _) = getrlimit(Resource::RLIMIT_MEMLOCK).ok()?;
    let status = listing::status_of(Segment::from_id(id)).ok().flatten();
    let us = user::effective();
    let is_others = status.is_some_and(|it| it.owner != us && it.creator != us);
    match errno {
        ENOMEM => Some(format!("RLIMIT_MEMLOCK is {soft} bytes: raise it with ulimit -l")),
        EPERM if is_others => whose(id),
        EPERM if soft == 0 => Some("RLIMIT_MEMLOCK is 0: raise it with ulimit -l".into()),
        _ => None,
    }
}

fn exists(key: Key) -> bool {
    Segment::open(key, 0).is_ok()
}
