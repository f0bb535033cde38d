//! Settings of the kernel (sysctls, files below /proc/sys and /sys), put back afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Stop, Tidings};

/// What a setting is.
///
/// # Errors
/// What open(2) and read(2) say.
pub fn setting(path: impl AsRef<Path>) -> Result<String, Stop> {
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

/// A changed setting, which is what it was before when this is dropped. If the experiment is
/// killed, the process that started it puts it back.
#[derive(Debug)]
pub struct Changed {
    path: PathBuf,
    before: String,
}

impl Changed {
    /// Changes it.
    ///
    /// # Errors
    /// [`Stop::Skipped`] if we may not.
    pub fn new(path: impl AsRef<Path>, text: &str) -> Result<Self, Stop> {
        let path = path.as_ref().to_owned();
        let before = setting(&path)?;
        Tidings::Setting { path: path.display().to_string(), before: before.clone() }.send();
        let changed = Self { path, before };
        fs::write(&changed.path, text).map_err(|error| {
            let path = changed.path.display();
            Stop::skipped(format!("needs to set {path} to {text}: {error}"))
        })?;
        Ok(changed)
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        // What was there before is allowed to be there.
        let _ = fs::write(&self.path, &self.before);
    }
}
