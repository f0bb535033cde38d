//! Several writers and readers on one key, one after the other: none refuses, loses or removes
//! what belongs to another.

use std::thread;

use handoff_e2e::pair::{full_writer, listening_writer, waiting_reader};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Program, TestKey};

#[test]
fn two_writers_before_any_reader_leave_two_streams() {
    let key = TestKey::new();
    for text in ["first\n", "second\n"] {
        Program::writer(&key).reading(text).start().exit().expect_code(0);
    }
    for text in ["first\n", "second\n"] {
        assert!(key.segment().is_some(), "the stream {text:?} is still in the segment");
        let outcome = Program::reader(&key).start().exit();
        outcome.expect_code(0).expect_stdout(text.as_bytes());
    }
    key.expect_no_segment();
}

/// Two streams before any reader, of which the second has no end.
fn second_writer_killed(key: &TestKey) {
    Program::writer(key).reading("first\n").start().exit().expect_code(0);
    let mut second = listening_writer(key);
    second.feed("second\n");
    second.wait_until_asleep(Asleep::Reading);
    drop(second.kill());
    Program::reader(key).start().exit().expect_code(0).expect_stdout(b"first\n");
}

#[test]
fn a_death_in_the_second_stream_is_told_by_the_second_reader() {
    let key = TestKey::new();
    second_writer_killed(&key);
    Program::reader(&key).start().exit().expect_code(3).expect_stdout(b"second\n");
    key.expect_no_segment();
}

#[test]
fn a_death_in_the_second_stream_is_told_at_its_end_by_whoever_goes_on_with_it() {
    let key = TestKey::new();
    second_writer_killed(&key);
    let third = Program::writer(&key).reading("third\n").start().exit();
    third.expect_code(0).expect_stderr("did not end its stream");
    Program::reader(&key).start().exit().expect_code(3).expect_stdout(b"second\nthird\n");
    key.expect_no_segment();
}

#[test]
fn no_stream_is_lost_when_writers_come_while_readers_leave() {
    const STREAMS: usize = 200;
    let key = TestKey::new();
    thread::scope(|scope| {
        let writers = scope.spawn(|| {
            for number in 0..STREAMS {
                let text = format!("stream {number}\n");
                Program::writer(&key).reading(text).start().exit().expect_code(0);
            }
        });
        for number in 0..STREAMS {
            let expected = format!("stream {number}\n");
            let outcome = Program::reader(&key).start().exit();
            outcome.expect_code(0).expect_stdout(expected.as_bytes());
        }
        writers.join().expect("every writer succeeded");
    });
    key.expect_no_segment();
}

#[test]
fn a_second_writer_is_refused_with_the_pid_of_the_first() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let mut first = listening_writer(&key);
    let before = key.existing_segment();

    let second = Program::writer(&key).reading("intruder\n").start().exit();
    second.expect_code(1).expect_line_with(&["writer", &first.pid().to_string()]);

    assert_eq!(key.existing_segment(), before);
    first.feed("undisturbed\n");
    first.close_stdin();
    first.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"undisturbed\n");
    key.expect_no_segment();
}

#[test]
fn a_second_writer_is_refused_while_the_first_waits_for_a_reader() {
    let key = TestKey::new();
    let first = full_writer(&key, 1);
    let before = key.existing_segment();
    let second = Program::writer(&key).reading("intruder\n").start().exit();
    second.expect_code(1).expect_line_with(&[&first.pid().to_string()]);
    assert_eq!(key.existing_segment(), before);
    let reader = Program::reader(&key).start();
    first.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(&handoff_e2e::pair::too_much(1));
    key.expect_no_segment();
}

#[test]
fn a_second_reader_is_refused_with_the_pid_of_the_first() {
    let key = TestKey::new();
    let mut first = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("before\n");
    first.wait_until_printed("before\n".len());
    let before = key.existing_segment();

    let second = Program::reader(&key).start().exit();
    second.expect_code(1).expect_stdout(b"");
    second.expect_line_with(&["reader", &first.pid().to_string()]);

    assert_eq!(key.existing_segment(), before);
    writer.feed("after\n");
    writer.close_stdin();
    writer.exit().expect_code(0);
    first.exit().expect_code(0).expect_stdout(b"before\nafter\n");
    key.expect_no_segment();
}
