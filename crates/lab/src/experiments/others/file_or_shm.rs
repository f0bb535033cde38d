//! Claim 28: a mapped file beside shared memory.
//!
//! The hand-off is our own, by sender and receiver in a process each; what differs is only
//! where its memory comes from.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use handoff_proto::{Arrival, Interrupt, Room, Sender, Strategy};
use handoff_shm::file::File;
use handoff_shm::sysv::Sysv;
use handoff_shm::{Key, Kind, Request, attach_reader, attach_writer, finish};
use nix::unistd::ftruncate;

use super::ways;
use crate::support::{self, Directory, Guarded, Mapped, Peer, Spread, conditions, say, unseen};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Hand-offs in a round, 64 bytes each.
const HAND_OFFS: u64 = 20_000;
const TEXT: [u8; 64] = [b'x'; 64];

/// Rounds; both come in every round, so that drift hits both alike.
const ROUNDS: usize = 9;

/// Calls of msync, a page changed before each.
const SYNCS: usize = 50;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "file-or-shm",
    claim: 28,
    says: "a mapped file goes to disk, so it is slower than shared memory",
    expect: Expect::False,
    remember: "two processes that map a file share the kernel's cache of its pages, as with \
        shared memory: the disk comes later and by itself, unless somebody calls msync",
    run: |report| unseen(|| run(report)),
    roles: &[("receiver", |args| unseen(|| receiver(args)))],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let place = ways::place_for_files();
    let kind = ways::file_system(&place)?;
    report.does(format_args!(
        "{HAND_OFFS} hand-offs of {} bytes, {ROUNDS} rounds: System V, and a file ({kind}, {}):",
        TEXT.len(),
        place.display()
    ));
    if ways::is_in_memory(&kind) {
        return Err(Stop::skipped("no directory for temporary files is on a disk"));
    }
    // A receiver that is killed may still make its file: not where its directory is gone.
    let directory = Directory::within(&place)?;
    let mut nanos = [Vec::new(), Vec::new()];
    let mut written = 0;
    for _ in 0..ROUNDS {
        nanos[0].push(round(&Where::Sysv)?.nanos);
        let round = round(&Where::File(directory.path().join("exchange")))?;
        nanos[1].push(round.nanos);
        written = written.max(round.written);
    }
    let [sysv, file] = nanos.map(Spread::of);
    report.saw(conditions());
    report.saw(format_args!("System V: {sysv:.0} ns each; the file: {file:.0} ns each"));
    report.saw(format_args!("the file takes {:.2} times as long", file.median / sysv.median));
    let bytes = HAND_OFFS * TEXT.len() as u64;
    report.saw(format_args!(
        "of {bytes} bytes handed over in a round, at most {written} were counted as bytes for a \
            disk (/proc/PID/io)"
    ));
    report.part("what is handed over through a file goes to disk", written >= bytes);

    let [on_file, in_memory] = syncs()?;
    report.does(format_args!("{SYNCS} times: change a page, and msync(MS_SYNC):"));
    report.saw(format_args!("the file: {on_file:.1} us a call; memfd: {in_memory:.1} us"));
    report.verdict()
}

/// Where the memory of an exchange comes from.
enum Where {
    Sysv,
    File(PathBuf),
}

impl Where {
    fn kind(&self) -> Box<dyn Kind> {
        match self {
            Self::Sysv => Box::new(Sysv),
            Self::File(path) => Box::new(File { path: Some(path.clone()) }),
        }
    }

    /// As arguments of a peer.
    fn args(&self, key: &str) -> Vec<String> {
        let path = match self {
            Self::Sysv => None,
            Self::File(path) => Some(path.display().to_string()),
        };
        [key.to_owned()].into_iter().chain(path).collect()
    }
}

fn request(key: &str) -> Result<Request, Stop> {
    Ok(Request::new(Key::from_str(key)?))
}

/// What a round came to.
struct Round {
    /// Of a hand-off.
    nanos: f64,
    /// Bytes that this process had to be written to a disk.
    written: u64,
}

