//! What writer and reader share: arguments, Ctrl-C, notices, exit status.
//!
//! | module | owns |
//! |---|---|
//! | `args` | the options of both, checked |
//! | `elsewhere` | whether the other side is in another namespace |
//! | `interrupt` | from SIGINT to an [`Interrupt`](handoff_proto::Interrupt) |
//! | `notice` | what goes to stderr, and how much of it |
//! | `exit` | how a program ends: status, and one line that says why |
//! | `stepping` | `--step`: stopping before each step until a person says go on |
//! | `steps` | in test builds: being killed at a named step |
//! | `ready` | waiting for a descriptor that is set to never wait by itself |
#![forbid(unsafe_code)]

mod args;
mod elsewhere;
mod exit;
mod interrupt;
mod notice;
mod ready;
mod stepping;
#[cfg(feature = "steps")]
mod steps;

pub use args::{ExchangeArgs, Via, Wait, parse, parse_and_check};
pub use elsewhere::look_elsewhere;
pub use exit::{Exit, Failure, end};
pub use interrupt::on_ctrl_c;
pub use notice::start_notices;
pub use ready::{readable, writable};
pub use stepping::{start_stepping, step_asks_for_text};
