//! Finding the line that ends the stream, in text that comes in pieces of any size.

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

/// Looks for one line that is exactly the word.
pub(crate) struct EndWord {
    word: Vec<u8>,
    /// "\nword\n", searched for as a whole.
    line: Finder<'static>,
    /// Bytes of the current line so far, as long as they are how the word begins.
    begun: Option<usize>,
}

impl EndWord {
    /// None for the empty word: nothing but the end of input ends the stream then.
    pub(crate) fn new(word: &str) -> Option<Self> {
        let line = Finder::new(format!("\n{word}\n").as_bytes()).into_owned();
        (!word.is_empty()).then(|| Self { word: word.into(), line, begun: Some(0) })
    }

    /// Where the line that ends the stream ends in this piece, if it does.
    pub(crate) fn find(&mut self, piece: &[u8]) -> Option<usize> {
        let first = memchr(b'\n', piece);
        let rest_of_line = &piece[..first.unwrap_or(piece.len())];
        self.begun = self
            .begun
            .filter(|&begun| self.word[begun..].starts_with(rest_of_line))
            .map(|begun| begun + rest_of_line.len());
        let first = first?;
        if self.begun == Some(self.word.len()) {
            return Some(first + 1);
        }
        // From here on every line begins behind a newline of this piece.
        if let Some(at) = self.line.find(&piece[first..]) {
            return Some(first + at + self.line.needle().len());
        }
        let last = memrchr(b'\n', piece).map_or(0, |newline| newline + 1);
        let line = &piece[last..];
        self.begun = self.word.starts_with(line).then_some(line.len());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::EndWord;

    /// Where the stream ends when its text comes in pieces of `size` bytes.
    fn end_of(text: &[u8], word: &str, size: usize) -> Option<usize> {
        let mut end_word = EndWord::new(word)?;
        text.chunks(size)
            .enumerate()
            .find_map(|(piece, bytes)| Some(piece * size + end_word.find(bytes)?))
    }

    /// The same, line by line, as a person would say it.
    fn expected(text: &[u8], word: &str) -> Option<usize> {
        let mut at = 0;
        text.split_inclusive(|&byte| byte == b'\n').find_map(|line| {
            at += line.len();
            (line.strip_suffix(b"\n") == Some(word.as_bytes())).then_some(at)
        })
    }

    #[test]
    fn only_a_whole_line_ends_the_stream_wherever_the_pieces_are_cut() {
        let texts: [&[u8]; 12] = [
            b"",
            b"end",
            b"end\n",
            b"endless\nend\nafter\n",
            b"hello\nendend\nthe end\n end\nend \nend\nend\n",
            b"\n\nend\n\n",
            b"en\nd\nEND\nend\r\nend",
            b"e\nen\nend",
            b"x\nend\n",
            b"en\nend\nen",
            b"enend\nend\n",
            b"\xff\0end\n\0\nend\n",
        ];
        for text in texts {
            for size in 1..=text.len().max(1) {
                for word in ["end", "e", "enend", "no such line"] {
                    assert_eq!(
                        end_of(text, word, size),
                        expected(text, word),
                        "{word:?} in {text:?} by {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_empty_word_ends_nothing() {
        assert!(EndWord::new("").is_none());
    }
}
