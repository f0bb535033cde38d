//! Claim 15: how many segments there may be, and how large.

use std::fs;

use handoff_shm::sysv::{self, Key, Options};
use nix::errno::Errno;
use nix::sched::CloneFlags;

use crate::support::{Guarded, enter_own, page_size, refusal};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// SHMALL, in the namespace of our own.
const PAGES: usize = 6;
/// SHMMNI there.
const SEGMENTS: usize = 3;
/// SHMMAX there, in pages.
const LARGEST: usize = 4;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "limits",
    claim: 15,
    says: "SHMMAX, SHMMIN, SHMMNI, SHMALL and SHMSEG limit what there may be",
    expect: Expect::Partly,
    remember: "too large is EINVAL (SHMMAX), too many is ENOSPC (SHMMNI segments or SHMALL pages, \
               and errno does not tell which); nothing counts a process's attachments",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("the limits here:");
    show(report)?;
    report.does("the limits in an IPC namespace of our own, where they can be changed:");
    enter_own(CloneFlags::CLONE_NEWIPC)?;
    let page = page_size()?;
    for (name, value) in [("shmmax", LARGEST * page), ("shmmni", SEGMENTS), ("shmall", PAGES)] {
        let path = format!("/proc/sys/kernel/{name}");
        fs::write(&path, value.to_string())
            .map_err(|error| Stop::skipped(format!("needs to set {path}: {error}")))?;
    }
    show(report)?;

    report.does("a segment larger than SHMMAX, and one smaller than SHMMIN:");
    let large = refusal(report, "a larger one", private(LARGEST * page + 1))?;
    let small = refusal(report, "a smaller one", private(0))?;
    report.part("SHMMAX is the largest size (EINVAL)", large == Errno::EINVAL);
    report.part("SHMMIN is the smallest size (EINVAL)", small == Errno::EINVAL);

    counted(report, page)?;
    attached(report)?;
    report.verdict()
}

fn counted(report: &mut Report, page: usize) -> Result<(), Stop> {
    report.does(format_args!("{LARGEST} pages of the {PAGES}, then as many again:"));
    let first = private(LARGEST * page)?;
    let errno = refusal(report, "more pages", private(LARGEST * page))?;
    report.part("SHMALL is the number of pages of all of them (ENOSPC)", errno == Errno::ENOSPC);
    drop(first);
    report.does(format_args!("{SEGMENTS} segments of one byte, then one more:"));
    let all = (0..SEGMENTS).map(|_| private(1)).collect::<Result<Vec<_>, _>>()?;
    let errno = refusal(report, "one more", private(1))?;
    report.part("SHMMNI is the number of segments (ENOSPC)", errno == Errno::ENOSPC);
    drop(all);
    Ok(())
}

fn attached(report: &mut Report) -> Result<(), Stop> {
    let most = sysv::limits()?.max_per_process;
    report.does(format_args!("SHMSEG is {most}; attach one segment once more than that:"));
    let segment = private(1)?;
    let mut attachments = Vec::new();
    for _ in 0..=most {
        match segment.attach() {
            Ok(attachment) => attachments.push(attachment),
            Err(error) => {
                report.saw(error);
                break;
            }
        }
    }
    report.saw(format_args!("{} attachments", attachments.len()));
    report.part("SHMSEG is the number that a process may attach", attachments.len() as u64 <= most);
    Ok(())
}

fn private(size: usize) -> Result<Guarded, sysv::Error> {
    Options::new(size).create(Key::PRIVATE).map(Guarded::new)
}

fn show(report: &mut Report) -> Result<(), Stop> {
    let limits = sysv::limits()?;
    for (name, value, meaning) in [
        ("SHMMAX", limits.max_bytes, "bytes of one segment, at most"),
        ("SHMMIN", limits.min_bytes, "bytes of one segment, at least"),
        ("SHMMNI", limits.max_segments, "segments, at most"),
        ("SHMALL", limits.max_pages, "pages of all of them, at most"),
        ("SHMSEG", limits.max_per_process, "said to be a process's"),
    ] {
        report.saw(format_args!("{name} {value:20}  {meaning}"));
    }
    Ok(())
}
