//! What is sent, and how the other side knows that it came whole and in order.

use std::io;

/// In a message's number: there is no further one.
pub const LAST: u64 = 1 << 63;

/// Writes the number of a message, its first eight bytes.
pub(super) fn number(message: &mut [u8], number: u64) {
    message[..8].copy_from_slice(&number.to_ne_bytes());
}

/// The number of a message.
pub(super) fn number_of(message: &[u8]) -> u64 {
    u64::from_ne_bytes(*message.first_chunk().expect("a message has eight bytes"))
}

/// Fills a whole message so that every byte depends on its number and place.
pub(super) fn fill(message: &mut [u8], number: u64) {
    for (place, chunk) in message.chunks_mut(8).enumerate() {
        let word = (number + place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_ne_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
    self::number(message, number);
}

/// Whether a message is the one of that number, every byte.
pub(super) fn check(message: &[u8], number: u64) -> io::Result<()> {
    let mut sent = vec![0; message.len()];
    fill(&mut sent, number);
    if sent == message { Ok(()) } else { Err(wrong("a message is not the one that was sent")) }
}

/// What came is not what was sent.
#[cold]
pub(crate) fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
