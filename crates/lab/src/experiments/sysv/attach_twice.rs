//! Claim 9: one process, several attachments.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Attach, Key, Options};

use crate::support::{Guarded, mapping_at};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "attach-twice",
    claim: 9,
    says: "one process may attach a segment several times",
    expect: Expect::True,
    remember: "shm_nattch counts attachments, not processes, and what is shared are bytes, not addresses",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("attach a segment to write, then once more to read:");
    let segment = Guarded::new(Options::new(4096).create(Key::PRIVATE)?);
    let writable = segment.attach()?;
    let readable = segment.attach_with(&Attach::new().read_only(true))?;
    let maps = [mapping_at(writable.address())?, mapping_at(readable.address())?];
    report.saw(maps[0].line());
    report.saw(maps[1].line());
    let apart = writable.address() != readable.address();
    let rights = [maps[0].permissions.as_str(), maps[1].permissions.as_str()] == ["rw-s", "r--s"];
    report.part("they have addresses and rights of their own", apart && rights);

    report.does("store 1, 2, 3 through the first and load each through the second:");
    let seen: Vec<u32> = [1, 2, 3]
        .into_iter()
        .map(|value| {
            writable.store_u32(64, value, Relaxed);
            readable.load_u32(64, Relaxed)
        })
        .collect();
    report.saw(format_args!("{seen:?}"));
    report.part("they show the same bytes", seen == [1, 2, 3]);

    report.does("count:");
    let twice = segment.status()?.attachments;
    readable.detach()?;
    let once = segment.status()?.attachments;
    report.saw(format_args!("shm_nattch is {twice}, and {once} after one detach"));
    report.part("each counts", (twice, once) == (2, 1));
    report.verdict()
}
