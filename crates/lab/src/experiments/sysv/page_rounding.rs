//! Claim 1: how large a segment really is.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::Options;

use crate::support::{Guarded, fresh_key, mapping_at, page_size};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// What the tutorials' struct takes: an int, and 2048 bytes of text.
const ASKED: usize = 2052;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "page-rounding",
    claim: 1,
    says: "shmget rounds the size up to whole pages",
    expect: Expect::Partly,
    remember: "you get whole pages, but shm_segsz keeps the size that was asked for, and it is by \
               that one that a larger size is refused later",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let page = page_size()?;
    report.does(format_args!("a segment of {ASKED} bytes; a page has {page}:"));
    let segment = Guarded::new(Options::new(ASKED).create(fresh_key()?)?);
    let attachment = segment.attach()?;
    let mapping = mapping_at(attachment.address())?;
    report.saw(format_args!("/proc/self/maps: {}", mapping.line()));
    report.saw(format_args!("these are {} bytes", mapping.addresses.len()));

    report.does("store a byte in each place behind the last one that was asked for:");
    let behind = ASKED..page;
    // Their addresses' low byte is as good as any value.
    behind.clone().for_each(|offset| attachment.store_u8(offset, offset as u8, Relaxed));
    let kept = behind
        .clone()
        .filter(|&offset| attachment.load_u8(offset, Relaxed) == offset as u8)
        .count();
    report.saw(format_args!("bytes {ASKED} to {}: {kept} of {} kept it", page - 1, behind.len()));
    report
        .part("the memory is whole pages", kept == behind.len() && mapping.addresses.len() == page);

    report.does("what the kernel says of its size:");
    let size = segment.status()?.size;
    report.saw(format_args!("shm_segsz is {size}"));
    report.part("the size of the segment is whole pages", size == page);
    report.verdict()
}
