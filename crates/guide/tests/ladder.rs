//! Each rung of the ladder runs as a pair, and has the flaw that the next one mends.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use handoff_e2e::old_kernel::OldKernel;
use handoff_e2e::procfs::{self, Asleep};
use handoff_e2e::{Input, Program, Running, TestKey};

const RUNGS: [&str; 7] = ["rung1", "rung2", "rung3", "rung4", "rung5", "rung6", "rung7"];

fn side(rung: &'static str, side: &str, key: &TestKey) -> Program {
    Program::bare(rung).args([side, &key.number().to_string()])
}

fn writer(rung: &'static str, key: &TestKey) -> Running {
    side(rung, "writer", key).input(Input::Open).start()
}

fn reader(rung: &'static str, key: &TestKey) -> Running {
    side(rung, "reader", key).start()
}

/// Waits until it has used so much processor time that it can only be looking and looking again.
fn wait_until_it_burns(running: &mut Running, ticks: u64) {
    running.wait_until_fed();
    running.wait_while_alive("burns a core", |running| {
        running.is_itself() && procfs::usage(running.pid()).ticks >= ticks
    });
}

/// Waits until it has attached, set the word as it likes to, and waits for the other side.
fn wait_until_it_waits(rung: &str, running: &mut Running) {
    match rung {
        "rung1" | "rung2" => wait_until_it_burns(running, 3),
        _ => running.wait_until_asleep(Asleep::InFutex),
    }
}

/// Feeds a line and waits until it has come out at the other end.
fn hand_over(writer: &mut Running, reader: &mut Running, line: &str) {
    let before = reader.stdout().len();
    writer.feed(line);
    reader.wait_until_printed(before + line.len());
}

#[test]
fn each_rung_hands_lines_over_and_leaves_nothing_behind() {
    for rung in RUNGS {
        let key = TestKey::new();
        let mut reader = reader(rung, &key);
        wait_until_it_waits(rung, &mut reader);
        let mut writer = writer(rung, &key);
        // In rung 1, text must not be handed over before both have begun.
        writer.wait_until_asleep(Asleep::Reading);
        for line in ["hello\n", "a line, not the end\n", "end\n", "no newline"] {
            hand_over(&mut writer, &mut reader, line);
        }
        writer.close_stdin();
        writer.exit().expect_code(0).expect_silence();
        let outcome = reader.exit();
        outcome.expect_code(0).expect_stdout(b"hello\na line, not the end\nend\nno newline");
        key.expect_no_segment();
    }
}

#[test]
fn each_rung_hands_over_more_than_one_slot_holds() {
    let text: Vec<u8> = (0..200_000u32).map(|at| b'a' + (at % 23) as u8).collect();
    for rung in RUNGS {
        let key = TestKey::new();
        let mut reader = reader(rung, &key);
        wait_until_it_waits(rung, &mut reader);
        let writer = side(rung, "writer", &key).reading(&text).start();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text);
        key.expect_no_segment();
    }
}

/// What the reader prints of two lines, the first of which was handed over before it came.
fn with_a_late_reader(rung: &'static str) -> Vec<u8> {
    let key = TestKey::new();
    let mut writer = writer(rung, &key);
    writer.feed("first\n");
    wait_until_it_burns(&mut writer, 3);
    let reader = reader(rung, &key);
    writer.feed("second\n");
    writer.wait_until_asleep(Asleep::Reading);
    writer.close_stdin();
    writer.exit().expect_code(0);
    let outcome = reader.exit();
    outcome.expect_code(0);
    outcome.stdout
}

#[test]
fn rung_1_loses_a_line_written_before_the_reader_comes() {
    assert_eq!(with_a_late_reader("rung1"), b"second\n");
}

#[test]
fn rung_2_keeps_it() {
    assert_eq!(with_a_late_reader("rung2"), b"first\nsecond\n");
}

#[test]
fn rung_2_burns_a_core_while_it_waits() {
    let key = TestKey::new();
    let mut reader = reader("rung2", &key);
    // Of a hundred in a second: nothing but a loop takes so many.
    wait_until_it_burns(&mut reader, 30);
}

#[test]
fn rung_3_sleeps() {
    let key = TestKey::new();
    let mut reader = reader("rung3", &key);
    reader.wait_until_asleep(Asleep::InFutex);
    let before = procfs::usage(reader.pid());
    // Whoever looks now and then, in between, would be seen by the time this pair has ended.
    let other = TestKey::new();
    let written = side("rung3", "writer", &other).reading("meanwhile\n").start();
    side("rung3", "reader", &other).start().exit().expect_code(0);
    written.exit().expect_code(0);
    assert_eq!(procfs::usage(reader.pid()), before);
}

#[test]
fn rung_3_calls_the_kernel_though_nobody_sleeps() {
    let key = TestKey::new();
    // Nobody else is there, so there is nobody to wake.
    let writer = OldKernel::without_wakes(side("rung3", "writer", &key)).reading("one\n").start();
    let status = writer.exit().status;
    assert_eq!(status.signal(), Some(libc::SIGSYS), "no FUTEX_WAKE: {status}");
}

