//! A directory of an experiment's own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::mkdtemp;

use crate::{Stop, Tidings};

/// A fresh directory, only for us (mode 0700), that goes with all that is in it when this is
/// dropped. If the experiment is killed, the process that started it removes it.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// In /dev/shm, which is memory and so is fast, or else where temporary files are.
    ///
    /// # Errors
    /// What mkdir(2) says.
    pub fn new() -> Result<Self, Stop> {
        match Self::within(Path::new("/dev/shm")) {
            Ok(directory) => Ok(directory),
            Err(_) => Self::within(&env::temp_dir()),
        }
    }

    /// In this directory.
    ///
    /// # Errors
    /// What mkdir(2) says.
    pub fn within(parent: &Path) -> Result<Self, Stop> {
        let path = mkdtemp(&parent.join("handoff-lab-XXXXXX"))?;
        Tidings::Directory(path.display().to_string()).send();
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Nobody else has a right to it; if it is gone, so be it.
        let _ = fs::remove_dir_all(&self.path);
    }
}
