//! Every Release names the Acquire that reads from it: each label has both ends.
#![cfg(not(loom))]

use std::fs;
use std::path::Path;

/// The code that ships, without comments and imports.
fn code() -> String {
    let mut code = String::new();
    add_code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
    code
}

fn add_code(sources: &Path, code: &mut String) {
    for entry in fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_code(&path, code);
            continue;
        }
        if path.ends_with("loom_kernel.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().map(str::trim_start) {
            if !line.starts_with("//") && !line.starts_with("use ") {
                code.push_str(line);
            }
        }
    }
}

#[test]
fn every_label_has_a_release_and_an_acquire() {
    let code = code();
    let labels = code.split_once("pub enum Pair {").unwrap().1.split_once('}').unwrap().0;
    let labels: Vec<&str> = labels.split(',').map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(labels.len(), 6, "{labels:?}");
    for label in labels {
        for end in ["Release", "Acquire"] {
            assert!(
                code.contains(&format!("({label}, {end})"))
                    || code.contains(&format!("(Pair::{label}, {end})"))
                    // What a side waits for is named where the side is.
                    || (end == "Acquire" && code.contains(&format!("SEES: Pair = {label};"))),
                "no {end} bears the label {label}"
            );
        }
    }
}

#[test]
fn no_ordering_stronger_than_relaxed_goes_without_a_label() {
    // A compiler fence orders nothing between processes; the one fence has its reasons
    // in the essay.
    let code = code().replace("compiler_fence(SeqCst)", "").replacen("fence(SeqCst)", "", 1);
    for bare in ["Ordering::SeqCst", "SeqCst)", ", Release)", ", Acquire)", "(Acquire)", "AcqRel"] {
        for (at, _) in code.match_indices(bare) {
            let before = &code[at.saturating_sub(40)..at];
            let labelled = before.rfind("at(").is_some_and(|at| !before[at..].contains(')'));
            assert!(labelled, "{bare} without a label: ...{before}{bare}");
        }
    }
}
