//! `bench`: measures the hand-off beside the limits, the kernel and the libraries.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match handoff_bench::side::asked_for(&handoff_bench::rows::all()) {
        Some(status) => status,
        None => handoff_bench::measure(),
    }
}
