//! `inspect`: looks at shared memory, and at the exchanges in it, from a third terminal.
//!
//! It takes no role and wakes nobody. What it attaches, it attaches read-only; of files it
//! maps nothing, but reads. What that leaves behind is in [`facts::memory`].
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `target` | which object a command line means |
//! | [`command`] | a file for each command |
//! | [`facts`] | reading: what there is, in numbers; nothing is printed there |
//! | [`print`](mod@print) | facts as text and as JSON |
//! | [`screen`] | facts as a screen that changes: `watch` |
#![forbid(unsafe_code)]

mod args;
mod command;
mod facts;
mod print;
mod screen;
mod target;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: args::Args = match handoff_cli::parse_and_check("inspect", args::Args::check) {
        Ok(args) => args,
        Err(status) => return status,
    };
    handoff_cli::end("inspect", command::run(args.command.unwrap_or_default()))
}
