//! Lines of which a known number fills a slot, with the name of their stream in each.

use crate::stitch::SLOT;

/// Length of such a line in bytes, its newline included.
pub const WIDE: usize = 64;

/// Numbered lines of one stream that fill so many slots.
#[must_use]
pub fn wide(stream: impl std::fmt::Display, slots: usize) -> Vec<u8> {
    lines(stream, 0, slots * SLOT / WIDE)
}

/// `count` numbered lines of one stream, from `first` on.
#[must_use]
pub fn lines(stream: impl std::fmt::Display, first: usize, count: usize) -> Vec<u8> {
    let line = |number| {
        let text = format!("{stream} {number:012} ");
        assert!(text.len() < WIDE, "a stream's name is short");
        format!("{text:.<width$}\n", width = WIDE - 1).into_bytes()
    };
    (first..first + count).flat_map(line).collect()
}

/// The stream and the number of a line that [`lines`] made; nothing if it is no such line.
#[must_use]
pub fn parse(line: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split(' ');
    let (stream, number) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (lines(stream, number, 1) == line).then_some((stream, number))
}
