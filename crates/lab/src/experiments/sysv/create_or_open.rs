//! Claim 3: IPC_CREAT and IPC_EXCL.

use handoff_shm::sysv::{Options, Segment};
use nix::errno::Errno;

use crate::support::{Guarded, fresh_key, refusal};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "create-or-open",
    claim: 3,
    says: "IPC_CREAT makes a segment or opens it, with IPC_EXCL only makes, and without either only opens",
    expect: Expect::True,
    remember: "only IPC_CREAT with IPC_EXCL tells you that the segment is new; of many who try it \
               at once, one succeeds",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let key = fresh_key()?;
    report.does("open a key behind which there is nothing:");
    let missing = refusal(report, "a missing key", Segment::open(key, 0))?;
    report.part("without IPC_CREAT, a missing key is ENOENT", missing == Errno::ENOENT);

    report.does("the same with IPC_CREAT, twice:");
    let options = Options::new(100);
    let first = Guarded::new(options.open_or_create(key)?);
    let second = options.open_or_create(key)?;
    let one = second == *first;
    report.saw("nothing tells that the first made it and the second did not");
    report.part("IPC_CREAT makes it or opens it", one);

    report.does("with IPC_EXCL, too:");
    let taken = refusal(report, "an existing key", options.create(key))?;
    report.part("with IPC_EXCL, an existing key is EEXIST", taken == Errno::EEXIST);
    report.verdict()
}
