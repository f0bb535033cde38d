//! `reader`: prints the lines that a writer hands over through shared memory.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `stream` | from the first text to the end of the stream |
//! | `blog` | the same in the classic layout |
//! | `output` | stdout: the very bytes, or a screen |
//! | `screen` | text that a terminal shows and does not obey |
#![forbid(unsafe_code)]

mod args;
mod blog;
mod output;
mod screen;
mod stream;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: args::Args = match handoff_cli::parse("reader") {
        Ok(args) => args,
        Err(status) => return status,
    };
    handoff_cli::start_notices("reader", &args.exchange);
    let run = if args.exchange.blog { blog::run } else { stream::run };
    handoff_cli::end("reader", run(&args))
}
