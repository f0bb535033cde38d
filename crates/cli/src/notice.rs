//! What goes to stderr, and how much of it.

use std::io::Write;

use log::LevelFilter;

use crate::args::ExchangeArgs;

/// From now on, notices go to stderr, each line after the program's name.
///
/// `-q` leaves errors only, `-v` adds system calls, `-vv` each hand-off. RUST_LOG,
/// where it is set, has the last word. Memory that is taken away is told by `program`, too.
pub fn start_notices(program: &'static str, args: &ExchangeArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Info,
        (false, 1) => LevelFilter::Debug,
        (false, _) => LevelFilter::Trace,
    };
    env_logger::Builder::new()
        .filter_level(level)
        .parse_default_env()
        .format(move |out, record| writeln!(out, "{program}: {}", record.args()))
        .init();
    #[cfg(feature = "steps")]
    crate::steps::start();
    if let Err(error) = handoff_shm::shrunk::end_for(program) {
        log::debug!("sigaction(SIGBUS): {error}");
    }
}
