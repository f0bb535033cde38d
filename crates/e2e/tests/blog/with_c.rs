//! One side is a C program.

use handoff_e2e::closer::{go_on, stop};
use handoff_e2e::payload::Endless;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Input, TestKey};

use super::{c, listening_writer, lonely_writer, reader, waiting_reader, writer};

const TEXT: &[u8] = b"one\n\n  three  \nend\n";
const TEXTS: [&str; 4] = ["one\n", "\n", "  three  \n", "end\n"];

#[test]
fn a_c_writer_is_read() {
    for way in c::WAYS {
        let key = TestKey::new();
        let reader = waiting_reader(&key);
        c::writer(&key, way).reading(TEXT).start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(TEXT);
        key.expect_no_segment();
    }
}

#[test]
fn a_c_writer_that_came_first_is_read() {
    let key = TestKey::new();
    let mut writer = c::listening_writer(&key);
    writer.feed(TEXT);
    // Its first text waits for a reader.
    writer.wait_until_asleep(Asleep::Pausing);
    reader(&key).start().exit().expect_code(0).expect_stdout(TEXT);
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn a_c_reader_is_written_to() {
    let key = TestKey::new();
    let reader = c::waiting_reader(&key);
    writer(&key).reading(TEXT).start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(&c::printed(&TEXTS));
    key.expect_no_segment();
}

#[test]
fn a_c_reader_that_comes_later_loses_nothing_although_it_resets_the_flag() {
    for way in c::WAYS {
        let key = TestKey::new();
        let writer = lonely_writer(&key, TEXT);
        let reader = c::reader(&key, way).start();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&c::printed(&TEXTS));
        key.expect_no_segment();
    }
}

#[test]
fn a_c_reader_may_come_while_the_writer_waits_for_its_input() {
    let key = TestKey::new();
    let mut writer = listening_writer(&key);
    let mut reader = c::waiting_reader(&key);
    for line in ["one\n", "two\n"] {
        writer.feed(line);
        reader.wait_while_alive("prints the line", |it| it.stdout().text().ends_with(line));
    }
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(&c::printed(&["one\n", "two\n", "end\n"]));
    key.expect_no_segment();
}

#[test]
fn a_line_that_only_begins_with_the_end_does_not_stop_a_c_reader() {
    let key = TestKey::new();
    let reader = c::waiting_reader(&key);
    writer(&key).reading("endless\nend of it\nlast\n").start().exit().expect_code(0);
    let texts = ["e", "ndless\n", "e", "nd of it\n", "last\n", "end\n"];
    reader.exit().expect_code(0).expect_stdout(&c::printed(&texts));
    key.expect_no_segment();
}

#[test]
fn a_c_writer_ends_with_whatever_begins_with_the_end() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    c::writer(&key, "pause").reading("one\nendless\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"one\nendless\n");
    key.expect_no_segment();
}

#[test]
fn long_lines_reach_a_c_reader_in_pieces() {
    for length in [2046, 2047, 2048, 4096, 10_000] {
        let key = TestKey::new();
        let line = ["x".repeat(length), "\n".into()].concat();
        let reader = c::waiting_reader(&key);
        writer(&key).reading(&line).start().exit().expect_code(0);
        let mut texts: Vec<_> = line.as_bytes().chunks(2047).collect();
        texts.push(b"end\n");
        reader.exit().expect_code(0).expect_stdout(&c::printed(&texts));
        key.expect_no_segment();
    }
}

#[test]
fn what_a_c_writer_can_carry_of_a_long_line_is_read() {
    // Up to 2047 bytes and a newline have room, if not for a NUL; of more, 2048 bytes come.
    for (length, arrives, is_cut) in
        [(2046, 2047, false), (2047, 2048, false), (2048, 2048, true), (4096, 2048, true)]
    {
        let key = TestKey::new();
        let line = ["x".repeat(length), "\n".into()].concat();
        let reader = waiting_reader(&key);
        let text = format!("{line}end\n");
        c::writer(&key, "pause").reading(text).start().exit().expect_code(0);
        let outcome = reader.exit();
        let expected = [&line.as_bytes()[..arrives], b"end\n"].concat();
        outcome.expect_code(0).expect_stdout(&expected);
        assert_eq!(outcome.stderr.contains("no NUL"), is_cut, "{}", outcome.stderr);
        key.expect_no_segment();
    }
}

#[test]
fn a_c_writer_that_leaves_or_dies_without_the_end_is_told_of() {
    for dies in [false, true] {
        let key = TestKey::new();
        let mut reader = waiting_reader(&key);
        let mut writer = c::listening_writer(&key);
        writer.feed("one\ntwo\n");
        reader.wait_until_printed("one\ntwo\n".len());
        if dies {
            let _ = writer.kill();
        } else {
            writer.close_stdin();
            writer.exit().expect_code(1);
        }
        let outcome = reader.exit();
        outcome.expect_code(3).expect_stdout(b"one\ntwo\n").expect_stderr("writer has left");
        key.expect_no_segment();
    }
}

