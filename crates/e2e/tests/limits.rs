//! The limits on shared memory: the kernel's, each in a namespace of its own, and the process's.

use handoff_e2e::namespace::{Limited, run_limited};
use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Program, TestKey};

/// What came of the program with a key of its own: with one that another test's program has in
/// its namespace, each tells of the other, which it cannot meet.
fn run_on_own_key(limit: &str, value: u64, name: &str) -> Limited {
    let key = TestKey::new();
    run_limited(limit, value, name, &["-k", &key.number().to_string()])
}

/// Checks that both programs fail under the limit with one line that names it, and leave nothing.
#[track_caller]
fn expect_refused(limit: &str, value: u64, words: &[&str]) {
    if !is_root_or_skips() {
        return;
    }
    for name in ["writer", "reader"] {
        let Limited { code, stderr, left } = run_on_own_key(limit, value, name);
        assert_eq!(code, Some(1), "{stderr}");
        let line = stderr.strip_suffix('\n').unwrap_or_default();
        assert!(
            line.starts_with(&format!("{name}: ")) && !line.contains('\n'),
            "one signed line, not {stderr:?}"
        );
        for word in words {
            assert!(line.to_lowercase().contains(word), "{word:?} is missing in {line:?}");
        }
        assert!(left.is_empty(), "a segment is left: {left:?}");
    }
}

#[test]
fn too_many_segments_are_reported_with_the_limit() {
    expect_refused("shmmni", 0, &["shmmni", "no space"]);
}

#[test]
fn too_many_pages_are_reported_with_the_limit() {
    expect_refused("shmall", 1, &["shmall", "no space"]);
}

#[test]
fn too_large_a_segment_is_reported_with_the_limit() {
    expect_refused("shmmax", 4096, &["shmmax", "33856"]);
}

#[test]
fn too_little_memory_is_reported_and_nothing_is_left() {
    for name in ["writer", "reader"] {
        let key = TestKey::new();
        // Two gibibytes of shared memory, but room for the program alone.
        let program = Program::on(name, &key.number().to_string())
            .args(["--slots", "1048576"])
            .through(["prlimit", "--as=536870912"]);
        let outcome = program.start().exit();
        outcome.expect_code(1).expect_line_with(&["memory", "--slots"]);
        key.expect_no_segment();
    }
}

#[test]
fn a_segment_just_within_the_limit_works() {
    if !is_root_or_skips() {
        return;
    }
    let Limited { code, stderr, left } = run_on_own_key("shmmax", 33856, "writer");
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(left.iter().map(|row| row.size).collect::<Vec<_>>(), [33856]);
}
