//! At the very limits: one slot, the largest segment that is allowed, an address space, a file
//! and a disk that are too small. One sentence, exit status 1, and the text stays.

use std::fs::{self, File};
use std::path::Path;

use handoff_e2e::foreign::exchange_size;
use handoff_e2e::isolated::{has_own_segments_or_skips, limit, small_disk_or_skip};
use handoff_e2e::pair::{full_writer, too_much};
use handoff_e2e::payload;
use handoff_e2e::stitch::Stitch;
use handoff_e2e::{Outcome, Output, Program, Scratch, TestKey};

/// Sends a text through a segment of so many slots and checks that it is that one.
#[track_caller]
fn expect_stream_through(key: &TestKey, slots: usize) {
    let text = too_much(slots);
    let writer = full_writer(key, slots);
    assert_eq!(key.existing_segment().size, exchange_size(slots as u64));
    let reader = Program::reader(key).start().exit();
    reader.expect_code(0).expect_stdout(&text);
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

/// Checks that neither program can make a segment of so many slots, and how many it is told
/// would do.
#[track_caller]
fn expect_too_many(key: &TestKey, slots: u64, words: &[&str]) {
    for program in [Program::writer(key).reading("text\n"), Program::reader(key)] {
        let outcome = program.args(["--slots", &slots.to_string()]).start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(&["shmmax", &exchange_size(slots).to_string()]);
        outcome.expect_line_with(words);
        key.expect_no_segment();
    }
}

#[test]
fn one_slot_is_enough_for_a_stream() {
    expect_stream_through(&TestKey::new(), 1);
}

#[test]
fn the_most_slots_that_are_allowed_work_and_one_more_is_refused() {
    if !has_own_segments_or_skips() {
        return;
    }
    let key = TestKey::new();
    for slots in [1, 2, 5, 16, 100] {
        for spare in [0, 1, exchange_size(2) - exchange_size(1) - 1] {
            limit("shmmax", exchange_size(slots) + spare);
            expect_stream_through(&key, usize::try_from(slots).expect("a small number"));
            let fits = format!("at most {slots} slot{}", if slots == 1 { " " } else { "s " });
            expect_too_many(&key, slots + 1, &[&fits]);
        }
    }
}

#[test]
fn a_limit_below_one_slot_does_not_advise_to_ask_for_none() {
    if !has_own_segments_or_skips() {
        return;
    }
    let key = TestKey::new();
    for most in [0, 63, exchange_size(0), exchange_size(1) - 1] {
        limit("shmmax", most);
        for program in [Program::writer(&key), Program::reader(&key)] {
            let outcome = program.args(["--slots", "1"]).start().exit();
            outcome.expect_code(1).expect_line_with(&["shmmax", "sysctl"]);
            assert!(!outcome.stderr.contains("at most 0 slots"), "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_reader_too_small_for_the_segment_leaves_it_to_another() {
    let key = TestKey::new();
    // 127 MiB of segment, of which the text fills little.
    let writer = Program::writer(&key).args(["--slots", "63000"]).reading("kept\n");
    writer.start().exit().expect_code(0);
    let before = key.existing_segment();
    for program in [Program::reader(&key), Program::writer(&key).reading("more\n")] {
        let outcome = program.through(["prlimit", "--as=125829120"]).start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(&["cannot attach", "memory"]);
        assert_eq!(key.existing_segment(), before);
    }
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"kept\n");
    key.expect_no_segment();
}

/// Checks that a reader failed for this reason with its text kept, and that the next prints
/// exactly the rest of it: at most the slot that was partly written comes twice.
#[track_caller]
fn expect_kept(key: &TestKey, text: &[u8], printed: &[u8], first: &Outcome, cause: &str) {
    first.expect_code(1).expect_line_with(&["cannot write to stdout", cause, "kept"]);
    assert!(key.segment().is_some(), "what was not written is kept");
    let second = Program::reader(key).start().exit();
    second.expect_code(0);
    let mut stitch = Stitch::new(text, 1);
    stitch.append(printed);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

/// A stdout that is a fresh file.
fn file_output(path: &Path) -> Output {
    Output::Fd(File::create(path).expect("a fresh file").into())
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_no_death_by_signal() {
    let scratch = Scratch::new();
    let text = payload::text(20_000);
    for most in [0, 1, 2047, 2048, 2049, 5000, 16_384, 19_999] {
        let key = TestKey::new();
        Program::writer(&key).reading(&text).start().exit().expect_code(0);
        let path = scratch.path().join(format!("limited-{most}"));
        let reader = Program::reader(&key)
            .through(["prlimit", &format!("--fsize={most}")])
            .output(file_output(&path));
        let first = reader.start().exit();
        let printed = fs::read(&path).expect("what it printed");
        assert_eq!(printed.len(), most, "it fills what it may");
        expect_kept(&key, &text, &printed, &first, "too large");
    }
}

#[test]
fn a_file_that_may_just_hold_the_text_is_no_error() {
    let scratch = Scratch::new();
    let key = TestKey::new();
    let text = payload::text(20_000);
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    let path = scratch.path().join("just");
    let reader = Program::reader(&key).through(["prlimit", "--fsize=20000"]);
    reader.output(file_output(&path)).start().exit().expect_code(0);
    assert_eq!(fs::read(&path).expect("what it printed"), text);
    key.expect_no_segment();
}

#[test]
fn a_writer_under_the_same_limit_is_not_concerned() {
    let key = TestKey::new();
    let text = payload::text(20_000);
    let writer = Program::writer(&key).through(["prlimit", "--fsize=1"]).reading(&text);
    writer.start().exit().expect_code(0);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(&text);
}

#[test]
fn a_disk_that_fills_up_is_an_error_and_the_rest_is_kept() {
    let scratch = Scratch::new();
    let Some(_disk) = small_disk_or_skip(scratch.path(), 12) else {
        return;
    };
    let text = payload::text(20_000);
    let key = TestKey::new();
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    let path = scratch.path().join("full");
    let first = Program::reader(&key).output(file_output(&path)).start().exit();
    let printed = fs::read(&path).expect("what it printed");
    assert!(!printed.is_empty() && printed.len() < text.len(), "{} bytes fit", printed.len());
    expect_kept(&key, &text, &printed, &first, "no space left");
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_stream_stops_the_reader_alone() {
    let scratch = Scratch::new();
    let Some(_disk) = small_disk_or_skip(scratch.path(), 256) else {
        return;
    };
    let key = TestKey::new();
    let text = too_much(2);
    let mut writer = full_writer(&key, 2);
    let path = scratch.path().join("full");
    let first = Program::reader(&key).output(file_output(&path)).start().exit();
    // The reader says who writes, then why it stops.
    first.expect_code(1).expect_signed_lines().expect_stderr("No space left");
    let printed = fs::read(&path).expect("what it printed");
    writer.wait_until_asleep(handoff_e2e::procfs::Asleep::InFutex);
    let second = Program::reader(&key).start().exit();
    second.expect_code(0);
    writer.exit().expect_code(0);
    let mut stitch = Stitch::new(&text, 1);
    stitch.append(&printed);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[test]
fn a_device_that_is_full_keeps_all_for_the_next_reader() {
    let key = TestKey::new();
    let text = payload::text(20_000);
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    for _ in 0..3 {
        let first = Program::reader(&key).printing_to("/dev/full").start().exit();
        first.expect_code(1).expect_line_with(&["stdout", "no space", "20000 bytes", "kept"]);
    }
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(&text);
    key.expect_no_segment();
}
