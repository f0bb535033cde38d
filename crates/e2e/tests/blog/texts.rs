//! Both sides are ours: what arrives of what is read.

use handoff_e2e::payload::numbered;
use handoff_e2e::{Input, TestKey};

use super::{lonely_writer, reader, waiting_reader, writer};

/// What a reader prints of this input, whichever side comes first.
#[track_caller]
fn expect_arrives(input: &[u8], expected: &[u8]) {
    let key = TestKey::new();
    let there = waiting_reader(&key);
    writer(&key).reading(input).start().exit().expect_code(0);
    there.exit().expect_code(0).expect_stdout(expected);
    key.expect_no_segment();

    let there = lonely_writer(&key, input);
    reader(&key).start().exit().expect_code(0).expect_stdout(expected);
    there.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn lines_of_all_lengths_arrive() {
    for length in [1, 2, 3, 2045, 2046, 2047, 2048, 4094, 4096] {
        let line = ["y".repeat(length), "\n".into()].concat();
        let input = format!("before\n{line}\n{line}end\n");
        expect_arrives(input.as_bytes(), input.as_bytes());
    }
}

#[test]
fn bytes_arrive_unchanged() {
    let input: Vec<u8> = (1..=u8::MAX).flat_map(|byte| [byte, b'.', b'\r', b'\n']).collect();
    expect_arrives(&[&input[..], b"end\n"].concat(), &[&input[..], b"end\n"].concat());
}

#[test]
fn the_end_of_the_input_is_the_line_that_says_so() {
    let cases: [(&[u8], &[u8]); 5] = [
        (b"", b"end\n"),
        (b"\n", b"\nend\n"),
        (b"one\n", b"one\nend\n"),
        (b"no newline", b"no newlineend\n"),
        // What begins with it is the end itself, as nothing comes behind it.
        (b"one\nend", b"one\nend"),
    ];
    for (input, expected) in cases {
        expect_arrives(input, expected);
    }
}

#[test]
fn nothing_behind_the_end_is_sent() {
    expect_arrives(b"one\nend\nafter\n", b"one\nend\n");
}

#[test]
fn lines_that_only_begin_with_the_end_do_not_end_the_stream() {
    let input = b"endless\nend \nendend\nEND\n end\nthe end\nend\r\nend\n";
    expect_arrives(input, input);
}

#[test]
fn another_word_ends_the_stream_too() {
    let key = TestKey::new();
    let there = waiting_reader(&key);
    let writer = writer(&key).args(["--until", "quit"]).reading("end\nquit\nafter\n");
    writer.start().exit().expect_code(0);
    there.exit().expect_code(0).expect_stdout(b"end\nquit\nend\n");
    key.expect_no_segment();
}

#[test]
fn no_word_at_all_ends_it_with_the_input() {
    let key = TestKey::new();
    let there = waiting_reader(&key);
    let writer = writer(&key).args(["--until", ""]).reading("one\nend\ntwo\n");
    writer.start().exit().expect_code(0);
    there.exit().expect_code(0).expect_stdout(b"one\nend\ntwo\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_word_that_comes_in_pieces_is_one() {
    let key = TestKey::new();
    let mut there = waiting_reader(&key);
    let mut writer = writer(&key).input(Input::Open).start();
    writer.feed("one\nen");
    there.wait_until_printed("one\n".len());
    writer.feed("d\n");
    writer.exit().expect_code(0);
    there.exit().expect_code(0).expect_stdout(b"one\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_long_stream_arrives() {
    let input = [numbered(0, 1500), b"end\n".to_vec()].concat();
    expect_arrives(&input, &input);
}

#[test]
fn a_nul_is_refused_and_what_was_before_it_is_handed_over() {
    for input in [b"one\ntw\0o\nthree\n".as_slice(), b"one\n\0", b"one\n\0\nend\n"] {
        let key = TestKey::new();
        let there = waiting_reader(&key);
        let outcome = writer(&key).args(["-q"]).reading(input).start().exit();
        outcome.expect_code(1).expect_line_with(&["line 2", "NUL", "--blog"]);
        there.exit().expect_code(3).expect_stdout(b"one\n");
        key.expect_no_segment();
    }
}

#[test]
fn of_a_long_line_with_a_nul_the_pieces_before_it_are_handed_over() {
    let key = TestKey::new();
    let there = waiting_reader(&key);
    let line = ["z".repeat(5000), "\0\n".into()].concat();
    writer(&key).reading(&line).start().exit().expect_code(1);
    there.exit().expect_code(3).expect_stdout(&line.as_bytes()[..2 * 2047]);
    key.expect_no_segment();
}
