//! The limits on shared memory: the kernel's, each in a namespace of its own, and the process's.

use handoff_e2e::isolated::{has_own_segments_or_skips, limit};
use handoff_e2e::{Program, TestKey, segment};

/// Checks that both programs fail under the limit with one line that names it, and leave nothing.
#[track_caller]
fn expect_refused(name: &str, value: u64, words: &[&str]) {
    if !has_own_segments_or_skips() {
        return;
    }
    limit(name, value);
    let key = TestKey::new();
    for program in [Program::writer(&key), Program::reader(&key)] {
        let outcome = program.start().exit();
        outcome.expect_code(1).expect_line_with(words);
        assert_eq!(segment::all(), [], "a segment is left");
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
    if !has_own_segments_or_skips() {
        return;
    }
    limit("shmmax", 33856);
    let key = TestKey::new();
    Program::writer(&key).start().exit().expect_code(0);
    assert_eq!(segment::all().iter().map(|row| row.size).collect::<Vec<_>>(), [33856]);
}
