//! What a writer says of its stream in the slot that ends it.

/// The end of a stream. It lies in the slot's text, whose length is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The thread that ended it: the receiver, which waits for that one to let go, can
    /// so tell it from the next.
    pub by: u32,
    /// A writer before it in this stream died, or left, without an end. The receiver may
    /// have seen nothing of that, if the next writer came quickly.
    pub broken: bool,
}

impl Ending {
    /// How many bytes of text it takes.
    pub(crate) const BYTES: usize = 8;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        (u64::from(self.by) | u64::from(self.broken) << 32).to_ne_bytes()
    }

    /// Whatever a hostile writer has put there, it is some ending.
    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let word = u64::from_ne_bytes(bytes);
        Self { by: word as u32, broken: word >> 32 != 0 }
    }
}
