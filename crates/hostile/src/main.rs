//! `hostile`: attaches the segment of a key and does its worst to whoever else uses it.
//!
//! ```text
//! hostile ATTACK -k KEY [--rounds N] [FIELD=VALUE...]
//! ```
//! It never takes a word of the exchange for true, and writes text of the letters A to Z
//! only, by which a test knows what may be printed.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `target` | the segment as raw words |
//! | `field` | which word, and what becomes of it |
//! | `attacks` | what is done to the words |
//! | `roles` | attacks by one that holds a role |
//! | `kernel` | attacks by system calls |

mod args;
mod attacks;
mod field;
mod kernel;
mod roles;
mod target;

use std::error::Error;
use std::process::ExitCode;

use args::Args;

fn main() -> ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    match args.attack.as_str() {
        "set" => attacks::set(args),
        "flap" => attacks::flap(args),
        "rewrite" => attacks::rewrite(args),
        "garbage" => attacks::garbage(args),
        "dump" => attacks::dump(args),
        "wakes" => kernel::wakes(args),
        "requeue" => kernel::requeue(args),
        "lock-pi" => kernel::lock_pi(args),
        "remove" => kernel::remove(args),
        "lock-out" => kernel::lock_out(args),
        "stream" => roles::stream(args),
        "swallow" => roles::swallow(args),
        other => Err(format!("{other:?} is no attack").into()),
    }
}
