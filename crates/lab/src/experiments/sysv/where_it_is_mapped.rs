//! Claim 6: where shmat(2) puts a segment.

use handoff_shm::sysv::{Key, Options};

use crate::support::{Guarded, Mapping, mapping_at, mappings};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "where-it-is-mapped",
    claim: 6,
    says: "shmat(NULL) attaches the segment somewhere, most probably in the heap",
    expect: Expect::False,
    remember: "shmat maps it where mmap maps, among libraries and large mallocs, far from the heap \
               and elsewhere in each process: so never store an address in it",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("attach a segment wherever the kernel likes:");
    let segment = Guarded::new(Options::new(4096).create(Key::PRIVATE)?);
    let attachment = segment.attach()?;
    // More than malloc(3) takes from the heap: M_MMAP_THRESHOLD is 128 KiB, at most 32 MiB.
    let large = vec![1_u8; 64 << 20];
    report.does("and have 64 MiB from malloc; then look at /proc/self/maps:");
    let (shared, large) = (mapping_at(attachment.address())?, mapping_at(large.as_ptr().addr())?);
    let all = mappings()?;
    let named = |name| all.iter().find(|mapping| mapping.name == name);
    let stack = named("[stack]").ok_or_else(|| Stop::failed("there is no stack"))?;
    let heap = named("[heap]");
    let mut shown: Vec<&Mapping> = heap.into_iter().chain([&shared, &large, stack]).collect();
    shown.extend(all.iter().find(|mapping| mapping.name.contains("libc.so")));
    shown.sort_by_key(|mapping| mapping.addresses.start);
    for mapping in shown {
        report.saw(mapping.line());
    }
    let Some(heap) = heap else {
        return Err(Stop::skipped("this process has no heap: its malloc does not use brk(2)"));
    };
    let start = shared.addresses.start;
    let gap = start.abs_diff(heap.addresses.end) >> 30;
    report.saw(format_args!("from the heap to the segment there are {gap} GiB"));
    report.part("the segment is in the heap", heap.addresses.contains(&start));
    report.verdict()
}