/// Sends to a receiver until it has it all, and has removed the memory.
fn round(memory: &Where) -> Result<Round, Stop> {
    // Of use to System V only; a file has its path.
    let (key, guard) = Guarded::exchange()?;
    let key = format!("{:#x}", key.get());
    let mut receiver = Peer::start(EXPERIMENT.name, "receiver", &memory.args(&key))?;
    // It has its role, and the memory is made.
    receiver.hears()?;
    let interrupt = Interrupt::never();
    let kind = memory.kind();
    let mut sender = attach_writer(&*kind, &request(&key)?, &interrupt, Strategy::Futex)?.endpoint;
    let before = written()?;
    let start = Instant::now();
    for _ in 0..HAND_OFFS {
        wait_for_room(&mut sender)?;
        sender.send(&TEXT)?;
    }
    wait_for_room(&mut sender)?;
    sender.end()?;
    // It says so when it has seen the end.
    receiver.hears()?;
    let elapsed = start.elapsed();
    let written = written()? - before;
    receiver.end_well()?;
    drop(guard);
    Ok(Round { nanos: elapsed.as_nanos() as f64 / HAND_OFFS as f64, written })
}

fn wait_for_room(sender: &mut Sender) -> Result<(), Stop> {
    loop {
        match sender.wait()? {
            Room::Free => return Ok(()),
            Room::Peer(state) if state.is_orphaned() => {
                return Err(Stop::failed("the receiver is gone"));
            }
            Room::Peer(_) | Room::Interrupted => {}
        }
    }
}

/// Bytes that this process has caused to be sent to storage: see proc_pid_io(5).
fn written() -> Result<u64, Stop> {
    let uncounted = || Stop::skipped("this kernel does not count in /proc/PID/io");
    let io = fs::read_to_string("/proc/self/io").map_err(|_| uncounted())?;
    let bytes = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok());
    bytes.ok_or_else(uncounted)
}

/// Receives all that comes, and removes the memory.
fn receiver(args: &[String]) -> Result<(), Stop> {
    let [key, path @ ..] = args else { return Err(Stop::failed("a key is needed")) };
    let memory = path.first().map_or(Where::Sysv, |path| Where::File(path.into()));
    let interrupt = Interrupt::never();
    let kind = memory.kind();
    let attached = attach_reader(&*kind, &request(key)?, &interrupt, Strategy::Futex)?;
    let (mut receiver, segment) = (attached.endpoint, attached.segment);
    say("there");
    let (mut came, mut buffer) = (0, [0; handoff_proto::TEXT_BYTES]);
    loop {
        match receiver.wait()? {
            Arrival::Text => {
                if receiver.first_text(&mut buffer) != TEXT {
                    return Err(Stop::failed("another text came than was sent"));
                }
                receiver.acknowledge_first()?;
                came += 1;
            }
            Arrival::End(_) => break,
            Arrival::Peer(state) if state.is_orphaned() => {
                return Err(Stop::failed("the sender is gone"));
            }
            Arrival::Peer(_) | Arrival::Interrupted => {}
        }
    }
    if came != HAND_OFFS {
        return Err(Stop::failed(format!("{came} texts came, not {HAND_OFFS}")));
    }
    say("all came");
    finish(&*segment, receiver, &interrupt)?;
    Ok(())
}

/// Microseconds of an msync: of a file, and of memory without a name.
fn syncs() -> Result<[Spread; 2], Stop> {
    let page = support::page_size()?;
    let map = |object: &ways::Object| {
        ftruncate(&object.fd, i64::try_from(page)?)?;
        Mapped::new(&object.fd, page)
    };
    let (file, memfd) = (ways::file()?, ways::memfd()?);
    let (on_file, in_memory) = (map(&file)?, map(&memfd)?);
    let mut micros = [Vec::new(), Vec::new()];
    for number in 0..SYNCS {
        for (mapped, micros) in [&on_file, &in_memory].into_iter().zip(&mut micros) {
            mapped.store(0, number as u8);
            let start = Instant::now();
            mapped.sync()?;
            micros.push(start.elapsed().as_nanos() as f64 / 1e3);
        }
    }
    Ok(micros.map(Spread::of))
}
