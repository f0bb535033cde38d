//! What one hand-off in the classic layout can carry: a line, or a piece of a long one.
//!
//! A classic reader stops behind a text that begins with "end", also if that is "endless". So
//! such a line goes in two pieces, "e" and "ndless", of which neither does: nothing is lost,
//! and the stream goes on. Only what is the end of the stream in any case goes as it is.

use handoff_proto::blog::{END, MAX_TEXT, is_end};
use memchr::memchr;

/// Text from stdin that waits to be handed over.
#[derive(Default)]
pub(crate) struct Pieces {
    text: Vec<u8>,
    /// Lines that are gone already.
    lines: usize,
    /// Nothing comes behind the text.
    is_last: bool,
}

/// What is to be handed over next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// This, and there may be more.
    Text(Vec<u8>),
    /// This, by which the stream ends.
    End(Vec<u8>),
}

/// This line, counted from 1, has a NUL in it, which would end the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Nul {
    pub(crate) line: usize,
}

impl Pieces {
    /// Where more text is to be put.
    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Nothing more comes.
    pub(crate) fn no_more(&mut self) {
        self.is_last = true;
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The next piece; none if more text has to be read first.
    ///
    /// A last line without a newline waits for its rest, as with fgets(3).
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Nul> {
        let Some(length) = self.length() else { return Ok(None) };
        if memchr(0, &self.text[..length]).is_some() {
            return Err(Nul { line: self.lines + 1 });
        }
        let is_end = is_end(&self.text[..length]);
        let is_last = self.is_last && length == self.text.len();
        let length = if is_end && !is_last { 1 } else { length };
        let piece: Vec<u8> = self.text.drain(..length).collect();
        self.lines += usize::from(piece.ends_with(b"\n"));
        Ok(Some(match (piece.is_empty(), is_end && is_last) {
            (true, _) => Piece::End(END.to_vec()),
            (false, true) => Piece::End(piece),
            (false, false) => Piece::Text(piece),
        }))
    }

    /// Bytes of the next line, or of as much of it as fits.
    fn length(&self) -> Option<usize> {
        let fits = self.text.len().min(MAX_TEXT);
        match memchr(b'\n', &self.text[..fits]) {
            Some(newline) => Some(newline + 1),
            None if fits == MAX_TEXT || self.is_last => Some(fits),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Nul, Piece, Pieces};

    /// The pieces of a text that is read at once, up to the one that ends it.
    fn pieces(text: &[u8]) -> Result<Vec<Vec<u8>>, Nul> {
        let mut pieces = Pieces::default();
        pieces.text().extend_from_slice(text);
        pieces.no_more();
        let mut all = Vec::new();
        loop {
            match pieces.next()?.expect("all is there") {
                Piece::Text(piece) => all.push(piece),
                Piece::End(piece) => {
                    all.push(piece);
                    return Ok(all);
                }
            }
        }
    }

    #[test]
    fn each_line_is_a_piece_and_the_end_is_one() {
        let expected: [(&[u8], &[&[u8]]); 5] = [
            (b"", &[b"end\n"]),
            (b"one\n\ntwo\n", &[b"one\n", b"\n", b"two\n", b"end\n"]),
            (b"no newline", &[b"no newline", b"end\n"]),
            (b"one\nend\n", &[b"one\n", b"end\n"]),
            (b"one\nendless", &[b"one\n", b"endless"]),
        ];
        for (text, expected) in expected {
            assert_eq!(pieces(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn no_piece_but_the_last_begins_with_the_end() {
        let text = b"end\nendless\nendend\nEnd\nend";
        let pieces = pieces(text).unwrap();
        let (last, before) = pieces.split_last().unwrap();
        assert_eq!(pieces.concat(), text);
        assert_eq!(last, b"end");
        assert!(before.iter().all(|piece| !piece.starts_with(b"end")), "{before:?}");
    }

    #[test]
    fn long_lines_are_cut_where_they_leave_room_for_a_nul() {
        for (length, lengths) in [
            (2046, vec![2047]),
            (2047, vec![2047, 1]),
            (2048, vec![2047, 2]),
            (4096, vec![2047, 2047, 3]),
        ] {
            let line = [vec![b'x'; length], b"\n".to_vec()].concat();
            let pieces = pieces(&line).unwrap();
            let (_, pieces) = pieces.split_last().unwrap();
            assert_eq!(pieces.concat(), line);
            assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
        }
    }

    #[test]
    fn no_piece_of_a_long_line_begins_with_the_end() {
        for before in 2040..2050 {
            let line = [vec![b'x'; before], b"endless\nmore".to_vec()].concat();
            let pieces = pieces(&line).unwrap();
            let (last, pieces) = pieces.split_last().unwrap();
            assert_eq!(pieces.concat(), line);
            assert_eq!(last, b"end\n");
            assert!(pieces.iter().all(|piece| !piece.starts_with(b"end")));
        }
    }

    #[test]
    fn a_line_waits_for_its_rest() {
        let mut pieces = Pieces::default();
        pieces.text().extend_from_slice(b"en");
        assert_eq!(pieces.next(), Ok(None));
        pieces.text().extend_from_slice(b"d\n");
        pieces.no_more();
        assert_eq!(pieces.next(), Ok(Some(Piece::End(b"end\n".to_vec()))));
    }

    #[test]
    fn a_nul_is_refused_with_its_line() {
        let mut pieces = Pieces::default();
        pieces.text().extend_from_slice(b"one\ntw\0o\nthree\n");
        assert_eq!(pieces.next(), Ok(Some(Piece::Text(b"one\n".to_vec()))));
        assert_eq!(pieces.next(), Err(Nul { line: 2 }));
    }
}
