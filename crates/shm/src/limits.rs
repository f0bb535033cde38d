//! The system's limits: which one a new object has hit, and what to do.

use std::io;
use std::path::Path;

use handoff_proto::segment_size;

/// What shmget(2)'s errno means for a new segment of `size` bytes, for a person.
pub(crate) fn advice(error: &io::Error, size: usize) -> Option<String> {
    match error.raw_os_error()? {
        libc::EINVAL => {
            let most = limit("shmmax")?;
            let remedy = match slots_that_fit(most.min(size as u64)) {
                0 => "not even one slot fits: raise it with sysctl".into(),
                fit => format!(
                    "ask for at most {} with --slots, or raise it with sysctl",
                    plural(fit, "slot")
                ),
            };
            Some(format!("kernel.shmmax allows {most} bytes a segment: {remedy}"))
        }
        libc::ENOSPC => Some(format!(
            "either kernel.shmmni ({} segments) or kernel.shmall ({} pages) is used up: see ipcs -m for what is there, \
             remove what nobody needs with ipcrm, or raise the limit with sysctl",
            limit("shmmni")?,
            limit("shmall")?
        )),
        libc::ENOMEM => Some("there is not so much memory: ask for fewer with --slots".into()),
        _ => None,
    }
}

/// The same for memory without a name.
pub(crate) fn memory_advice(error: &io::Error) -> Option<String> {
    match error.raw_os_error()? {
        libc::ENOSPC | libc::ENOMEM => {
            Some("there is not so much memory: ask for fewer with --slots".into())
        }
        libc::EFBIG => {
            Some("the limit on the size of files forbids it: raise it with ulimit -f".into())
        }
        _ => None,
    }
}

/// The same for a new file of a directory.
pub(crate) fn file_advice(error: &io::Error, directory: &Path) -> Option<String> {
    let at = directory.display();
    match error.raw_os_error()? {
        libc::ENOSPC | libc::EDQUOT => Some(format!(
            "there is not so much room at {at}: ask for fewer with --slots, or remove what nobody needs"
        )),
        libc::EFBIG => {
            Some("the limit on the size of files forbids it: raise it with ulimit -f".into())
        }
        libc::EOPNOTSUPP | libc::EISDIR => Some(format!(
            "the file system of {at} has no O_TMPFILE, without which others could meet a file half \
             made: choose one that has, such as a tmpfs"
        )),
        libc::ENOENT => Some(format!("there must be a directory {at}, and /proc")),
        libc::EACCES | libc::EROFS | libc::EPERM => Some(format!("we may make no file in {at}")),
        _ => None,
    }
}

fn limit(name: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?.trim().parse().ok()
}

fn slots_that_fit(bytes: u64) -> usize {
    let slot = segment_size(2) - segment_size(1);
    let header = segment_size(1) - slot;
    usize::try_from(bytes).unwrap_or(usize::MAX).saturating_sub(header) / slot
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
