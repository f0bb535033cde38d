//! SIGKILL at any time: what was handed over is printed, in order, and repeats stay within the
//! slots that were not acknowledged.

use std::thread;
use std::time::Duration;

use handoff_e2e::closer::{go_on, stop};
use handoff_e2e::pair::{blocked_pair, listening_writer, too_much, waiting, waiting_reader};
use handoff_e2e::payload::{self, Endless};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::stitch::{Stitch, survive_twenty_kills};
use handoff_e2e::{Input, Output, Program, Running, TestKey};

const SLOTS: usize = 16;

/// A reader that comes after a killed one must say that text may come twice.
#[track_caller]
fn expect_warning_of_repeats(stderr: &str) {
    assert!(
        stderr.contains("reader died") && stderr.contains("printed"),
        "no warning that text may be printed twice in {stderr:?}"
    );
}

#[test]
fn a_new_reader_goes_on_where_a_killed_one_stopped() {
    let key = TestKey::new();
    let endless = Endless::default();
    let mut first = waiting_reader(&key);
    let mut writer = Program::writer(&key).input(endless.input()).start();
    first.wait_until_printed(1 << 20);
    let first = first.kill();
    writer.wait_until_says("died");

    let mut second = Program::reader(&key).start();
    second.wait_until_printed(1 << 20);
    endless.stop();
    writer.exit().expect_code(0).expect_signed_lines();
    let second = second.exit();
    second.expect_code(0).expect_signed_lines();
    expect_warning_of_repeats(&second.stderr);

    let text = endless.text();
    let mut stitch = Stitch::new(&text, SLOTS);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[track_caller]
fn kill_twenty_readers(slots: usize, wait: &str) {
    let key = TestKey::new();
    let wait = ["--wait", wait];
    let writer = Program::writer(&key).args(wait);
    survive_twenty_kills(slots, writer, || Program::reader(&key).args(wait));
    key.expect_no_segment();
}

#[test]
fn twenty_killed_readers_in_a_row_lose_nothing() {
    kill_twenty_readers(16, "futex");
}

#[test]
fn twenty_killed_readers_in_a_row_lose_nothing_with_one_slot() {
    kill_twenty_readers(1, "futex");
}

#[test]
fn twenty_killed_readers_in_a_row_lose_nothing_while_spinning() {
    kill_twenty_readers(2, "spin");
}

#[test]
fn a_reader_killed_while_it_prints_leaves_the_rest_to_the_next() {
    let key = TestKey::new();
    let (mut writer, reader) = blocked_pair(&key, SLOTS);
    let first = reader.kill();
    writer.wait_until_says("died");
    let second = Program::reader(&key).start();
    writer.exit().expect_code(0);
    let second = second.exit();
    second.expect_code(0);
    expect_warning_of_repeats(&second.stderr);

    let text = too_much(SLOTS);
    let mut stitch = Stitch::new(&text, SLOTS);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[test]
fn a_reader_killed_while_it_waits_loses_and_repeats_nothing() {
    let key = TestKey::new();
    let mut first = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    first.wait_until_printed("one\n".len());
    // Asleep again, it has acknowledged what it printed.
    first.wait_until_asleep(Asleep::InFutex);
    assert_eq!(first.kill().stdout, b"one\n");
    writer.feed("two\n");
    writer.wait_until_asleep(Asleep::Reading);
    let second = Program::reader(&key).start();
    writer.close_stdin();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"two\n");
    key.expect_no_segment();
}

#[test]
fn a_killed_writer_in_the_middle_of_a_stream_ends_the_reader_with_3() {
    let key = TestKey::new();
    let endless = Endless::default();
    let mut reader = waiting_reader(&key);
    let writer = Program::writer(&key).input(endless.input()).start();
    reader.wait_until_printed(1 << 20);
    drop(writer.kill());
    let outcome = reader.exit();
    outcome.expect_code(3).expect_signed_lines().expect_stderr("writer");
    assert!(endless.text().starts_with(&outcome.stdout), "the text is cut, not changed");
    key.expect_no_segment();
}

/// A writer that has handed over five lines and waits for the sixth.
#[track_caller]
fn writer_after_five_lines(key: &TestKey) -> Running {
    let mut writer = listening_writer(key);
    for line in FIVE_LINES.split_inclusive('\n') {
        writer.feed(line);
        writer.wait_until_asleep(Asleep::Reading);
    }
    writer
}

const FIVE_LINES: &str = "one\ntwo\nthree\nfour\nfive\n";

#[test]
fn all_that_a_killed_writer_handed_over_is_printed() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    drop(writer_after_five_lines(&key).kill());
    let outcome = reader.exit();
    outcome.expect_code(3).expect_stdout(FIVE_LINES.as_bytes());
    key.expect_no_segment();
}

