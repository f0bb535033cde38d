//! Bytes in hex beside text, sixteen a line.

use super::visible::one;

/// Each line behind `indent`, with the offset of its first byte.
pub(crate) fn dump(indent: &str, bytes: &[u8]) -> String {
    let mut lines = String::new();
    for (line, bytes) in bytes.chunks(16).enumerate() {
        lines.push_str(&format!("{indent}{:04x}  {}  {}\n", line * 16, hex(bytes), text(bytes)));
    }
    lines
}

/// Sixteen bytes in two groups, filled up with blanks.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut line = String::new();
    for at in 0..16 {
        if at == 8 {
            line.push(' ');
        }
        match bytes.get(at) {
            Some(byte) => line.push_str(&format!("{byte:02x} ")),
            None => line.push_str("   "),
        }
    }
    line.pop();
    line
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| one(byte)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_dump_has_offset_hex_and_text() {
        let full = "30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66";
        let short = format!("{:<48}", "0a");
        assert_eq!(
            super::dump("  ", b"0123456789abcdef\n"),
            format!("  0000  {full}  0123456789abcdef\n  0010  {short}  ␊\n")
        );
    }
}
