//! Every drawing can be read in light and dark and by who cannot see it, and the numbers in it
//! and under it are the code's.

use std::collections::BTreeSet;
use std::fs;

use handoff_guide::chapters::{book, chapters};
use handoff_guide::figures::{Figure, figures, numbers, text};
use handoff_proto::{TEXT_BYTES, segment_size};
use handoff_shm::DEFAULT_SLOTS;

fn all() -> Vec<Figure> {
    chapters().iter().flat_map(figures).collect()
}

/// The offset that `layout.rs` asserts of a field.
fn offset(of: &str) -> u64 {
    let layout = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/src/layout.rs");
    let layout = fs::read_to_string(layout).unwrap();
    let (_, rest) = layout.split_once(&format!("offset_of!({of}) == ")).expect("it is asserted");
    rest.split(')').next().unwrap().parse().unwrap()
}

/// The numbers that a drawing, or what is said of it, may state.
fn facts(name: &str) -> BTreeSet<u64> {
    let size = |bytes: usize| bytes as u64;
    let header = size(segment_size(0));
    let slot = size(segment_size(1)) - header;
    match name {
        "struct" => {
            let text = offset("Slot, text");
            let reader = offset("Header, reader");
            BTreeSet::from([
                header,
                slot,
                size(TEXT_BYTES),
                size(DEFAULT_SLOTS),
                size(segment_size(DEFAULT_SLOTS)),
                offset("Header, magic"),
                offset("Header, writer"),
                reader,
                reader + 4,
                offset("Slot, len"),
                text,
                text + size(TEXT_BYTES),
                // What is left of the first cache line.
                64 - text,
                // The slots themselves.
                0,
                1,
                2,
                size(DEFAULT_SLOTS) - 1,
            ])
        }
        // Values of `written`: free, full, acknowledged; and the length of "hello\n".
        "handoff" | "counted" => BTreeSet::from([0, 1, 2, size("hello\n".len())]),
        "stale" | "overwritten" | "unseen-death" | "lost-wake" | "lost-place" | "closed-over" => {
            BTreeSet::from([0, 1, 2])
        }
        "pages" | "overlooked" | "robust" | "split" | "found-removed" => BTreeSet::new(),
        other => panic!("nobody has said which numbers {other} may state"),
    }
}

/// What can be read in a drawing, without its style.
fn words(svg: &str) -> String {
    let (before, rest) = svg.split_once("<style>").expect("it has a style");
    let (_, after) = rest.split_once("</style>").expect("which ends");
    format!("{} {}", text(before), text(after))
}

#[test]
fn every_number_in_a_drawing_and_its_caption_is_the_codes() {
    for figure in all() {
        let facts = facts(&figure.name);
        for number in numbers(&format!("{} {}", words(&figure.svg), figure.caption)) {
            assert!(facts.contains(&number), "{}: {number} is no fact: {facts:?}", figure.name);
        }
    }
}

#[test]
fn the_drawing_of_the_struct_is_the_structs() {
    let all = all();
    let figure = all.iter().find(|figure| figure.name == "struct").expect("it is in the book");
    let (header, slot) = (segment_size(0), segment_size(1) - segment_size(0));
    let (writer, reader) = (offset("Header, writer"), offset("Header, reader"));
    let (len, at) = (offset("Slot, len"), offset("Slot, text"));
    let text = TEXT_BYTES as u64;
    // Each field, and below it where it begins.
    let head =
        format!("magic u64 0 writer u32 {writer} reader u32 {reader} padding {}", reader + 4);
    let body = format!("written u32 0 len u32 {len} {} bytes {at}", 64 - at);
    let rest = format!("… of {text} bytes of text 64 padding {} {slot}", at + text);
    let drawn = words(&figure.svg);
    for part in [
        format!("Header, {header} bytes {head} {header}"),
        format!("Slot, {slot} bytes {body} {rest} one cache line"),
        format!("Header Slot 0 Slot 1 Slot 2 … Slot {}", DEFAULT_SLOTS - 1),
    ] {
        assert!(drawn.contains(&part), "{part:?} is not in {drawn:?}");
    }
    let (slots, all) = (DEFAULT_SLOTS, segment_size(DEFAULT_SLOTS));
    let caption = format!(
        "The exchange: a header of {header} bytes, then slots of {slot} bytes, each with {text} bytes \
         of text from byte {at} on. With {slots} slots it is {all} bytes long."
    );
    assert_eq!(figure.caption, caption);
}

#[test]
fn every_drawing_takes_its_colour_from_the_page_and_says_what_it_shows() {
    for Figure { name, svg, .. } in all() {
        for part in ["role=\"img\"", "<title id=", "<desc id=", "aria-labelledby=", "currentColor"]
        {
            assert!(svg.contains(part), "{name} has no {part}");
        }
        for fixed in ["black", "white", "#000", "#fff", "background"] {
            assert!(!svg.contains(fixed), "{name}: {fixed} cannot be read everywhere");
        }
        // Markdown ends a piece of HTML at a blank line.
        assert!(!svg.contains("\n\n"), "{name} has a blank line");
    }
}

#[test]
fn every_drawing_is_shown_once() {
    let mut shown: Vec<String> = all().into_iter().map(|figure| figure.name).collect();
    shown.sort();
    let files = fs::read_dir(book().join("figures")).unwrap();
    let names = files.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(shown, names);
}

#[test]
fn every_twin_is_drawn() {
    let loom = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/tests/loom.rs");
    let loom = fs::read_to_string(loom).unwrap();
    let twins = loom.lines().filter_map(|line| line.strip_prefix("fn without_"));
    let twins: Vec<_> = twins.map(|line| line.split('(').next().unwrap()).collect();
    assert!(twins.len() > 10, "{twins:?}");
    let captions: Vec<String> = all().into_iter().map(|figure| figure.caption).collect();
    for twin in twins {
        let name = format!("loom.rs::without_{twin} ");
        assert!(captions.iter().any(|caption| caption.contains(&name)), "{name}");
    }
}
