//! Both sides are ours: Ctrl-C wherever one waits, deaths, and what is left behind.

use std::process::Command;

use handoff_e2e::closer::{go_on, stop};
use handoff_e2e::ctrl_c::{interrupt_both, interrupted};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Output, Running, TestKey};

use super::{listening_writer, lonely_writer, reader, waiting_reader, writer};

#[test]
fn who_is_alone_takes_the_segment_along() {
    let key = TestKey::new();
    interrupted(waiting_reader(&key));
    key.expect_no_segment();
    interrupted(listening_writer(&key));
    key.expect_no_segment();
}

#[test]
fn a_writer_that_waits_for_a_reader_says_what_is_lost() {
    let key = TestKey::new();
    interrupted(lonely_writer(&key, b"one\ntwo\n")).expect_stderr("8 bytes");
    key.expect_no_segment();
    // The end alone is nothing to lose.
    let outcome = interrupted(lonely_writer(&key, b""));
    assert!(!outcome.stderr.contains("bytes"), "{}", outcome.stderr);
    key.expect_no_segment();
}

#[test]
fn a_writer_ends_the_stream_of_a_waiting_reader() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("text\n");
    reader.wait_until_printed("text\n".len());
    writer.wait_until_asleep(Asleep::Reading);
    interrupted(writer);
    reader.exit().expect_code(0).expect_stdout(b"text\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_ends_the_stream_of_a_waiting_reader_also_within_a_line() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("text\nhalf");
    reader.wait_until_printed("text\n".len());
    writer.wait_until_asleep(Asleep::Reading);
    interrupted(writer).expect_stderr("4 bytes");
    reader.exit().expect_code(0).expect_stdout(b"text\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_that_cannot_print_at_all_says_so_and_leaves_nothing_but_text() {
    for (input, stays) in [(b"".as_slice(), false), (b"one\n", true)] {
        let key = TestKey::new();
        let writer = lonely_writer(&key, input);
        let outcome = reader(&key).printing_to("/dev/full").start().exit();
        outcome.expect_code(1).expect_stderr("No space left");
        if stays {
            interrupted(writer);
        } else {
            writer.exit().expect_code(0);
        }
        key.expect_no_segment();
    }
}

#[test]
fn a_reader_that_leaves_makes_room_for_the_next() {
    let key = TestKey::new();
    let first = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Reading);
    assert_eq!(interrupted(first).stdout, b"one\n");
    writer.feed("two\n");
    writer.wait_until_says("the reader has left");
    let second = reader(&key).start();
    writer.close_stdin();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"two\nend\n");
    key.expect_no_segment();
}

#[test]
fn both_may_be_interrupted_at_once() {
    interrupt_both(50, listening_writer, waiting_reader);
}

#[test]
fn a_reader_that_cannot_print_leaves_the_text_to_the_next() {
    let key = TestKey::new();
    // More than the pipe behind the reader holds.
    let input = "w".repeat(2000) + "\n";
    let input = input.repeat(50);
    let writer = writer(&key).reading(&input).start();
    let mut first = reader(&key).output(Output::Unread).start();
    first.wait_until_asleep(Asleep::Writing);
    let first = interrupted(first);
    first.expect_stderr("2001 bytes kept").expect_stderr("--blog");
    let second = reader(&key).start();
    writer.exit().expect_code(0);
    let second = second.exit();
    second.expect_code(0);
    // The text that was being printed comes again.
    let whole = first.stdout.len() / 2001 * 2001;
    let both = [&first.stdout[..whole], &second.stdout].concat();
    assert_eq!(both, [input.as_bytes(), b"end\n"].concat());
    key.expect_no_segment();
}

#[test]
fn a_reader_of_whom_nobody_reads_leaves_the_text_to_the_next() {
    let key = TestKey::new();
    let writer = lonely_writer(&key, b"one\n");
    let first = reader(&key).output(Output::Closed).start().exit();
    first.expect_code(0).expect_stderr("nobody reads");
    reader(&key).start().exit().expect_code(0).expect_stdout(b"one\nend\n");
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn a_writer_that_is_killed_is_told_of() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    reader.wait_until_printed("one\n".len());
    let _ = writer.kill();
    reader.exit().expect_code(3).expect_stdout(b"one\n").expect_stderr("writer has left");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_is_killed_over_a_text_has_handed_it_over() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    stop(&reader);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Pausing);
    let _ = writer.kill();
    go_on(&reader);
    reader.exit().expect_code(3).expect_stdout(b"one\n");
    key.expect_no_segment();
}

#[test]
fn a_kept_reader_waits_for_the_next_writer_also_when_one_is_killed() {
    let key = TestKey::new();
    let mut reader = reader(&key).args(["--keep"]).start();
    reader.wait_until_asleep(Asleep::Pausing);
    let mut first = listening_writer(&key);
    first.feed("one\n");
    reader.wait_until_printed("one\n".len());
    let _ = first.kill();
    reader.wait_until_says("writer has left");
    writer(&key).reading("two\n").start().exit().expect_code(0);
    reader.wait_until_printed("one\ntwo\nend\n".len());
    interrupted(reader).expect_stdout(b"one\ntwo\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_that_is_killed_leaves_its_text_to_the_next() {
    let key = TestKey::new();
    let first = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    stop(&first);
    writer.feed("one\ntwo\n");
    writer.wait_until_asleep(Asleep::Pausing);
    let _ = first.kill();
    writer.wait_until_says("has not taken the last text");
    writer.close_stdin();
    let second = reader(&key).start();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"one\ntwo\nend\n");
    key.expect_no_segment();
}

#[test]
fn who_is_killed_alone_leaves_a_segment_that_the_next_can_use() {
    let key = TestKey::new();
    let _ = lonely_writer(&key, b"lost\n").kill();
    assert_eq!(key.existing_segment().attached, 0);
    let _ = waiting_reader(&key).kill();
    let reader = waiting_reader(&key);
    writer(&key).reading("one\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"one\nend\n");
    key.expect_no_segment();
}

#[test]
fn who_waits_in_a_segment_that_somebody_removes_goes_on_in_a_new_one() {
    let key = TestKey::new();
    let removed = |mut program: Running| {
        let id = key.existing_segment().id.to_string();
        assert!(Command::new("ipcrm").args(["-m", &id]).status().expect("ipcrm runs").success());
        program.wait_until_says("was removed");
        program
    };
    let writer = removed(lonely_writer(&key, b"one\n"));
    reader(&key).start().exit().expect_code(0).expect_stdout(b"one\nend\n");
    writer.exit().expect_code(0);
    key.expect_no_segment();

    let reader = removed(waiting_reader(&key));
    super::writer(&key).reading("two\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"two\nend\n");
    key.expect_no_segment();
}

#[test]
fn a_second_of_a_kind_is_told_of() {
    let key = TestKey::new();
    let mut first = waiting_reader(&key);
    let mut second = waiting_reader(&key);
    let writer = listening_writer(&key);
    for reader in [&mut first, &mut second] {
        reader.wait_until_says("more than one other process");
    }
    interrupted(first);
    interrupted(second);
    interrupted(writer);
    key.expect_no_segment();
}
