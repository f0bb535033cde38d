//! `writer`: reads lines from stdin and hands them over through shared memory.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `stream` | from the first read to the end of the stream |
//! | `blog`, `pieces` | the same in the classic layout, and what it can carry at a time |
//! | `input` | stdin, straight into free slots; the prompt |
//! | `end_word` | finding the line that ends the stream |
//! | `news` | what the reader does, told once |
#![forbid(unsafe_code)]

mod args;
mod blog;
mod end_word;
mod input;
mod news;
mod pieces;
mod stream;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: args::Args = match handoff_cli::parse("writer") {
        Ok(args) => args,
        Err(status) => return status,
    };
    handoff_cli::start_notices("writer", &args.exchange);
    let run = if args.exchange.blog { blog::run } else { stream::run };
    handoff_cli::end("writer", run(&args))
}