#[test]
fn all_that_a_killed_writer_handed_over_waits_for_a_reader() {
    let key = TestKey::new();
    drop(writer_after_five_lines(&key).kill());
    assert!(key.segment().is_some(), "the text is in the segment");
    let outcome = Program::reader(&key).start().exit();
    outcome.expect_code(3).expect_stdout(FIVE_LINES.as_bytes());
    key.expect_no_segment();
}

#[test]
fn a_reader_ends_with_3_however_it_waits() {
    for wait in ["futex", "spin", "sleep"] {
        let key = TestKey::new();
        let mut reader = Program::reader(&key).args(["--wait", wait]).start();
        let writer = writer_after_five_lines(&key);
        reader.wait_until_printed(FIVE_LINES.len());
        drop(writer.kill());
        reader.exit().expect_code(3).expect_stdout(FIVE_LINES.as_bytes());
        key.expect_no_segment();
    }
}

#[test]
fn a_new_writer_continues_after_a_killed_one() {
    let key = TestKey::new();
    drop(writer_after_five_lines(&key).kill());
    let successor = Program::writer(&key).reading("six\n").start().exit();
    successor.expect_code(0).expect_signed_lines().expect_stderr("did not end");
    // Its status does not depend on whether it came in time to see the writer die.
    let outcome = Program::reader(&key).start().exit();
    outcome.expect_code(3).expect_stdout(format!("{FIVE_LINES}six\n").as_bytes());
    outcome.expect_signed_lines().expect_stderr("a writer died before it ended its stream");
    key.expect_no_segment();
}

#[test]
fn a_writer_killed_before_it_handed_anything_over_spoils_no_stream() {
    let key = TestKey::new();
    drop(listening_writer(&key).kill());
    let successor = Program::writer(&key).reading("text\n").start().exit();
    successor.expect_code(0).expect_signed_lines().expect_stderr("the last writer died");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n").expect_silence();
    key.expect_no_segment();
}

#[test]
fn a_writer_killed_and_followed_while_the_reader_does_not_look_is_told_of() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    reader.wait_until_printed("one\n".len());
    reader.wait_until_asleep(Asleep::InFutex);
    stop(&reader);
    drop(writer.kill());
    Program::writer(&key).reading("two\n").start().exit().expect_code(0);
    go_on(&reader);
    let reader = reader.exit();
    reader.expect_code(3).expect_stdout(b"one\ntwo\n").expect_stderr("a writer died");
    key.expect_no_segment();
}

#[test]
fn text_outlives_both_programs() {
    let key = TestKey::new();
    let (writer, reader) = blocked_pair(&key, SLOTS);
    drop(writer.kill());
    let first = reader.kill();
    let second = Program::reader(&key).start().exit();
    second.expect_code(3);

    let text = too_much(SLOTS);
    let mut stitch = Stitch::new(&text, SLOTS);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    // All slots were full, of a byte each at least.
    assert!(second.stdout.len() >= SLOTS, "only {} bytes were kept", second.stdout.len());
    key.expect_no_segment();
}

#[test]
fn a_reader_killed_after_the_writer_is_gone_leaves_the_rest_to_the_next() {
    let key = TestKey::new();
    let text = payload::text(80_000);
    let writer = Program::writer(&key).args(["--slots", "64"]).reading(&text);
    writer.start().exit().expect_code(0);
    let mut stitch = Stitch::new(&text, 64);
    for _ in 0..5 {
        let mut reader = Program::reader(&key).output(Output::Unread).start();
        reader.wait_until_asleep(Asleep::Writing);
        // What it printed into the pipe counts, but the next one repeats it, so that each of
        // them fills its pipe.
        stitch.append(&reader.kill().stdout);
    }
    let last = Program::reader(&key).start().exit();
    last.expect_code(0);
    expect_warning_of_repeats(&last.stderr);
    stitch.append(&last.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[test]
fn programs_killed_while_they_start_do_not_keep_the_next_pair_away() {
    let key = TestKey::new();
    for number in 0..200 {
        let program = if number % 2 == 0 {
            Program::reader(&key)
        } else {
            Program::writer(&key).input(Input::Open)
        };
        let mut program = program.start();
        program.wait_while_alive("has replaced its wrapper", |it| it.is_itself());
        // No condition can be seen in the middle of a start: the moments are sampled.
        thread::sleep(Duration::from_micros(10 * number));
        drop(program.kill());
    }
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    let reader = Program::reader(&key).start();
    reader.exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_killed_alone_does_not_keep_the_next_pair_away() {
    let key = TestKey::new();
    drop(waiting_reader(&key).kill());
    let reader = waiting(Program::reader(&key));
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}
