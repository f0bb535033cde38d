//! Bytes arrive unchanged: every size around a slot's, every kind of byte, every number of
//! slots, every way of waiting.

use handoff_e2e::payload;
use handoff_e2e::{Program, TestKey};

const SIZES: [usize; 7] = [0, 1, 2047, 2048, 2049, 4096, 70_000];
const MEBIBYTE: usize = 1 << 20;

/// Sends `text` through `slots` slots, both sides waiting as they are told.
#[track_caller]
fn check(slots: usize, [writer_waits, reader_waits]: [&str; 2], text: &[u8]) {
    let key = TestKey::new();
    let slots = slots.to_string();
    let reader = Program::reader(&key).args(["--slots", &slots, "--wait", reader_waits]).start();
    let writer = Program::writer(&key)
        .args(["--slots", &slots, "--wait", writer_waits, "--until", ""])
        .reading(text)
        .start();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(text);
    key.expect_no_segment();
}

#[test]
fn every_size_passes_through_every_number_of_slots() {
    for slots in [1, 2, 16, 64] {
        for size in SIZES {
            check(slots, ["futex", "futex"], &payload::random(size, size as u64));
        }
    }
}

#[test]
fn every_size_passes_with_both_looking_every_millisecond() {
    for (slots, size) in [(1, 4096), (2, 70_000), (16, 0), (16, 2049), (64, 70_000)] {
        check(slots, ["sleep", "sleep"], &payload::random(size, 1));
    }
}

#[test]
fn every_size_passes_with_both_spinning() {
    for (slots, size) in [(1, 4096), (2, 70_000), (16, 0), (16, 2049), (64, 70_000)] {
        check(slots, ["spin", "spin"], &payload::random(size, 2));
    }
}

#[test]
fn the_two_sides_may_wait_differently() {
    let text = payload::random(40_000, 3);
    for ways in [
        ["futex", "spin"],
        ["spin", "futex"],
        ["futex", "sleep"],
        ["sleep", "futex"],
        ["sleep", "spin"],
        ["spin", "sleep"],
    ] {
        check(1, ways, &text);
    }
}

#[test]
fn text_that_was_there_first_passes_with_every_way_of_waiting() {
    let text = payload::random(2049, 4);
    for wait in ["futex", "spin", "sleep"] {
        let key = TestKey::new();
        let args = ["--wait", wait];
        let writer = Program::writer(&key).args(args).args(["--until", ""]).reading(&text);
        writer.start().exit().expect_code(0);
        let reader = Program::reader(&key).args(args);
        reader.start().exit().expect_code(0).expect_stdout(&text);
        key.expect_no_segment();
    }
}

#[test]
fn sixty_four_mebibytes_of_random_bytes_arrive_identical() {
    check(16, ["futex", "futex"], &payload::random(64 * MEBIBYTE, 5));
}

#[test]
fn a_file_as_input_arrives_identical() {
    let scratch = handoff_e2e::Scratch::new();
    let path = scratch.path().join("input");
    let text = payload::random(8 * MEBIBYTE + 1, 6);
    std::fs::write(&path, &text).expect("the scratch directory takes a file");
    let file = std::fs::File::open(&path).expect("it was just written");
    let key = TestKey::new();
    let reader = Program::reader(&key).start();
    let writer = Program::writer(&key)
        .args(["--until", ""])
        .input(handoff_e2e::Input::Fd(file.into()))
        .start();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(&text);
    key.expect_no_segment();
}

#[test]
fn every_kind_of_byte_arrives_unchanged_with_the_end_word_on() {
    let texts: [&[u8]; 8] = [
        b"no final newline",
        b"NUL \0 inside\n\0\0\0\n\0",
        b"CRLF\r\nlines\r\n",
        b"not UTF-8: \xff\xfe \xc3( \xed\xa0\x80\n",
        "UTF-8: \u{e9} \u{65e5}\u{672c} \u{1f600}\n".as_bytes(),
        b"\x1b[31mred\x1b[0m\x07\x08\x7f\n",
        b"\n\n\n",
        b"\0",
    ];
    for text in texts {
        let key = TestKey::new();
        let reader = Program::reader(&key).start();
        Program::writer(&key).reading(text).start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(text);
        key.expect_no_segment();
    }
}

#[test]
fn a_line_of_ten_mebibytes_arrives_whole() {
    // The end word all along the line, but never as a line.
    let mut text = b"end".repeat(10 * MEBIBYTE / 3);
    text.push(b'\n');
    for last in [b"".as_slice(), b"end\n"] {
        text.extend_from_slice(last);
        let key = TestKey::new();
        let reader = Program::reader(&key).start();
        Program::writer(&key).reading(&text).start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text);
        key.expect_no_segment();
    }
}
