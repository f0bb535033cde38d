//! The rules by which the book is checked can say no.

use handoff_guide::blocks::blocks;
use handoff_guide::chapters::Chapter;
use handoff_guide::figures::{numbers, text};
use handoff_guide::include::Include;
use handoff_guide::transcript::{Exchange, matches, parse};

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_transcript_is_commands_and_what_they_print() {
    let exchange = |command: &str, output: &str| Exchange {
        command: command.to_owned(),
        output: lines(output),
    };
    let parsed = parse("$ one\n$ two\na\nb\n").unwrap();
    assert_eq!(parsed, [exchange("one", ""), exchange("two", "a\nb")]);
    assert!(parse("a\n$ one\n").is_err());
}

#[test]
fn an_ellipsis_stands_for_what_is_there_instead_and_nothing_else_does() {
    let shown = lines("process … is there\nend");
    assert!(matches(&shown, &["process 17 is there", "end"]));
    assert!(!matches(&shown, &["process 17 was there", "end"]));
    assert!(!matches(&shown, &["process 17 is there"]));
    assert!(!matches(&shown, &["process 17 is there", "end", "more"]));
    assert!(!matches(&shown, &["process 17", " is there", "end"]));
    assert!(!matches(&lines("a"), &["A"]));
    assert!(matches(&[], &[]));
    assert!(!matches(&[], &["a"]));
}

#[test]
fn a_line_that_is_an_ellipsis_stands_for_any_lines() {
    let shown = lines("a\n…\nz");
    assert!(matches(&shown, &["a", "z"]));
    assert!(matches(&shown, &["a", "b", "c", "z"]));
    assert!(!matches(&shown, &["a", "b"]));
}

#[test]
fn a_block_has_a_language_and_a_place() {
    let text = "# A\n\n```rust,ignore\nfn f() {}\n```\n\n```console\n$ a\n```\n".to_owned();
    let found = blocks(&Chapter { file: "a.md".to_owned(), text });
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].language.as_str(), found[0].line), ("rust", 3));
    assert_eq!(found[1].text, "$ a\n");
}

#[test]
fn pasted_code_is_no_include() {
    assert!(Include::parse("fn main() {}\n").is_none());
    assert!(Include::parse("{{#include a.rs}}\nfn main() {}\n").is_none());
    assert_eq!(Include::parse("{{#include a.rs:b}}\n").unwrap().anchor.as_deref(), Some("b"));
    assert!(Include::parse("{{#include README.md:none}}").unwrap().text().is_err());
    assert!(Include::parse("{{#include none.rs}}").unwrap().text().is_err());
}

#[test]
fn the_numbers_of_a_caption_are_those_that_stand_alone() {
    assert_eq!(numbers("64 bytes, u32 at 8; 2112."), [64, 8, 2112]);
    assert_eq!(text("a <b>bold</b> word"), "a bold word");
}
