//! `lock` and `unlock`: SHM_LOCK and SHM_UNLOCK.

use handoff_cli::{Exit, Failure};

use crate::args::SegmentArgs;
use crate::print::{self, failure};
use crate::target::to_change;

pub(crate) fn lock(args: &SegmentArgs) -> Result<Exit, Failure> {
    let found = to_change(args)?;
    found.segment.lock().map_err(failure::of_sysv)?;
    let id = found.status.id;
    print::out(&format!("segment {id}: locked, its pages stay in memory once they are touched\n"))
}

pub(crate) fn unlock(args: &SegmentArgs) -> Result<Exit, Failure> {
    let found = to_change(args)?;
    found.segment.unlock().map_err(failure::of_sysv)?;
    print::out(&format!("segment {}: unlocked, its pages may be swapped out\n", found.status.id))
}
