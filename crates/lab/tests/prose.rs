//! How sentences are broken.

use handoff_lab::prose::{WIDTH, hanging};

#[test]
fn every_line_fits_and_no_word_is_lost() {
    let text = "word ".repeat(50) + "and a last one";
    let broken = hanging("  12  name  ", &text);
    assert!(broken.lines().all(|line| line.len() <= WIDTH), "{broken}");
    assert!(broken.lines().skip(1).all(|line| line.starts_with(&" ".repeat(12))), "{broken}");
    let words = broken.split_whitespace().skip(2);
    assert!(words.eq(text.split_whitespace()), "{broken}");
}

#[test]
fn a_word_longer_than_a_line_is_not_broken() {
    let word = "x".repeat(WIDTH * 2);
    assert_eq!(hanging("  ", &word), format!("  {word}"));
}
