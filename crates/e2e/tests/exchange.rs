//! What the two programs are for: text goes in on one side and comes out on the other, whoever
//! starts first, and nothing is left behind.

use handoff_e2e::pair::{listening_writer, waiting, waiting_reader};
use handoff_e2e::{Program, TestKey};

const ROUNDS: usize = 100;
const TEXT: &str = "hello\nendless\nend\nafter\n";
const PRINTED: &[u8] = b"hello\nendless\nend\n";

#[test]
fn a_reader_that_is_first_prints_exactly_the_text() {
    let key = TestKey::new();
    for _ in 0..ROUNDS {
        let reader = waiting_reader(&key);
        let writer = Program::writer(&key).reading(TEXT).start();
        writer.exit().expect_code(0).expect_signed_lines();
        reader.exit().expect_code(0).expect_stdout(PRINTED).expect_signed_lines();
        key.expect_no_segment();
    }
}

#[test]
fn a_writer_that_is_gone_has_left_its_text_for_the_reader() {
    let key = TestKey::new();
    for _ in 0..ROUNDS {
        Program::writer(&key).reading(TEXT).start().exit().expect_code(0);
        assert_eq!(key.existing_segment().attached, 0);
        Program::reader(&key).start().exit().expect_code(0).expect_stdout(PRINTED);
        key.expect_no_segment();
    }
}

#[test]
fn both_may_start_at_once() {
    let key = TestKey::new();
    for round in 0..ROUNDS {
        let (writer, reader) = if round % 2 == 0 {
            let writer = Program::writer(&key).reading(TEXT).start();
            (writer, Program::reader(&key).start())
        } else {
            let reader = Program::reader(&key).start();
            (Program::writer(&key).reading(TEXT).start(), reader)
        };
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(PRINTED);
        key.expect_no_segment();
    }
}

#[test]
fn an_empty_text_is_a_stream_too() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    Program::writer(&key).start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"");
    key.expect_no_segment();
}

#[test]
fn each_line_arrives_before_the_next_is_written() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    let mut printed = 0;
    for line in ["first\n", "second\n", "third\n"] {
        writer.feed(line);
        printed += line.len();
        reader.wait_until_printed(printed);
    }
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"first\nsecond\nthird\n");
    key.expect_no_segment();
}

#[test]
fn the_number_of_slots_is_that_of_who_came_first() {
    let key = TestKey::new();
    let text = handoff_e2e::payload::text(5000);
    let writer = Program::writer(&key).args(["--slots", "64"]).reading(&text);
    writer.start().exit().expect_code(0);
    assert_eq!(key.existing_segment().size, handoff_e2e::foreign::exchange_size(64));
    let reader = Program::reader(&key).args(["--slots", "1"]);
    reader.start().exit().expect_code(0).expect_stdout(&text);
    key.expect_no_segment();
}

#[test]
fn a_key_may_be_decimal_or_hexadecimal() {
    let key = TestKey::new();
    let decimal = key.number().to_string();
    Program::on("writer", &decimal).reading("same\n").start().exit().expect_code(0);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"same\n");
    key.expect_no_segment();
}

#[test]
fn pairs_with_different_keys_do_not_meet() {
    let keys = [TestKey::new(), TestKey::new(), TestKey::new()];
    let readers = keys.each_ref().map(waiting_reader);
    for (number, key) in keys.iter().enumerate() {
        let writer = Program::writer(key).reading(format!("text {number}\n")).start();
        writer.exit().expect_code(0);
    }
    for (number, reader) in readers.into_iter().enumerate() {
        let expected = format!("text {number}\n");
        reader.exit().expect_code(0).expect_stdout(expected.as_bytes());
    }
    keys.iter().for_each(TestKey::expect_no_segment);
}

#[test]
fn a_reader_that_keeps_the_segment_stays_for_the_next_writer() {
    let key = TestKey::new();
    let mut reader = waiting(Program::reader(&key).args(["--keep"]));
    let segment = key.existing_segment();
    let mut printed = Vec::new();
    for stream in ["one\n", "two\n", "three\n"] {
        Program::writer(&key).reading(stream).start().exit().expect_code(0);
        printed.extend_from_slice(stream.as_bytes());
        reader.wait_until_printed(printed.len());
        assert_eq!(key.existing_segment().id, segment.id);
    }
    reader.interrupt();
    reader.exit().expect_code(130).expect_stdout(&printed);
}
