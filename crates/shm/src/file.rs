//! A mapped file: open(2), mmap(2), unlink(2).
//!
//! Any file will do, wherever it lies: the memory is the kernel's cache of its pages.
//! On a tmpfs there is nothing else; on a disk the kernel writes the pages back when
//! it likes, and what was not read yet survives a reboot. It lives until it is deleted.
//!
//! How it is made and judged is in the `named` module.

use std::env;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::unlink;

use crate::key::Key;
use crate::named::{self, Place};
use crate::segment::{Kind, Newcomer, Request, Segment, SegmentError};

/// A file, found by its path.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Where it is; `$XDG_RUNTIME_DIR/handoff-KEY`, or in `/tmp`, if this does not say.
    pub path: Option<PathBuf>,
}

impl Kind for File {
    fn attach(
        &self,
        request: &Request,
        _newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError> {
        let path = self.path.clone().unwrap_or_else(|| default_path(request.key));
        named::attach(FileName { path }, request)
    }
}

/// Where a key's file is, if nobody says otherwise.
pub fn default_path(key: Key) -> PathBuf {
    let directory = env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
    PathBuf::from(directory.unwrap_or_else(|| "/tmp".into())).join(format!("handoff-{key}"))
}

struct FileName {
    path: PathBuf,
}

impl Place for FileName {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self) -> nix::Result<OwnedFd> {
        // O_NONBLOCK: should it be a pipe by now, we do not wait for its other end.
        let flags = OFlag::O_RDWR | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        openat(AT_FDCWD, &self.path, flags, Mode::empty())
    }

    fn unlink(&self) -> nix::Result<()> {
        unlink(&self.path)
    }

    fn label(&self) -> String {
        format!("file {}", self.path.display())
    }
}
