//! `chmod`: other permission bits, IPC_SET.

use handoff_cli::{Exit, Failure};

use crate::args::ChmodArgs;
use crate::print::{self, failure};
use crate::target::to_change;

pub(crate) fn run(args: &ChmodArgs) -> Result<Exit, Failure> {
    let found = to_change(&args.segment)?;
    let before = found.status;
    let result = found.segment.set(before.owner, before.owner_group, args.mode);
    result.map_err(failure::of_sysv)?;
    print::out(&format!("segment {}: mode {:04o} -> {:04o}\n", before.id, before.mode, args.mode))
}
