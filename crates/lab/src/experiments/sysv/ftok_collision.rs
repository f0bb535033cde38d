//! Claim 5: what ftok(3) makes of a file.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use handoff_shm::sysv::{Key, Options, Segment};

use crate::support::{Directory, Guarded};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Any id but 0.
const ID: u8 = b'R';

/// Of one more file than this, two must have the same 16 bits of inode.
const CERTAIN: u64 = 1 << 16;

/// How often that many are made where they do not stay: see [`search`].
const ROUNDS: u64 = 8;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "ftok-collision",
    claim: 5,
    says: "ftok makes a key of its own from each file and id",
    expect: Expect::Partly,
    remember: "ftok keeps 8 bits of the id, 8 of the device and 16 of the inode, so two programs \
               with files of their own can meet in one segment: check what you have opened",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let directory = Directory::new()?;
    let first = make(&directory, 0)?;
    report.does(format_args!(
        "ftok({}, '{}'), twice, and with the next id:",
        first.display(),
        char::from(ID)
    ));
    let keys = [key(&first, ID)?, key(&first, ID)?, key(&first, ID + 1)?];
    report.saw(format_args!("{}, {}, {}", keys[0], keys[1], keys[2]));
    report.part("the same file and id make the same key", keys[0] == keys[1]);
    report.part("another id makes another key", keys[0] != keys[2]);

    report.does("make other files, until two have the same key:");
    let Some(Pair { first, second, made }) = search(&directory, first)? else {
        return Err(Stop::skipped("this file system never came back to the same 16 bits of inode"));
    };
    report.saw(format_args!("found after {made} files"));
    for path in [&first, &second] {
        let (file, key) = (fs::metadata(path)?, key(path, ID)?);
        report.saw(format_args!(
            "{}: device {:#x}, inode {:#x}, key {key}",
            path.display(),
            file.dev(),
            file.ino()
        ));
    }

    report.does("one program makes a segment from the first, another opens the second's:");
    let segment = Guarded::new(Options::new(100).create(key(&first, ID)?)?);
    let found = Segment::open(key(&second, ID)?, 0)?;
    report.saw(format_args!("segments {} and {}", segment.id(), found.id()));
    report.must(found == *segment, "the one key leads to the one segment")?;
    report.part("another file makes another key", found != *segment);
    report.verdict()
}

fn key(path: &Path, id: u8) -> Result<Key, Stop> {
    Ok(Key::from_path(path, id)?)
}

fn make(directory: &Directory, number: u64) -> Result<PathBuf, Stop> {
    let path = directory.path().join(number.to_string());
    fs::write(&path, "")?;
    Ok(path)
}

/// Two files with one key.
struct Pair {
    first: PathBuf,
    second: PathBuf,
    made: u64,
}

/// Makes files until two have the same key.
///
/// Where inodes are numbered ever upwards (tmpfs), a file can go as soon as it was made, and
/// when 65536 numbers are used up they come round to that of the first. Where they are used
/// again (ext4), files have to stay, or the next would have the same; but then there are so
/// many kept that two of them must agree.
fn search(directory: &Directory, first: PathBuf) -> Result<Option<Pair>, Stop> {
    let upwards = inode_of_next(directory)? != inode_of_next(directory)?;
    let mut kept = HashMap::from([(key(&first, ID)?, first)]);
    for made in 2..CERTAIN * ROUNDS {
        let second = make(directory, made)?;
        let key = key(&second, ID)?;
        if let Some(first) = kept.remove(&key) {
            return Ok(Some(Pair { first, second, made }));
        }
        if upwards {
            fs::remove_file(second)?;
        } else {
            kept.insert(key, second);
        }
    }
    Ok(None)
}

/// What a new file's inode is; the file goes again.
fn inode_of_next(directory: &Directory) -> Result<u64, Stop> {
    let path = make(directory, 1)?;
    let inode = fs::metadata(&path)?.ino();
    fs::remove_file(path)?;
    Ok(inode)
}
