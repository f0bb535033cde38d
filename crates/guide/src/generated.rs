//! The parts of the book that are made from code and data: `generated/NAME.md`.
//!
//! A test makes each anew and compares. With `HANDOFF_BLESS` set it writes them instead:
//! `HANDOFF_BLESS=1 cargo test -p handoff-guide --test generated`.

use std::env;
use std::fs;

use crate::chapters::book;

/// Checks that the book has `text` as `name`.
///
/// # Panics
/// When it has another, or none.
pub fn expect(name: &str, text: &str) {
    let file = book().join("generated").join(name).with_extension("md");
    if env::var_os("HANDOFF_BLESS").is_some() {
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let shown = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(shown, text, "{}: write it with HANDOFF_BLESS=1", file.display());
}
