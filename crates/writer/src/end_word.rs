//! Finding the line that ends the stream, in text that comes in pieces of any size.

use memchr::memmem::Finder;

/// Looks for one line that is exactly the word.
///
/// One search over each piece, for the word between two newlines, with the end of the
/// piece before it in front: lines are neither counted nor looked at one by one.
pub(crate) struct EndWord {
    /// "\nword\n".
    line: Finder<'static>,
    /// The end of the last piece, in which the line may have begun; then room for the next.
    text: Vec<u8>,
    /// Bytes of that end.
    kept: usize,
}

impl EndWord {
    /// None for the empty word: nothing but the end of input ends the stream then.
    pub(crate) fn new(word: &str) -> Option<Self> {
        let line = Finder::new(format!("\n{word}\n").as_bytes()).into_owned();
        // A stream begins as if behind a newline.
        (!word.is_empty()).then(|| Self { line, text: vec![b'\n'], kept: 1 })
    }

    /// Room for a piece of so many bytes, to be filled before [`find`](Self::find).
    pub(crate) fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.kept + bytes;
        if self.text.len() < end {
            self.text.resize(end, 0);
        }
        &mut self.text[self.kept..end]
    }

    /// Bytes of the word.
    pub(crate) fn length(&self) -> usize {
        self.seam() - 1
    }

    /// At most so many bytes of a piece belong to a line that began in the piece before it.
    pub(crate) fn seam(&self) -> usize {
        self.line.needle().len() - 1
    }

    /// Where the line that ends the stream ends in the piece of so many bytes that was put
    /// into the room, if it does.
    pub(crate) fn find(&mut self, bytes: usize) -> Option<usize> {
        let end = self.kept + bytes;
        if let Some(at) = self.line.find(&self.text[..end]) {
            return Some(at + self.line.needle().len() - self.kept);
        }
        self.keep(end);
        None
    }

    /// No line ends in the piece, of whose end so many bytes were put into the room: at least a
    /// [`seam`](Self::seam).
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.keep(self.kept + bytes);
    }

    /// Keeps the end of the text, in which the line may have begun.
    fn keep(&mut self, end: usize) {
        let kept = end.min(self.seam());
        self.text.copy_within(end - kept..end, 0);
        self.kept = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::EndWord;

    /// Where the stream ends when its text comes in pieces of `size` bytes.
    fn end_of(text: &[u8], word: &str, size: usize) -> Option<usize> {
        let mut end_word = EndWord::new(word)?;
        text.chunks(size).enumerate().find_map(|(piece, bytes)| {
            end_word.room(bytes.len()).copy_from_slice(bytes);
            Some(piece * size + end_word.find(bytes.len())?)
        })
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
