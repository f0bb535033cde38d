//! Claim 29: memory without a name.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};

use handoff_shm::descriptors;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::stat::fstat;
use nix::unistd::ftruncate;

use super::ways;
use crate::support::{self, Directory, Mapped, Peer, mapping_at, say, wait_for_go};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Bytes of the memory: enough to be seen in the machine's sum.
const LENGTH: usize = 32 << 20;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "memfd-passing",
    claim: 29,
    says: "a memfd has no name, and is shared by passing its descriptor",
    expect: Expect::True,
    remember: "no name: nobody finds it by guessing, nothing is left of it after the last close, \
        and its seals are the one promise about its size that a peer cannot break",
    run,
    roles: &[("receiver", receiver), ("neighbour", neighbour)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let before = shared_kilobytes()?;
    let memfd = ways::memfd()?;
    ftruncate(&memfd.fd, i64::try_from(LENGTH)?)?;
    let memory = Mapped::new(&memfd.fd, LENGTH)?;
    (0..LENGTH).step_by(support::page_size()?).for_each(|at| memory.store(at, 1));
    has_no_name(report, &memfd, &memory)?;
    seals(report, &memfd)?;

    let mut receiver = pass(report, &memfd, &memory)?;
    let pid = std::process::id().to_string();
    let number = memfd.fd.as_raw_fd().to_string();
    report.does(format_args!("a third process opens /proc/{pid}/fd/{number}:"));
    let mut neighbour = Peer::start(EXPERIMENT.name, "neighbour", &[pid, number])?;
    report.saw(neighbour.hears()?);
    neighbour.end_well()?;

    let with = shared_kilobytes()?;
    drop((memory, memfd));
    report.does("munmap and close here; the receiver looks once more:");
    receiver.go()?;
    let still = receiver.hears()?;
    report.saw(&still);
    report.part("it is there as long as anybody has it", still == "it sees 43");
    receiver.end_well()?;
    let after = shared_kilobytes()?;
    report.does("the receiver ends, and it was the last one:");
    report.saw(format_args!(
        "Shmem in /proc/meminfo (all of the machine): {before} kB before, {with} kB with it, \
            {after} kB now"
    ));
    report.verdict()
}

fn has_no_name(report: &mut Report, memfd: &ways::Object, memory: &Mapped) -> Result<(), Stop> {
    report.does(format_args!(
        "memfd_create(\"lab\", MFD_ALLOW_SEALING), ftruncate to {} MiB, mmap:",
        LENGTH >> 20
    ));
    let link = fs::read_link(format!("/proc/self/fd/{}", memfd.fd.as_raw_fd()))?;
    let names = fstat(&memfd.fd)?.st_nlink;
    report.saw(format_args!("/proc/self/fd: {}; names (st_nlink): {names}", link.display()));
    report.saw(format_args!("/proc/self/maps: {}", mapping_at(memory.address())?.line()));
    let nowhere = names == 0 && fs::metadata(&link).is_err();
    report.part("it has no name that could be opened", nowhere);
    Ok(())
}

fn seals(report: &mut Report, memfd: &ways::Object) -> Result<(), Stop> {
    let all = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    report.does("fcntl(F_ADD_SEALS, F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_SEAL):");
    fcntl(&memfd.fd, FcntlArg::F_ADD_SEALS(all))?;
    let length = i64::try_from(LENGTH)?;
    let results = [
        ("ftruncate to less", ftruncate(&memfd.fd, 0)),
        ("ftruncate to more", ftruncate(&memfd.fd, 2 * length)),
        (
            "one more seal",
            fcntl(&memfd.fd, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).map(drop),
        ),
    ];
    for (what, result) in results {
        report.saw(format_args!("{what}: {result:?}"));
        report.must(result == Err(Errno::EPERM), format_args!("{what} is refused"))?;
    }
    Ok(())
}

/// Sends the descriptor to another process, which answers in the memory.
fn pass(report: &mut Report, memfd: &ways::Object, memory: &Mapped) -> Result<Peer, Stop> {
    let directory = Directory::new()?;
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path)?;
    memory.store(0, 42);
    report.does("a Unix socket: sendmsg with the descriptor (SCM_RIGHTS) and one byte:");
    let mut receiver = Peer::start(EXPERIMENT.name, "receiver", &[path.display().to_string()])?;
    let (socket, _) = listener.accept()?;
    descriptors::send(&socket, &[memfd.fd.as_fd()], b"x")?;
    let said = receiver.hears()?;
    report.saw(format_args!("the receiver: {said}"));
    report.saw(format_args!("and what it wrote is here: {}", memory.load(0)));
    report.part("whoever gets its descriptor has the same memory", memory.load(0) == 43);
    Ok(receiver)
}

/// Receives a descriptor, and has a look before and after the sender gave it up.
fn receiver(args: &[String]) -> Result<(), Stop> {
    let [path] = args else { return Err(Stop::failed("a path is needed")) };
    let socket = UnixStream::connect(path)?;
    let (_, mut fds) = descriptors::receive(&socket, 1, &mut [0])?;
    let fd = fds.pop().ok_or_else(|| Stop::failed("no descriptor came"))?;
    let seals = SealFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GET_SEALS)?);
    let memory = Mapped::new(&fd, LENGTH)?;
    let saw = memory.load(0);
    memory.store(0, 43);
    say(format_args!(
        "descriptor {} here, {saw} in its first byte, seals {seals:?}",
        fd.as_raw_fd()
    ));
    wait_for_go()?;
    say(format_args!("it sees {}", memory.load(0)));
    wait_for_go()
}

/// Opens another process's descriptor by its name in /proc.
fn neighbour(args: &[String]) -> Result<(), Stop> {
    let [pid, number] = args else { return Err(Stop::failed("whose descriptor?")) };
    let path = format!("/proc/{pid}/fd/{number}");
    match fs::File::options().read(true).write(true).open(&path) {
        Ok(file) => say(format_args!(
            "it sees {}, too: a user's processes can",
            Mapped::new(&file, LENGTH)?.load(0)
        )),
        Err(error) => say(format_args!("not here: {error}")),
    }
    Ok(())
}

/// What is in all tmpfs, memfds and System V segments of the machine together.
fn shared_kilobytes() -> Result<u64, Stop> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let value =
        text.lines().find_map(|line| line.strip_prefix("Shmem:")?.split_whitespace().next());
    Ok(value.ok_or_else(|| Stop::failed("no Shmem in /proc/meminfo"))?.parse()?)
}
