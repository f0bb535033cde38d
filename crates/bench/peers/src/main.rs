//! What libraries make of it: rows for the bench, which starts this program itself.
//!
//! | module | owns |
//! |---|---|
//! | `iceoryx` | iceoryx2, spinning and with its event listener |
//! | `ipc` | ipc-channel |
//! | `raw` | shared_memory, and raw_sync's events in it |

mod iceoryx;
mod ipc;
mod raw;

use std::process::ExitCode;

fn main() -> ExitCode {
    let rows = [iceoryx::ROWS, ipc::ROWS, raw::ROWS].concat();
    handoff_bench::side::asked_for(&rows).unwrap_or_else(|| {
        eprintln!("this is for bench --peers");
        ExitCode::from(2)
    })
}
