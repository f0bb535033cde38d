//! `lab`: each claim about shared memory as an experiment that shows what is true of it.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `list` | what there is |
//! | `inside` | the process in which an experiment runs, or a peer of one |
//! | `interrupt` | Ctrl-C |
//! | `outside` | the process that starts it, shows what it says and tidies up after it |
//! | `screen` | what people see |
//! | `table` | some experiments, and how they ended |
#![forbid(unsafe_code)]

mod args;
mod inside;
mod interrupt;
mod list;
mod outside;
mod screen;
mod table;

use std::process::ExitCode;

/// Exit status of an experiment that came to another verdict than it should, or to none.
const OTHERWISE: u8 = 1;

fn main() -> ExitCode {
    let args: args::Args = match handoff_cli::parse_and_check("lab", args::Args::check) {
        Ok(args) => args,
        Err(status) => return status,
    };
    match (&args.role[..], &args.experiments()[..]) {
        ([experiment, role, rest @ ..], _) => inside::role(experiment, role, rest),
        (_, []) => list::print(),
        (_, [one]) if args.inside => inside::run(one, args.step),
        (_, some) => table::run(some, args.step),
    }
}
