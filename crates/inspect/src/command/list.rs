//! `list`: all there is.

use handoff_cli::{Exit, Failure};
use serde::Serialize;

use crate::args::ListArgs;
use crate::facts::holders::Holders;
use crate::facts::named::{self, Named};
use crate::facts::nameless::{self, Nameless};
use crate::facts::segment::{self, Segment};
use crate::facts::socket::{self, Listed, Socket};
use crate::print::{self, failure};

/// System V segments of all users, and what writer and reader have made of other kinds.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    pub(crate) segments: Vec<Segment>,
    pub(crate) posix: Vec<Named>,
    pub(crate) files: Vec<Named>,
    pub(crate) memfds: Vec<Nameless>,
    pub(crate) sockets: Vec<Socket>,
}

pub(crate) fn run(args: &ListArgs) -> Result<Exit, Failure> {
    let holders = Holders::scan();
    let listing = Listing {
        segments: segment::all().map_err(failure::of_sysv)?,
        posix: named::posix_objects(&holders),
        files: named::files(&holders),
        memfds: nameless::all(&holders),
        sockets: socket::all(&Listed::read()),
    };
    match args.json {
        true => print::json(&listing),
        false => print::out(&print::list::all(&listing)),
    }
}
