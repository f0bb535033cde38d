//! The book's chapters, as SUMMARY.md lists them.

use std::fs;
use std::path::{Path, PathBuf};

/// A chapter's file and its text.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// Relative to [`book`].
    pub file: String,
    /// Markdown, with its includes as they are written.
    pub text: String,
}

/// The directory of the book's sources.
#[must_use]
pub fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("book")
}

/// Every chapter, in the order in which they are read.
///
/// # Panics
/// When SUMMARY.md or a chapter cannot be read.
#[must_use]
pub fn chapters() -> Vec<Chapter> {
    let summary = read("SUMMARY.md");
    let links = summary.split("](").skip(1);
    links
        .map(|rest| {
            let (file, _) = rest.split_once(')').expect("a link ends");
            Chapter { file: file.to_owned(), text: read(file) }
        })
        .collect()
}

fn read(file: &str) -> String {
    let path = book().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
