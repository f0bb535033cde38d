//! POSIX objects and files of writer and reader, found by their names.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handoff_shm::{Key, file, posix};
use serde::Serialize;

use super::account::Account;
use super::exchange::Contents;
use super::holders::{Holder, Holders};
use super::memory::Read;
use super::segment::octal;

/// An object with a name in a file system.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    pub(crate) key: Option<u32>,
    pub(crate) bytes: u64,
    #[serde(serialize_with = "octal")]
    pub(crate) mode: u32,
    pub(crate) owner: Account,
    pub(crate) group: Account,
    /// Names that lead to it.
    pub(crate) links: u64,
    /// Seconds since the epoch, and seconds since that.
    pub(crate) changed_at: u64,
    pub(crate) age: u64,
    pub(crate) contents: Contents,
    pub(crate) holders: Vec<Holder>,
}

impl Named {
    /// What has this name, and what is in it.
    pub(crate) fn at(path: &Path, key: Option<u32>, holders: &Holders) -> io::Result<Self> {
        let status = fs::symlink_metadata(path)?;
        let contents = match Read::open(path) {
            Ok(memory) => Contents::of(&memory),
            Err(error) => Contents::Unreadable { why: error.to_string() },
        };
        let changed_at = u64::try_from(status.ctime()).unwrap_or(0);
        Ok(Self {
            path: path.to_owned(),
            key,
            bytes: status.len(),
            mode: status.mode() & 0o7777,
            owner: Account::user(status.uid()),
            group: Account::group(status.gid()),
            links: status.nlink(),
            changed_at,
            age: super::seconds(SystemTime::now()).saturating_sub(changed_at),
            contents,
            holders: holders.of_file(&status, path),
        })
    }
}

/// All POSIX objects that have a name of ours.
pub(crate) fn posix_objects(holders: &Holders) -> Vec<Named> {
    in_directory(posix::path(any_key()).parent(), holders)
}

/// All files that have a name of ours, where writer and reader put them by themselves.
pub(crate) fn files(holders: &Holders) -> Vec<Named> {
    let default = file::default_path(any_key());
    let mut directories = vec![default.parent().unwrap_or(Path::new("/tmp")), Path::new("/tmp")];
    directories.dedup();
    directories.into_iter().flat_map(|at| in_directory(Some(at), holders)).collect()
}

/// The same where they put them now, with the environment that we have in common.
pub(crate) fn files_of_ours(holders: &Holders) -> Vec<Named> {
    in_directory(file::default_path(any_key()).parent(), holders)
}

fn any_key() -> Key {
    "1".parse().expect("a number that is not 0 is a key")
}

fn in_directory(directory: Option<&Path>, holders: &Holders) -> Vec<Named> {
    let Some(directory) = directory else { return Vec::new() };
    let mut found: Vec<_> = ours(directory, "")
        .filter(|(path, _)| fs::symlink_metadata(path).is_ok_and(|status| !status.is_dir()))
        .filter_map(|(path, key)| Named::at(&path, Some(number(key)), holders).ok())
        .collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// A key as a number.
pub(crate) fn number(key: Key) -> u32 {
    key.as_key_t().cast_unsigned()
}

/// Names in a directory that writer and reader would give to a key's object, exactly: other
/// programs' files may begin alike.
pub(crate) fn ours(directory: &Path, suffix: &str) -> impl Iterator<Item = (PathBuf, Key)> {
    let suffix = suffix.to_owned();
    fs::read_dir(directory).into_iter().flatten().flatten().filter_map(move |entry| {
        let name = entry.file_name().into_string().ok()?;
        let key: Key = name.strip_prefix("handoff-")?.strip_suffix(&suffix)?.parse().ok()?;
        (name == format!("handoff-{key}{suffix}")).then(|| (entry.path(), key))
    })
}
