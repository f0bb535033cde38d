//! The messages that go with the buffers, over a Unix stream socket, in this machine's byte
//! order: both sides run on it.
//!
//! ```text
//! who has the buffers                    who looks at them
//!   Hello, and a descriptor a buffer ──▶
//!   Notice: buffer 2 holds frame 41 ───▶ looks
//!              ◀─────────────────────── 2, as a u32: may be filled again
//!   Notice::END ───────────────────────▶ closes the socket
//! ```
//!
//! No frame goes over the socket. Whoever holds a buffer looks at it or fills it, and the
//! other one does not: the turn goes back and forth as in writer and reader.

use crate::v4l2::Format;

/// The most buffers of one capture: VIDEO_MAX_FRAME of <linux/videodev2.h>.
pub const MOST_BUFFERS: usize = 32;

/// "frames" and a version.
const MAGIC: u32 = u32::from_le_bytes(*b"frm\x01");

/// What the bytes in the buffers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Of each frame.
    pub format: Format,
    /// How many descriptors come along.
    pub buffers: u32,
}

impl Hello {
    /// Bytes of the message.
    pub const LENGTH: usize = 28;

    /// As a message.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let Format { width, height, pixels, stride, size } = self.format;
        encode([MAGIC, width, height, pixels, stride, size, self.buffers])
    }

    /// None if it is no such message, or says what cannot be.
    #[must_use]
    pub fn decode(message: &[u8; Self::LENGTH]) -> Option<Self> {
        let [magic, width, height, pixels, stride, size, buffers] = decode(message);
        let format = Format { width, height, pixels, stride, size };
        let can_be = magic == MAGIC && (1..=MOST_BUFFERS).contains(&(buffers as usize));
        can_be.then_some(Self { format, buffers })
    }
}

/// A frame is in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which buffer.
    pub index: u32,
    /// Which frame, as the device counts.
    pub number: u32,
    /// How many bytes of the buffer.
    pub used: u32,
}

impl Notice {
    /// Bytes of the message.
    pub const LENGTH: usize = 12;

    /// No more frames.
    pub const END: Self = Self { index: u32::MAX, number: 0, used: 0 };

    /// As a message.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        encode([self.index, self.number, self.used])
    }

    /// None if there is no such buffer, or not so much in it.
    #[must_use]
    pub fn decode(message: &[u8; Self::LENGTH], hello: &Hello) -> Option<Self> {
        let [index, number, used] = decode(message);
        let notice = Self { index, number, used };
        let can_be = index < hello.buffers && used <= hello.format.size;
        (can_be || notice == Self::END).then_some(notice)
    }
}

fn encode<const WORDS: usize, const BYTES: usize>(words: [u32; WORDS]) -> [u8; BYTES] {
    const { assert!(BYTES == WORDS * size_of::<u32>()) };
    let mut message = [0; BYTES];
    for (part, word) in message.as_chunks_mut().0.iter_mut().zip(words) {
        *part = word.to_ne_bytes();
    }
    message
}

fn decode<const WORDS: usize, const BYTES: usize>(message: &[u8; BYTES]) -> [u32; WORDS] {
    const { assert!(BYTES == WORDS * size_of::<u32>()) };
    let mut words = [0; WORDS];
    for (word, part) in words.iter_mut().zip(message.as_chunks().0) {
        *word = u32::from_ne_bytes(*part);
    }
    words
}
