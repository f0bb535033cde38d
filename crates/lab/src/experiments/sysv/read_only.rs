//! Claim 8: SHM_RDONLY.

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use handoff_shm::sysv::{Attach, Key, Options};
use nix::errno::Errno;
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::Signal;

use crate::support::{Guarded, NOBODY, Peer, is_root, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "read-only";
const MODEST: &str = "modest";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 8,
    says: "SHM_RDONLY attaches the segment for reading only",
    expect: Expect::True,
    remember: "read-only is a property of the attachment, kept by the processor: a store is a \
               SIGSEGV, and it needs only the permission to read",
    run,
    roles: &[(MODEST, modest)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("one segment, attached to write and attached to read:");
    let segment = Guarded::new(Options::new(4096).create(Key::PRIVATE)?);
    let writable = segment.attach()?;
    let readable = segment.attach_with(&Attach::new().read_only(true))?;
    writable.store_u32(0, 7, Relaxed);
    let seen = readable.load_u32(0, Relaxed);
    report.saw(format_args!("7 is stored through the one, {seen} loaded through the other"));
    report.part("it can be read", seen == 7);

    report.does("a child stores a byte through the one to read:");
    let status = Peer::fork(|| {
        // A core dump would be left behind, somewhere, whatever RLIMIT_CORE says.
        set_dumpable(false)?;
        readable.poke(0, 8);
        Ok(())
    })?
    .end()?;
    report
        .saw(format_args!("it ends with {status}; the word is {}", writable.load_u32(0, Acquire)));
    let killed = status.signal() == Some(Signal::SIGSEGV as i32);
    report.part("a store gets SIGSEGV", killed && writable.load_u32(0, Acquire) == 7);

    report.does("a user who may only read (mode 0400) attaches a segment both ways:");
    let (no_args, nobody) = (&[][..], is_root().then_some(NOBODY));
    let mut peer = match nobody {
        // Root may write whatever the mode says.
        Some(uid) => Peer::start_as(uid, NAME, MODEST, no_args)?,
        None => Peer::start(NAME, MODEST, no_args)?,
    };
    let (to_write, to_read) = (peer.hears()?, peer.hears()?);
    peer.end_well()?;
    report.saw(format_args!("to read and write: {to_write}; to read: {to_read}"));
    report.part(
        "without the permission to write, only SHM_RDONLY attaches",
        [to_write, to_read] == ["EACCES", "attached"],
    );
    report.verdict()
}

fn modest(_: &[String]) -> Result<(), Stop> {
    let segment = Guarded::new(Options::new(4096).mode(0o400).create(Key::PRIVATE)?);
    for read_only in [false, true] {
        match segment.attach_with(&Attach::new().read_only(read_only)) {
            Ok(_) => say("attached"),
            Err(error) => say(format_args!("{:?}", Errno::from_raw(error.errno()))),
        }
    }
    Ok(())
}
