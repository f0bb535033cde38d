//! Claims about shared memory, each as a small program that shows it.
//!
//! | program | shows |
//! |---|---|
//! | `frames` | a video device writes into memory that two processes share, and no byte is copied on the way |
//!
//! | module | owns |
//! |---|---|
//! | [`v4l2`] | a capture device: its buffers, and what it writes into them |
//! | [`frames`] | what one process tells another about frames, and how a frame looks |

pub mod frames;
pub mod v4l2;
