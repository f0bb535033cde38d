//! What one process tells another about frames, and how a frame looks.
//!
//! | module | owns |
//! |---|---|
//! | [`wire`] | the messages that go with the buffers |
//! | [`picture`] | a small picture of a frame, in characters |

pub mod picture;
pub mod wire;

/// FNV-1a of all bytes: enough to see that two processes look at the same frame.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
