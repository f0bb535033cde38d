//! Claims about shared memory, each as a small program that shows it.
//!
//! | program | shows |
//! |---|---|
//! | `frames` | a video device writes into memory that two processes share: no frame is sent from one to the other |
//!
//! | module | owns |
//! |---|---|
//! | [`v4l2`] | a capture device: its buffers, and what it writes into them |
//! | [`frames`] | what one process tells another about frames, and how a frame looks |

pub mod frames;
pub mod v4l2;
