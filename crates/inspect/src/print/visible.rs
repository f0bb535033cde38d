//! Text that a terminal shows and does not obey: in one line, each character one that is seen.
//!
//! Control characters become their pictures, `␊` for a newline, `␛` for escape: unlike `\n` or
//! `^[` these cannot be mistaken for what somebody typed. Bytes that are no UTF-8 become
//! `\xff`, and characters that order a terminal about, or turn the direction of text around,
//! `\u{202e}`.

/// All of it.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\0'..='\x1f' | '\x7f' => shown.push(picture(char as u8)),
                _ if is_order(char) => shown.extend(char.escape_unicode()),
                _ => shown.push(char),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// One byte as one character: what is beside hex.
pub(crate) fn one(byte: u8) -> char {
    match byte {
        b' '..=b'~' => byte as char,
        0..=0x1f | 0x7f => picture(byte),
        0x80.. => '·',
    }
}

/// Control Pictures of Unicode.
fn picture(control: u8) -> char {
    let code = if control == 0x7f { 0x21 } else { control };
    char::from_u32(0x2400 + u32::from(code)).unwrap_or('·')
}

/// C1 controls, line and paragraph separators, what changes the direction of text, and what
/// has no width of its own.
fn is_order(char: char) -> bool {
    matches!(
        char,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::{one, visible};

    #[test]
    fn orders_are_shown_and_not_given() {
        assert_eq!(visible(b"a\n\x1b[2J\x7f\0"), "a␊␛[2J␡␀");
        assert_eq!(visible("\u{9b}31m\u{202e}".as_bytes()), "\\u{9b}31m\\u{202e}");
        assert_eq!(visible(b"\x9b\xff"), "\\x9b\\xff");
        assert_eq!(visible("Grüße 日本".as_bytes()), "Grüße 日本");
    }

    #[test]
    fn every_byte_is_one_visible_character() {
        assert!((0..=u8::MAX).map(one).all(|char| !char.is_control()));
        assert_eq!([b'a', b'\n', 0x7f, 0xff].map(one), ['a', '␊', '␡', '·']);
    }
}
