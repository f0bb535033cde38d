//! Every listing of the book is compiled code, and what it names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use handoff_guide::blocks::{Block, blocks};
use handoff_guide::chapters::{book, chapters};
use handoff_guide::include::Include;

/// Where code is compiled: by cargo, or by a test that runs it.
const COMPILED: [&str; 6] = ["src", "tests", "ladder", "tutorial", "examples", "c"];

fn all_blocks() -> Vec<Block> {
    chapters().iter().flat_map(blocks).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files with one of the endings below a directory, build results left out.
fn files(directory: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            if !path.ends_with("target") {
                files(&path, endings, found);
            }
        } else if path.extension().is_some_and(|end| endings.iter().any(|ending| end == *ending)) {
            found.push(path);
        }
    }
}

#[test]
fn every_chapter_is_in_the_summary_and_begins_with_a_heading() {
    let chapters = chapters();
    for chapter in &chapters {
        assert!(chapter.text.starts_with("# "), "{}", chapter.file);
    }
    let listed: BTreeSet<&str> = chapters.iter().map(|chapter| chapter.file.as_str()).collect();
    assert_eq!(listed.len(), chapters.len(), "a chapter is listed twice");
    for entry in fs::read_dir(book()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") && name != "SUMMARY.md" {
            assert!(listed.contains(name.as_str()), "{name} is not in the summary");
        }
    }
}

#[test]
fn every_listing_is_an_include_of_compiled_code() {
    let mut seen = 0;
    for block in all_blocks() {
        match block.language.as_str() {
            "rust" | "c" => {
                let place = block.place();
                let include = Include::parse(&block.text);
                let include = include.unwrap_or_else(|| panic!("{place}: pasted, not included"));
                let text = include.text().unwrap_or_else(|error| panic!("{place}: {error}"));
                assert!(!text.trim().is_empty(), "{place}: there is nothing to be shown");
                let path = include.relative();
                let parts: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
                assert!(parts[0] == "crates" && COMPILED.contains(&parts[2]), "{place}: {path:?}");
                seen += 1;
            }
            "console" => {}
            other => panic!("{}: what is {other:?}?", block.place()),
        }
    }
    assert!(seen > 10, "{seen} listings");
}

#[test]
fn every_anchor_in_the_sources_is_closed_and_shown() {
    let shown: BTreeSet<(PathBuf, String)> = all_blocks()
        .iter()
        .filter_map(|block| Include::parse(&block.text))
        .filter_map(|include| Some((include.relative(), include.anchor?)))
        .collect();
    let mut sources = Vec::new();
    files(&repository().join("crates"), &["rs", "c", "h"], &mut sources);
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("// ANCHOR: "));
        for name in names {
            let include = Include { path: source.clone(), anchor: Some(name.to_owned()) };
            include.text().unwrap();
            let used = shown.contains(&(include.relative(), name.to_owned()));
            assert!(used, "{}: nobody shows {name}", source.display());
        }
    }
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_the_book_names_is_there() {
    let mut sources = Vec::new();
    files(&repository().join("crates"), &["rs"], &mut sources);
    let mut seen = 0;
    for chapter in chapters() {
        let words = quoted(&chapter.text).chain(chapter.text.split_whitespace());
        for (file, name) in words.filter_map(|word| word.split_once(".rs::")) {
            let name = name.trim_end_matches(|end: char| !end.is_alphanumeric());
            let name = name.split('<').next().unwrap();
            let file =
                file.rsplit(|end: char| !end.is_alphanumeric() && end != '_').next().unwrap();
            let has_it = |source: &PathBuf| {
                source.file_stem().is_some_and(|stem| stem == file)
                    && fs::read_to_string(source).unwrap().contains(&format!("fn {name}("))
            };
            assert!(sources.iter().any(has_it), "{}: {file}.rs::{name}", chapter.file);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} names of tests");
}

#[test]
fn every_file_that_the_book_names_is_there() {
    for chapter in chapters() {
        for word in quoted(&chapter.text) {
            let rooted = ["crates/", "scripts/", "docs/"].iter().any(|root| word.starts_with(root));
            if rooted && !word.contains([' ', '*', ':', '{']) {
                assert!(repository().join(word).exists(), "{}: {word}", chapter.file);
            }
        }
    }
}

#[test]
fn every_experiment_that_the_book_names_is_there() {
    let mut experiments = Vec::new();
    files(&repository().join("crates/lab/src/experiments"), &["rs"], &mut experiments);
    let mut seen = 0;
    for chapter in chapters() {
        let names = quoted(&chapter.text).filter_map(|word| word.strip_prefix("lab "));
        for name in names.filter(|name| *name != "NAME") {
            let file = name.replace('-', "_");
            let is_it = |path: &PathBuf| path.file_stem().is_some_and(|stem| *stem == *file);
            assert!(experiments.iter().any(is_it), "{}: lab {name}", chapter.file);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} experiments");
}