#[test]
fn rung_4_wakes_only_who_sleeps() {
    let key = TestKey::new();
    let mut writer =
        OldKernel::without_wakes(side("rung4", "writer", &key)).input(Input::Open).start();
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::InFutex);
    let mut reader = reader("rung4", &key);
    reader.wait_until_printed("one\n".len());
    // Now the reader sleeps, and must be woken.
    reader.wait_until_asleep(Asleep::InFutex);
    writer.feed("two\n");
    assert_eq!(writer.exit().status.signal(), Some(libc::SIGSYS));
}

#[test]
fn rung_4_waits_for_the_reader_after_each_line() {
    let key = TestKey::new();
    let mut writer = writer("rung4", &key);
    writer.feed("one\n");
    writer.close_stdin();
    // It does not even see that its input is at its end.
    writer.wait_until_asleep(Asleep::InFutex);
    reader("rung4", &key).exit().expect_code(0).expect_stdout(b"one\n");
    writer.exit().expect_code(0);
}

#[test]
fn rung_5_runs_ahead_and_ends_before_the_reader_has_come() {
    let key = TestKey::new();
    let mut writer = writer("rung5", &key);
    for line in ["one\n", "two\n", "three\n"] {
        writer.feed(line);
        writer.wait_until_asleep(Asleep::Reading);
    }
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader("rung5", &key).exit().expect_code(0).expect_stdout(b"one\ntwo\nthree\n");
}

#[test]
fn from_rung_5_on_a_reader_goes_on_where_the_last_one_stopped() {
    for rung in &RUNGS[4..] {
        let key = TestKey::new();
        let mut writer = writer(rung, &key);
        let mut first = reader(rung, &key);
        hand_over(&mut writer, &mut first, "one\n");
        first.wait_until_asleep(Asleep::InFutex);
        let _ = first.kill();
        for line in ["two\n", "three\n"] {
            writer.feed(line);
            writer.wait_until_asleep(Asleep::Reading);
        }
        writer.close_stdin();
        writer.exit().expect_code(0);
        reader(rung, &key).exit().expect_code(0).expect_stdout(b"two\nthree\n");
    }
}

/// A reader that sleeps, and whose writer was killed.
fn bereaved(rung: &'static str, key: &TestKey) -> Running {
    let mut reader = reader(rung, key);
    let mut writer = writer(rung, key);
    hand_over(&mut writer, &mut reader, "one\n");
    reader.wait_until_asleep(Asleep::InFutex);
    let _ = writer.kill();
    reader
}

#[test]
fn rung_5_waits_for_the_dead() {
    let key = TestKey::new();
    let mut reader = bereaved("rung5", &key);
    reader.wait_until_asleep(Asleep::InFutex);
    // The fourth argument of futex(2) is a limit to the time: none. Who should wake it is dead.
    let call = fs::read_to_string(format!("/proc/{}/syscall", reader.pid())).unwrap();
    assert_eq!(call.split(' ').nth(4), Some("0x0"), "{call}");
    assert_eq!(key.existing_segment().attached, 1);
}

#[test]
fn rung_6_notices_that_the_writer_is_gone() {
    let key = TestKey::new();
    let outcome = bereaved("rung6", &key).exit();
    assert!(!outcome.status.success());
    outcome.expect_stdout(b"one\n").expect_stderr("the other side is gone");
}

/// A reader that comes when the writer is dead already, its stream without an end.
fn too_late(rung: &'static str, key: &TestKey) -> Running {
    let mut writer = writer(rung, key);
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::Reading);
    let _ = writer.kill();
    let mut reader = reader(rung, key);
    reader.wait_until_printed("one\n".len());
    reader
}

#[test]
fn rung_6_cannot_tell_a_writer_that_died_before_from_one_that_is_still_to_come() {
    let key = TestKey::new();
    let mut reader = too_late("rung6", &key);
    reader.wait_until_asleep(Asleep::InFutex);
    let before = procfs::usage(reader.pid()).switches;
    // It has asked the kernel several times meanwhile, and still waits.
    reader.wait_while_alive("has looked again and again", |reader| {
        procfs::usage(reader.pid()).switches >= before + 5
    });
}

#[test]
fn rung_7_tells() {
    let key = TestKey::new();
    let outcome = too_late("rung7", &key).exit();
    assert!(!outcome.status.success());
    outcome.expect_stdout(b"one\n").expect_stderr("the writer is gone");
}

/// Two streams, one after the other, before a reader comes: what two readers print.
fn two_streams(rung: &'static str) -> [Vec<u8>; 2] {
    let key = TestKey::new();
    for text in ["one\n", "two\n"] {
        side(rung, "writer", &key).reading(text).start().exit().expect_code(0);
    }
    let first = reader(rung, &key).exit();
    first.expect_code(0);
    if key.segment().is_none() {
        return [first.stdout, Vec::new()];
    }
    let second = reader(rung, &key).exit();
    second.expect_code(0);
    [first.stdout, second.stdout]
}

#[test]
fn rung_6_removes_a_second_stream_unread() {
    assert_eq!(two_streams("rung6"), [b"one\n".to_vec(), Vec::new()]);
}

#[test]
fn rung_7_keeps_it_for_the_next_reader() {
    assert_eq!(two_streams("rung7"), [b"one\n", b"two\n"]);
}
