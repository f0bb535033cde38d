//! The harness that drives the real `writer` and `reader` from outside.
//!
//! Nothing here links against the project's own crates: a test sees what a person at two
//! terminals sees (bytes, exit statuses, `/proc`), so a mistake shared by the library and its
//! tests cannot hide. The tests themselves are in `tests/`, one file a theme.
//!
//! Three rules hold everywhere:
//! - a test waits for a condition, never for a time ([`watchdog`]);
//! - what a test creates goes away with it, also when it panics (drop guards) or is killed
//!   (children die with the thread that started them, segments carry a key that [`key`] marks);
//! - what cannot be tested on this machine is said aloud ([`skip`]).

#![forbid(unsafe_code)]

pub mod account;
pub mod binaries;
pub mod capture;
pub mod case;
pub mod closer;
pub mod ctrl_c;
pub mod dice;
pub mod foreign;
pub mod headers;
pub mod isolated;
pub mod key;
pub mod kind;
pub mod lines;
pub mod matrix;
pub mod old_kernel;
pub mod outcome;
pub mod pair;
pub mod payload;
pub mod procfs;
pub mod program;
pub mod pty;
pub mod replay;
pub mod running;
pub mod scenario;
pub mod scratch;
pub mod segment;
pub mod skip;
pub mod stepping;
pub mod steps;
pub mod stitch;
pub mod tmux;
pub mod watchdog;

pub use capture::Capture;
pub use foreign::Foreign;
pub use key::TestKey;
pub use outcome::Outcome;
pub use program::{Input, Output, Program};
pub use pty::Terminal;
pub use running::Running;
pub use scratch::Scratch;
pub use segment::Row;
pub use tmux::Tmux;
pub use watchdog::wait_until;
