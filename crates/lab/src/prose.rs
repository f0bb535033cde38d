//! Sentences on a terminal.

/// Columns of the narrowest terminal that most people have.
pub const WIDTH: usize = 80;

/// Breaks `text` between words so that it fits a terminal, if `before` stands in front of its
/// first line and as many spaces as that has characters in front of all others.
#[must_use]
pub fn hanging(before: &str, text: &str) -> String {
    let indent = before.chars().count();
    let mut broken = before.to_owned();
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            broken.push('\n');
            broken.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += length;
    }
    broken
}
