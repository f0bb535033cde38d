//! `frames`: a video device fills dma-bufs, and another process looks at them. No frame is
//! sent from one to the other, only the buffers, once.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the command line |
//! | `give` | the side with the device: `export` has the driver's buffers, `fill` its own |
//! | `import` | the side that looks |
//! | `meeting` | how the two find each other |
#![forbid(unsafe_code)]

mod args;
mod give;
mod import;
mod meeting;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: args::Args = match handoff_cli::parse_and_check("frames", |_| Ok(())) {
        Ok(args) => args,
        Err(status) => return status,
    };
    handoff_cli::end(
        "frames",
        match &args.command {
            args::Command::Export(capture) => give::export(capture, &args.socket()),
            args::Command::Fill { capture, from } => give::fill(capture, *from, &args.socket()),
            args::Command::Import { columns } => import::run(*columns, &args.socket()),
        },
    )
}

/// A notice on stderr.
fn say(notice: &str) {
    // If stderr is gone, there is nobody to tell.
    let _ = writeln!(io::stderr(), "frames: {notice}");
}

/// What both sides print of a frame: they can be compared.
fn line(notice: &handoff_lab::frames::wire::Notice, bytes: &[u8]) -> String {
    let (number, index, used) = (notice.number, notice.index, notice.used);
    let sum = handoff_lab::frames::checksum(bytes);
    format!("frame {number}: buffer {index}, {used} bytes, sum {sum:016x}")
}
