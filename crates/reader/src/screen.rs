//! Text that a terminal shows and does not obey.
//!
//! A terminal takes some bytes for orders: move the cursor, change the title, type
//! an answer. So control characters are shown, `^[` for escape; bytes that are no
//! UTF-8 as `\xff`; and characters that turn the direction of text around as
//! `\u{202e}`.
//!
//! Text comes in pieces, and a character can be cut in two. All of a piece must be
//! out before it is acknowledged, so the first half is printed at once: half a
//! character is no order to anybody, and the terminal completes it when the rest
//! comes. If the rest is not what may be shown, or never comes, all of it is spelled
//! out behind what the terminal makes of a half.

const PREFIX: &str = "You wrote: ";

/// What is on the screen so far, as far as it matters for what comes next.
#[derive(Default)]
pub(crate) struct Screen {
    /// The last line has a prefix, and no newline yet.
    in_line: bool,
    /// The first bytes of a character, on the screen already.
    half: Vec<u8>,
}

impl Screen {
    /// Shows a piece of text.
    pub(crate) fn show(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let begun = std::mem::take(&mut self.half);
        let mut text = begun.clone();
        text.extend_from_slice(piece);
        // Bytes of `text` that are on the screen.
        let mut shown = begun.len();
        for chunk in text.utf8_chunks() {
            for char in chunk.valid().chars() {
                self.character(char, std::mem::take(&mut shown), out);
            }
            let invalid = chunk.invalid();
            let at_end = chunk_ends_text(invalid, &text);
            if at_end && is_half_a_character(invalid) {
                self.begin_line(out);
                out.extend_from_slice(&invalid[shown.min(invalid.len())..]);
                self.half = invalid.to_vec();
            } else {
                shown = 0;
                self.spell_out(invalid, out);
            }
        }
    }

    /// The stream is at its end: the next thing on the screen begins a line.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        let half = std::mem::take(&mut self.half);
        self.spell_out(&half, out);
        if std::mem::take(&mut self.in_line) {
            out.push(b'\n');
        }
    }

    /// One character, the first `shown` bytes of which are on the screen.
    fn character(&mut self, char: char, shown: usize, out: &mut Vec<u8>) {
        self.begin_line(out);
        self.in_line = char != '\n';
        match char {
            '\n' | '\t' => out.push(char as u8),
            '\0'..='\x1f' | '\x7f' => out.extend([b'^', char as u8 ^ 0x40]),
            _ if is_order(char) => out.extend(char.escape_unicode().to_string().bytes()),
            _ => out.extend_from_slice(&char.encode_utf8(&mut [0; 4]).as_bytes()[shown..]),
        }
    }

    fn spell_out(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            self.begin_line(out);
            out.extend(format!("\\x{byte:02x}").bytes());
        }
    }

    fn begin_line(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.in_line, true) {
            out.extend_from_slice(PREFIX.as_bytes());
        }
    }
}

fn chunk_ends_text(invalid: &[u8], text: &[u8]) -> bool {
    invalid.as_ptr_range().end == text.as_ptr_range().end
}

/// Whether more bytes could make a character of these.
fn is_half_a_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// C1 controls, line and paragraph separators, and what changes the direction of text.
fn is_order(char: char) -> bool {
    matches!(
        char,
        '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::Screen;

    fn shown(pieces: &[&[u8]]) -> String {
        let mut screen = Screen::default();
        let mut out = Vec::new();
        for piece in pieces {
            screen.show(piece, &mut out);
        }
        screen.end(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn each_line_has_its_prefix_and_the_last_one_a_newline() {
        assert_eq!(shown(&[b"one\ntwo"]), "You wrote: one\nYou wrote: two\n");
        assert_eq!(shown(&[b"on", b"e\n", b"\n"]), "You wrote: one\nYou wrote: \n");
        assert_eq!(shown(&[b""]), "");
    }

    #[test]
    fn orders_to_the_terminal_are_shown_instead_of_given() {
        assert_eq!(shown(&[b"\x1b[2J\x07\r\n"]), "You wrote: ^[[2J^G^M\n");
        assert_eq!(shown(&[b"\x7f\0"]), "You wrote: ^?^@\n");
        assert_eq!(shown(&["\u{9b}31m".as_bytes()]), "You wrote: \\u{9b}31m\n");
        assert_eq!(shown(&["a\u{202e}b".as_bytes()]), "You wrote: a\\u{202e}b\n");
        assert_eq!(shown(&[b"a\tb"]), "You wrote: a\tb\n");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_spelled_out() {
        assert_eq!(shown(&[b"a\xff\xc3(\n"]), "You wrote: a\\xff\\xc3(\n");
        assert_eq!(shown(&[b"\x9b31m\n"]), "You wrote: \\x9b31m\n");
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        let text = "aé€😀\n";
        for size in 1..text.len() {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(shown(&pieces), "You wrote: aé€😀\n", "by {size}");
        }
    }

    #[test]
    fn no_byte_of_an_order_reaches_the_terminal_however_it_is_cut() {
        let text = "x\u{9b}2J\u{1b}c\u{202e}y\u{85}";
        for size in 1..text.len() {
            let mut screen = Screen::default();
            let mut out = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                screen.show(piece, &mut out);
            }
            let seen = String::from_utf8_lossy(&out);
            assert!(!seen.chars().any(|c| c.is_control() || c == '\u{202e}'), "{seen:?}");
        }
    }
}
