//! The other side may be where it cannot be met: in another namespace.
//!
//! System V keys belong to an IPC namespace, names and sockets to a mount namespace
//! (namespaces(7)); a container has its own of both. Two sides that are apart so wait for
//! each other for ever, each with a good conscience. Nobody can look into the other
//! namespace, but its processes may be visible: then we say so.

use std::fs;
use std::path::{Path, PathBuf};

use handoff_shm::{Key, Namespace};

use crate::args::ExchangeArgs;

/// Says so, if `program` runs with our key in another namespace, and not in ours.
pub fn look_elsewhere(args: &ExchangeArgs, program: &str) {
    let namespace = args.kind().namespace();
    let name = match namespace {
        Namespace::Ipc => "ipc",
        Namespace::Mount => "mnt",
    };
    let link = |process: &Path| fs::read_link(process.join("ns").join(name)).ok();
    let Some(ours) = link(Path::new("/proc/self")) else { return };
    let others: Vec<_> = processes(program)
        .filter(|process| key_of(process) == Some(args.key))
        .filter_map(|process| Some((link(&process)?, process)))
        .collect();
    if others.iter().any(|(theirs, _)| *theirs == ours) {
        return;
    }
    if let Some((_, process)) = others.first() {
        let pid = process.file_name().unwrap_or_default().display();
        log::warn!(
            "the {program} with key {} that is process {pid} is in another {namespace} namespace, \
             where we cannot meet it: start both in the same (containers: share it, or see nsenter)",
            args.key
        );
    }
}

/// The directories in /proc of all processes of this name.
fn processes(program: &str) -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path()).filter(
        move |process| {
            fs::read_to_string(process.join("comm")).is_ok_and(|comm| comm.trim_end() == program)
        },
    )
}

/// The key on a process's command line.
fn key_of(process: &Path) -> Option<Key> {
    let line = fs::read_to_string(process.join("cmdline")).ok()?;
    let mut words = line.split('\0').skip(1);
    while let Some(word) = words.next() {
        let key = match word {
            "-k" | "--key" => words.next(),
            word => word.strip_prefix("--key=").or_else(|| word.strip_prefix("-k")),
        };
        if let Some(key) = key {
            return key.trim_start_matches('=').parse().ok();
        }
    }
    crate::args::DEFAULT_KEY.parse().ok()
}
