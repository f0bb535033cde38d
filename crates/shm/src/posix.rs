//! POSIX shared memory: shm_open(3), mmap(2), shm_unlink(3).
//!
//! An object is found by a name, `/handoff-KEY`, which on Linux is a file of a tmpfs,
//! `/dev/shm/handoff-KEY`. It lives until it is unlinked, or the machine goes down.
//! Unlike System V there is a file behind it: ls(1) shows it, rm(1) removes it, and
//! ftruncate(2) can take it away under who has it mapped.
//!
//! How it is made and judged is in the `named` module.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::key::Key;
use crate::named::{self, Place};
use crate::segment::{Kind, Newcomer, Request, Segment, SegmentError};

/// Where glibc and musl keep POSIX objects (shm_overview(7)).
const DIRECTORY: &str = "/dev/shm";

/// POSIX shared memory, found by a name made from the key.
#[derive(Clone, Copy, Debug)]
pub struct Posix;

impl Kind for Posix {
    fn attach(
        &self,
        request: &Request,
        _newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError> {
        let name = name(request.key);
        named::attach(PosixName { name: name.into(), path: path(request.key) }, request)
    }
}

fn name(key: Key) -> String {
    format!("/handoff-{key}")
}

/// Where a key's object is, as a file.
pub fn path(key: Key) -> PathBuf {
    PathBuf::from(format!("{DIRECTORY}{}", name(key)))
}

struct PosixName {
    name: OsString,
    path: PathBuf,
}

impl Place for PosixName {
    fn path(&self) -> &Path {
        &self.path
    }

    /// shm_open adds O_NOFOLLOW and O_CLOEXEC by itself.
    fn open(&self) -> nix::Result<OwnedFd> {
        shm_open(self.name.as_os_str(), OFlag::O_RDWR, Mode::empty())
    }

    fn unlink(&self) -> nix::Result<()> {
        shm_unlink(self.name.as_os_str())
    }

    fn label(&self) -> String {
        format!("POSIX object {}", self.path.display())
    }
}
