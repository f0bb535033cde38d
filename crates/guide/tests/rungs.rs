//! The ladder's rungs are whole programs, short, and each changes little of the one before.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A rung has fewer lines than this.
const LINES: usize = 90;

/// From one rung to the next, at most so many lines go, and at most so many come.
const CHANGES: usize = 75;

fn rungs() -> Vec<PathBuf> {
    let directory = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/ladder")).unwrap();
    let mut rungs: Vec<PathBuf> = directory.map(|entry| entry.unwrap().path()).collect();
    rungs.sort();
    assert_eq!(rungs.len(), 7, "{rungs:?}");
    rungs
}

#[test]
fn each_rung_is_a_short_program() {
    for rung in rungs() {
        let text = fs::read_to_string(&rung).unwrap();
        let lines = text.lines().count();
        assert!(lines < LINES, "{} has {lines} lines", rung.display());
        assert!(!text.lines().any(|line| line.starts_with("mod ")), "{}", rung.display());
    }
}

#[test]
fn each_rung_changes_little_of_the_one_before() {
    for pair in rungs().windows(2) {
        let output = Command::new("diff").arg("--minimal").args(pair).output();
        let diff = String::from_utf8(output.expect("diff is there").stdout).unwrap();
        let count = |mark: &str| diff.lines().filter(|line| line.starts_with(mark)).count();
        let [gone, come] = ["< ", "> "].map(count);
        assert!(gone > 0 && come > 0, "{pair:?} differ");
        assert!(gone <= CHANGES && come <= CHANGES, "{pair:?}: {gone} lines go, {come} come");
    }
}
