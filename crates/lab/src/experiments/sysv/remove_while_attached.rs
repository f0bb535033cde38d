//! Claim 12: IPC_RMID while somebody has the segment attached.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Options, Segment};
use nix::errno::Errno;

use crate::support::{Guarded, fresh_key, refusal};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "remove-while-attached",
    claim: 12,
    says: "IPC_RMID deletes the segment at the last detach",
    expect: Expect::True,
    remember: "IPC_RMID takes away the key at once and the memory with the last detach: two groups \
               of processes with one key may then use two segments and never meet",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let key = fresh_key()?;
    report.does("make, attach, remove:");
    let old = Guarded::new(Options::new(4096).create(key)?);
    let attachment = old.attach()?;
    old.remove()?;
    let status = old.status()?;
    report.saw(format_args!(
        "SHM_DEST is set: {}; its key is {}",
        status.is_removed,
        status.key.get()
    ));
    report.part("it is marked, and its key becomes 0", status.is_removed && status.key.get() == 0);

    report.does("store and load through the attachment:");
    attachment.store_u32(0, 5, Relaxed);
    let seen = attachment.load_u32(0, Relaxed);
    report.saw(seen);
    report.part("who has it attached goes on", seen == 5);

    report.does("make one of the same key:");
    let new = Guarded::new(Options::new(4096).create(key)?);
    let fresh = new.attach()?.load_u32(0, Relaxed);
    report.saw(format_args!("segment {}, not {}; its first word is {fresh}", new.id(), old.id()));
    report.part("the same key makes a new one", new.id() != old.id() && fresh == 0);

    report.does("attach the removed one by its id, which POSIX does not promise:");
    let second = old.attach()?;
    let seen = second.load_u32(0, Relaxed);
    report.saw(format_args!("its first word is {seen}"));
    report.part("on Linux its id still leads to it", seen == 5);

    report.does("detach both, then ask for it:");
    attachment.detach()?;
    second.detach()?;
    let errno = gone(report, *old)?;
    report.part("with the last detach it is gone", matches!(errno, Errno::EINVAL | Errno::EIDRM));
    report.verdict()
}

fn gone(report: &mut Report, segment: Segment) -> Result<Errno, Stop> {
    refusal(report, "a segment that is gone", segment.status())
}