#[test]
fn a_c_writer_that_leaves_before_it_has_said_anything_is_waited_for_again() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let first = c::listening_writer(&key);
    reader.wait_until_says(&format!("process {} has attached", first.pid()));
    let _ = first.kill();
    reader.wait_while_alive("waits again", |it| {
        it.stderr().text().matches("waiting for a writer").count() == 2
    });
    c::writer(&key, "pause").reading(TEXT).start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(TEXT);
    key.expect_no_segment();
}

#[test]
fn a_kept_reader_takes_one_c_writer_after_the_other() {
    let key = TestKey::new();
    let mut reader = reader(&key).args(["--keep"]).start();
    reader.wait_until_asleep(Asleep::Pausing);
    for streams in 1..=3 {
        c::writer(&key, "pause").reading(TEXT).start().exit().expect_code(0);
        reader.wait_until_printed(streams * TEXT.len());
    }
    reader.interrupt();
    reader.exit().expect_code(130).expect_stdout(&TEXT.repeat(3));
    key.expect_no_segment();
}

#[test]
fn a_c_reader_that_dies_over_a_text_leaves_it_to_the_next() {
    let key = TestKey::new();
    let first = c::waiting_reader(&key);
    let mut writer = listening_writer(&key);
    stop(&first);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Pausing);
    let _ = first.kill();
    writer.wait_until_says("the reader has left and has not taken");
    writer.close_stdin();
    let second = c::reader(&key, "busy").start();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(&c::printed(&["one\n", "end\n"]));
    key.expect_no_segment();
}

#[test]
fn ctrl_c_reaches_a_reader_whose_c_writer_hangs() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = c::listening_writer(&key);
    writer.feed("one\n");
    reader.wait_until_printed("one\n".len());
    stop(&writer);
    reader.wait_until_asleep(Asleep::Pausing);
    reader.interrupt();
    reader.exit().expect_code(130).expect_stdout(b"one\n");
    // The writer is there to go on, with the next reader.
    assert_eq!(key.existing_segment().attached, 1);
    go_on(&writer);
    writer.feed("two\nend\n");
    super::reader(&key).start().exit().expect_code(0).expect_stdout(b"two\nend\n");
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn ctrl_c_reaches_a_writer_whose_c_reader_hangs() {
    let key = TestKey::new();
    let reader = c::waiting_reader(&key);
    let mut writer = writer(&key).input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    stop(&reader);
    writer.feed("one\ntwo\n");
    writer.wait_until_asleep(Asleep::Pausing);
    writer.interrupt();
    writer.exit().expect_code(130).expect_stderr("not read yet");
    // What was handed over is there when it goes on.
    go_on(&reader);
    let mut reader = reader;
    reader.wait_until_printed(c::printed(&["one\n"]).len());
    let _ = reader.kill();
}

#[test]
fn what_a_c_writer_has_left_is_not_for_a_writer_to_remove() {
    let key = TestKey::new();
    let mut first = c::listening_writer(&key);
    first.feed("one\ntwo\n");
    first.wait_until_asleep(Asleep::Pausing);
    let _ = first.kill();
    let writer = lonely_writer(&key, b"three\n");
    writer.interrupt();
    writer.exit().expect_code(130).expect_stderr("6 bytes");
    assert_eq!(key.existing_segment().attached, 0);
    reader(&key).start().exit().expect_code(3).expect_stdout(b"one\n");
    key.expect_no_segment();
}

#[test]
fn ctrl_c_ends_the_stream_of_a_c_reader() {
    let key = TestKey::new();
    let reader = c::waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Reading);
    writer.interrupt();
    writer.exit().expect_code(130);
    reader.exit().expect_code(0).expect_stdout(&c::printed(&["one\n", "end\n"]));
    key.expect_no_segment();
}

#[test]
fn ctrl_c_takes_the_segment_along_when_a_c_reader_was_killed() {
    let key = TestKey::new();
    let reader = c::waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Reading);
    let _ = reader.kill();
    writer.interrupt();
    writer.exit().expect_code(130);
    key.expect_no_segment();
}

#[test]
fn who_scribbles_into_the_segment_harms_nobody() {
    let key = TestKey::new();
    let lines = Endless::default();
    let mut reader = waiting_reader(&key);
    let mut writer = writer(&key).input(lines.input()).start();
    let scribbler = c::scribbler(&key).start();
    // Far more than the writer has handed over.
    reader.wait_until_printed(1 << 18);
    writer.wait_until_interruptible();
    // The reader first: the writer would end its stream.
    for program in [reader, writer] {
        program.interrupt();
        program.exit().expect_code(130).expect_signed_lines();
    }
    let _ = scribbler.kill();
    lines.stop();
}
