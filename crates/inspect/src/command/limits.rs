//! `limits`: how much there may be, and how much there is.

use handoff_cli::{Exit, Failure};

use crate::args::ListArgs;
use crate::facts::limits::Limits;
use crate::print::{self, failure};

pub(crate) fn run(args: &ListArgs) -> Result<Exit, Failure> {
    let limits = Limits::read().map_err(failure::of_sysv)?;
    match args.json {
        true => print::json(&limits),
        false => print::out(&print::limits::all(&limits)),
    }
}
