//! Files of an experiment's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::fresh::fresh_number;
use crate::Tidings;

/// A name that nobody else uses, in whichever directory. (By how it begins, scripts/test.sh
/// finds what was left behind.)
#[must_use]
pub fn fresh_name() -> String {
    format!("handoff-{:#010x}", fresh_number())
}

/// A file that is removed when this is dropped, also by a panic. If the experiment is killed,
/// the process that started it removes it.
#[derive(Debug)]
pub struct Removed {
    path: PathBuf,
}

impl Removed {
    /// Takes over a path, before there is a file.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Tidings::File(path.display().to_string()).send();
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = fs::remove_file(&self.path);
    }
}
