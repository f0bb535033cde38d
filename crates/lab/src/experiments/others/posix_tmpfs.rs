//! Claim 27: where POSIX shared memory is, and what follows from its being a file.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::posix_fallocate;
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::mman::shm_open;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, fstat};
use nix::unistd::ftruncate;

use super::ways;
use crate::support::{self, Directory, Mapped, Peer, enter_own, say, wait_for_go};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Bytes of the small tmpfs, and of the file in it that has no room there.
const SMALL: usize = 64 << 10;
const LARGE: usize = 1 << 20;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "posix-tmpfs",
    claim: 27,
    says: "POSIX shared memory is a file in /dev/shm, which is a tmpfs",
    expect: Expect::True,
    remember: "it is a file, so whoever may write it can shrink it under you, and a full tmpfs \
        is a SIGBUS in the middle of a store: reserve with posix_fallocate, which says ENOSPC",
    run,
    roles: &[("reader", reader), ("filler", filler), ("reserver", reserver)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let page = support::page_size()?;
    let object = ways::posix_object()?;
    ftruncate(&object.fd, i64::try_from(2 * page)?)?;
    let path = object.path.as_ref().ok_or_else(|| Stop::failed("no path"))?.path();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    report.does(format_args!("shm_open(\"/{name}\", O_CREAT|O_EXCL), ftruncate to two pages:"));
    let (there, opened) = (nix::sys::stat::stat(path)?, fstat(&object.fd)?);
    report.saw(format_args!("{}: {} bytes, inode {}", path.display(), there.st_size, there.st_ino));
    let same = (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino);
    report.part("there is a file of that name in /dev/shm, and it is the object", same);
    let kind = ways::file_system(Path::new("/dev/shm"))?;
    report.does("statfs(\"/dev/shm\"):");
    report.saw(&kind);
    report.part("which is a tmpfs", kind == "tmpfs");

    shrunk_under_a_reader(report, &object, &name, page)?;
    full(report)?;
    report.verdict()
}

fn shrunk_under_a_reader(
    report: &mut Report,
    object: &ways::Object,
    name: &str,
    page: usize,
) -> Result<(), Stop> {
    let memory = Mapped::new(&object.fd, 2 * page)?;
    memory.store(page, 42);
    let mut reader = Peer::start(EXPERIMENT.name, "reader", &[name.to_owned()])?;
    report.does("a reader maps both pages, and reads the second one:");
    report.saw(reader.hears()?);
    report.does("ftruncate to one page, then the reader reads once more:");
    ftruncate(&object.fd, i64::try_from(page)?)?;
    reader.go()?;
    let signal = reader.end()?.signal();
    report.saw(format_args!("the reader is killed by {}", named(signal)));
    report.must(signal == Some(libc::SIGBUS), "a shrunk object is a SIGBUS")
}

fn named(signal: Option<i32>) -> String {
    let signal = signal.and_then(|number| Signal::try_from(number).ok());
    signal.map_or_else(|| "no signal".to_owned(), |signal| signal.to_string())
}

/// The same two steps in a tmpfs that is too small.
fn full(report: &mut Report) -> Result<(), Stop> {
    let directory = Directory::new()?;
    let args = [directory.path().display().to_string()];
    report.does(format_args!(
        "in a tmpfs of {} KiB: ftruncate to {} KiB, mmap, a byte in each page:",
        SMALL >> 10,
        LARGE >> 10
    ));
    let mut filler = Peer::start(EXPERIMENT.name, "filler", &args)?;
    let mut said = filler.hears()?;
    if let Some(why) = said.strip_prefix("skipped: ") {
        report.not_shown(format_args!("a full tmpfs: {why}"));
        return Ok(());
    }
    report.saw(&said);
    let mut pages = 0;
    while let Ok(line) = filler.hears() {
        said = line;
        pages += 1;
    }
    let signal = filler.end()?.signal();
    report.saw(format_args!(
        "{pages} stores begun, the last one at {said}, and killed by {}",
        named(signal)
    ));
    report.must(signal == Some(libc::SIGBUS), "a full tmpfs is a SIGBUS")?;

    report.does(format_args!("the same, but posix_fallocate of {} KiB:", LARGE >> 10));
    let mut reserver = Peer::start(EXPERIMENT.name, "reserver", &args)?;
    let said = reserver.hears()?;
    reserver.end_well()?;
    report.saw(&said);
    report.must(said == Errno::ENOSPC.to_string(), "posix_fallocate says ENOSPC")
}

/// Maps both pages of an object, and reads the second one twice.
fn reader(args: &[String]) -> Result<(), Stop> {
    let [name] = args else { return Err(Stop::failed("a name is needed")) };
    let page = support::page_size()?;
    dies_without_a_core()?;
    let flags = nix::fcntl::OFlag::O_RDWR;
    let memory =
        Mapped::new(shm_open(format!("/{name}").as_str(), flags, Mode::empty())?, 2 * page)?;
    say(format_args!("the reader sees {}", memory.load(page)));
    wait_for_go()?;
    say(format_args!("and now {}", memory.load(page)));
    Ok(())
}

/// Nothing is left of it then.
fn dies_without_a_core() -> Result<(), Stop> {
    Ok(setrlimit(Resource::RLIMIT_CORE, 0, 0)?)
}

/// A file in a tmpfs of its own, which nobody else sees and which goes with the process.
fn small_tmpfs(args: &[String]) -> Result<fs::File, Stop> {
    let [directory] = args else { return Err(Stop::failed("a directory is needed")) };
    enter_own(CloneFlags::CLONE_NEWNS)?;
    let nothing = None::<&str>;
    // Otherwise the new mount would show in the namespace that we come from.
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)?;
    let size = format!("size={SMALL}");
    let directory = Path::new(directory);
    mount(Some("tmpfs"), directory, Some("tmpfs"), MsFlags::empty(), Some(size.as_str()))?;
    Ok(fs::File::options().read(true).write(true).create_new(true).open(directory.join("file"))?)
}

/// Stores a byte in each page of a file that is larger than its file system.
fn filler(args: &[String]) -> Result<(), Stop> {
    let file = match small_tmpfs(args) {
        Err(Stop::Skipped(why)) => {
            say(format_args!("skipped: {why}"));
            return Ok(());
        }
        file => file?,
    };
    dies_without_a_core()?;
    ftruncate(&file, i64::try_from(LARGE)?)?;
    let memory = Mapped::new(&file, LARGE)?;
    say("ftruncate and mmap both succeed");
    for offset in (0..LARGE).step_by(support::page_size()?) {
        say(format_args!("{} KiB", offset >> 10));
        memory.store(offset, 1);
    }
    Ok(())
}

/// Reserves room for such a file.
fn reserver(args: &[String]) -> Result<(), Stop> {
    let file = small_tmpfs(args)?;
    let result = posix_fallocate(&file, 0, i64::try_from(LARGE)?);
    say(result.err().map_or_else(|| "0".to_owned(), |errno| errno.to_string()));
    Ok(())
}
