//! Claim 1: how large a segment really is.

use std::sync::atomic::Ordering::Relaxed;

use crate::support::{self, Guarded};
use crate::{Expect, Experiment, Report, Stop, Verdict};
use handoff_shm::sysv::Options;

/// What the tutorials' struct takes: an int, and 2048 bytes of text.
const ASKED: usize = 2052;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "page-rounding",
    claim: 1,
    says: "shmget rounds the size up to whole pages",
    expect: Expect::Partly,
    remember: "memory comes in whole pages, but shm_segsz keeps the size that was asked for: check that one",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let page = support::page_size()?;
    let key = support::fresh_key()?;
    report.does(format_args!(
        "shmget({key}, {ASKED}, IPC_CREAT|IPC_EXCL|0600), pages have {page} bytes"
    ));
    let segment = Guarded::new(Options::new(ASKED).mode(0o600).create(key)?);
    report.saw(format_args!("segment {}", segment.id()));

    let size = segment.status()?.size;
    report.does("shmctl(IPC_STAT)");
    report.saw(format_args!("shm_segsz is {size}"));

    let attachment = segment.attach()?;
    report.does(
        "shmat, then store a byte behind the last one that was asked for, and at the page's end",
    );
    attachment.store_u8(ASKED, 0x5a, Relaxed);
    attachment.store_u8(page - 1, 0xa5, Relaxed);
    let seen = [attachment.load_u8(ASKED, Relaxed), attachment.load_u8(page - 1, Relaxed)];
    report.saw(format_args!("byte {ASKED} is {:#x}, byte {} is {:#x}", seen[0], page - 1, seen[1]));
    report.part("the memory is whole pages", seen == [0x5a, 0xa5]);
    report.part("the segment's size is whole pages, too", size % page == 0);
    report.verdict()
}
