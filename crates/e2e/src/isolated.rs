//! Namespaces of the test's own thread, and of whatever it starts from then on: nothing done in
//! them is seen outside, and all of it goes away with the last process in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, unshare};

use crate::skip::{is_root_or_skips, skip};

/// Gives this thread System V segments and limits of its own. If that cannot be, it has been
/// reported as skipped. Keys, and [`crate::segment`], then speak of the new namespace.
#[must_use]
pub fn has_own_segments_or_skips() -> bool {
    enters_or_skips(CloneFlags::CLONE_NEWIPC)
}

/// Sets a limit below `/proc/sys/kernel` for the thread's own namespace.
///
/// # Panics
/// When there is no such limit.
pub fn limit(name: &str, value: u64) {
    // The kernel shows and changes the limits of the namespace of whoever opens the file.
    fs::write(Path::new("/proc/sys/kernel").join(name), value.to_string())
        .unwrap_or_else(|error| panic!("cannot set {name}: {error}"));
}

/// A file system mounted where only one thread and what it starts can see it; unmounted on
/// drop, so that its directory can be removed. Declare it after its directory.
#[derive(Debug)]
pub struct SmallDisk {
    directory: PathBuf,
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the test may have files open in it. And a panic in a drop guard aborts.
        let _ = Command::new("umount").arg("--lazy").arg(&self.directory).status();
    }
}

/// Gives this thread a disk of so many kibibytes. If that cannot be, it has been reported as
/// skipped.
///
/// # Panics
/// When there can be a namespace, but no mount in it.
#[must_use]
pub fn small_disk_or_skip(directory: &Path, kibibytes: u64) -> Option<SmallDisk> {
    if !enters_or_skips(CloneFlags::CLONE_NEWNS) {
        return None;
    }
    // Otherwise the new mount would show in the namespace we come from.
    mount(&["--make-rprivate", "/"]);
    let size = format!("size={kibibytes}k");
    mount(&["-t", "tmpfs", "-o", &size, "tmpfs", &directory.to_string_lossy()]);
    Some(SmallDisk { directory: directory.to_owned() })
}

fn enters_or_skips(namespace: CloneFlags) -> bool {
    if !is_root_or_skips() {
        return false;
    }
    match unshare(namespace) {
        Ok(()) => true,
        Err(error) => {
            skip(&format!("needs a namespace of its own: {error}"));
            false
        }
    }
}

fn mount(args: &[&str]) {
    let status = Command::new("mount").args(args).status().expect("util-linux's mount runs");
    assert!(status.success(), "mount {args:?}: {status}");
}
