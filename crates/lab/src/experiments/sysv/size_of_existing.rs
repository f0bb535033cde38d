//! Claim 2: what the size is for when the segment is there already.

use handoff_shm::sysv::{Options, Segment};
use nix::errno::Errno;

use crate::support::{Guarded, fresh_key, page_size, refusal};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const SIZE: usize = 2052;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "size-of-existing",
    claim: 2,
    says: "on an existing segment the size has no effect, but must not exceed it",
    expect: Expect::True,
    remember: "ask for 0 if any size will do, and for the size you need if not: a segment never \
               grows, not even within its page",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does(format_args!("a segment of {SIZE} bytes:"));
    let key = fresh_key()?;
    let segment = Guarded::new(Options::new(SIZE).create(key)?);

    report.does("ask for its key again with 0 bytes, with fewer, and with as many:");
    let mut same = true;
    for size in [0, 1, SIZE] {
        same &= Segment::open(key, size)? == *segment;
    }
    let unchanged = segment.status()?.size == SIZE;
    report.part("any smaller size finds the same segment, of the same size", same && unchanged);

    report.does("with one byte more, though its page has room for it:");
    let more = Segment::open(key, SIZE + 1);
    let errno = refusal(report, "a larger size", more)?;
    report.does("and with two pages, and IPC_CREAT:");
    let pages = Options::new(2 * page_size()?).open_or_create(key);
    let errnos = [errno, refusal(report, "a larger size", pages)?];
    report.part("a larger size is refused (EINVAL)", errnos == [Errno::EINVAL; 2]);
    report.verdict()
}
