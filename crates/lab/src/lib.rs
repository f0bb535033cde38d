//! Claims about shared memory, each as a small program that shows it.
//!
//! | program | shows |
//! |---|---|
//! | `lab` | what the tutorials say about shared memory, and what is true of it: one experiment each |
//! | `frames` | a video device writes into memory that two processes share: no frame is sent from one to the other |
//!
//! | module | owns |
//! |---|---|
//! | [`experiments`] | the experiments, a small file each |
//! | `experiment` | what an experiment is, and what may come of it |
//! | [`prose`] | sentences on a terminal |
//! | `report` | what it says while it runs |
//! | `tidings` | what it tells the process that started it |
//! | [`support`] | what several experiments need: peers, keys, guards |
//! | [`v4l2`] | a capture device: its buffers, and what it writes into them |
//! | [`frames`] | what one process tells another about frames, and how a frame looks |

mod experiment;
pub mod experiments;
pub mod frames;
pub mod prose;
mod report;
pub mod support;
mod tidings;
pub mod v4l2;

pub use experiment::{Expect, Experiment, Role, Stop, Verdict};
pub use report::Report;
pub use tidings::Tidings;
