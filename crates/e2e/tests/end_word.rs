//! The line that ends the stream: found wherever it is cut, and never found where it is not.

use handoff_e2e::pair::{listening, listening_writer, waiting_reader};
use handoff_e2e::payload;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Program, TestKey};

/// Sends `text` with `args` and checks what comes out.
#[track_caller]
fn check(args: &[&str], text: &[u8], printed: &[u8]) {
    let key = TestKey::new();
    let reader = Program::reader(&key).start();
    let writer = Program::writer(&key).args(args).reading(text).start();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(printed);
    key.expect_no_segment();
}

#[test]
fn the_end_word_ends_the_stream_and_is_sent_itself() {
    check(&[], b"one\nend\ntwo\n", b"one\nend\n");
}

#[test]
fn the_end_word_may_be_the_first_line() {
    check(&[], b"end\nend\n", b"end\n");
}

#[test]
fn a_line_that_only_contains_the_end_word_does_not_end_the_stream() {
    let text = b"endless\nthe end\n end\nend \nENDE\nbend\nxend\n\nen\nd\n";
    check(&[], text, text);
}

#[test]
fn the_end_word_without_a_newline_ends_with_the_input() {
    check(&[], b"one\nend", b"one\nend");
}

#[test]
fn the_beginning_of_the_end_word_is_text_when_the_input_ends() {
    check(&[], b"one\nen", b"one\nen");
}

#[test]
fn another_word_can_end_the_stream() {
    let args = ["--until", "STOP"];
    check(&args, b"one\nend\nSTOPPED\nSTOP\ntwo\n", b"one\nend\nSTOPPED\nSTOP\n");
}

#[test]
fn a_word_may_be_longer_than_a_slot() {
    let word = "w".repeat(5000);
    let text = format!("{word}x\n{word}\nafter\n");
    let printed = format!("{word}x\n{word}\n");
    check(&["--until", &word], text.as_bytes(), printed.as_bytes());
}

#[test]
fn an_empty_word_turns_the_end_word_off() {
    check(&["--until", ""], b"one\nend\n\ntwo\n", b"one\nend\n\ntwo\n");
}

#[test]
fn the_end_word_is_found_wherever_a_slot_or_a_read_is_cut() {
    let key = TestKey::new();
    // Much of it, so that the read with the end in it is no last, small one.
    let after = payload::text(10_000);
    for around in [2048, 4096, 8192, 5 * 2048, 16 * 2048, 65536, 131_072] {
        for before in around - 6..=around + 2 {
            let mut printed = payload::text(before - 1);
            printed.extend_from_slice(b"\nend\n");
            let text = [&printed[..], &after].concat();
            let reader = Program::reader(&key).start();
            let writer = Program::writer(&key).reading(&text).start();
            writer.exit().expect_code(0);
            reader.exit().expect_code(0).expect_stdout(&printed);
        }
    }
}

#[test]
fn an_end_word_of_any_length_is_found_at_the_border_of_two_slots() {
    let key = TestKey::new();
    let after = payload::text(10_000);
    for length in [1, 63, 64, 65, 3000] {
        let word = "w".repeat(length);
        for beyond in [0, 1, length / 2, length, length + 1] {
            let mut printed = payload::text(8192 + beyond - length - 1);
            printed.extend_from_slice(format!("\n{word}\n").as_bytes());
            let text = [&printed[..], &after].concat();
            let reader = Program::reader(&key).start();
            let writer = Program::writer(&key).args(["--until", &word]).reading(&text).start();
            writer.exit().expect_code(0);
            reader.exit().expect_code(0).expect_stdout(&printed);
        }
    }
}

#[test]
fn a_lookalike_is_sent_whole_wherever_a_slot_or_a_read_is_cut() {
    let key = TestKey::new();
    for before in 2048 - 8..=2048 + 2 {
        let mut text = payload::text(before - 1);
        text.extend_from_slice(b"\nendless\nafter\n");
        let reader = Program::reader(&key).start();
        let writer = Program::writer(&key).reading(&text).start();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text);
    }
}

#[test]
fn the_end_word_may_come_in_pieces() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    for piece in ["on", "e\ne", "n", "d"] {
        writer.feed(piece);
        writer.wait_until_asleep(Asleep::Reading);
    }
    writer.feed("\nafter\n");
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"one\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_lookalike_may_come_in_pieces() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    for piece in ["en", "dl", "ess\n", "b", "end\n"] {
        writer.feed(piece);
        writer.wait_until_asleep(Asleep::Reading);
    }
    reader.wait_until_printed("endless\nbend\n".len());
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"endless\nbend\n");
}

#[test]
fn an_unfinished_line_is_not_held_back() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("How are you? ");
    reader.wait_until_printed("How are you? ".len());
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0);
}

#[test]
fn the_writer_ends_at_the_word_while_its_input_stays_open() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let mut writer = listening(Program::writer(&key).args(["--until", "STOP"]));
    writer.feed("STOP\n");
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"STOP\n");
    key.expect_no_segment();
}
