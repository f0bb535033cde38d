//! What a writer says of its stream in the slot that ends it.

use crate::layout::TEXT_BYTES;
use crate::receiver::Receiver;
use crate::text;

/// The end of a stream. It lies in the slot's text, whose length is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The thread that ended it: the receiver, which waits for that one to let go, can
    /// so tell it from the next.
    pub by: u32,
    /// A writer before it in this stream died, or left, without an end. The receiver may
    /// have seen nothing of that, if the next writer came quickly.
    pub broken: bool,
    /// The writer was told to leave. Behind no text, such an end is for a reader that is
    /// there, and nobody need come to see it.
    pub left: bool,
}

const BROKEN: u64 = 1 << 32;
const LEFT: u64 = 1 << 33;

impl Ending {
    /// How many bytes of text it takes.
    pub(crate) const BYTES: usize = 8;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let broken = if self.broken { BROKEN } else { 0 };
        let left = if self.left { LEFT } else { 0 };
        (u64::from(self.by) | broken | left).to_ne_bytes()
    }

    /// Whatever a hostile writer has put there, it is some ending.
    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let word = u64::from_ne_bytes(bytes);
        Self { by: word as u32, broken: word & BROKEN != 0, left: word & LEFT != 0 }
    }
}

impl Receiver {
    /// The end of the stream that the next slot holds.
    pub(crate) fn ending(&self) -> Ending {
        let mut buffer = [0; TEXT_BYTES];
        let _access = self.exchange().access_text(false);
        let ending = text::get(self.text(0), Ending::BYTES, &mut buffer);
        Ending::from_bytes(*ending.first_chunk().expect("it is as long as was asked for"))
    }
}
