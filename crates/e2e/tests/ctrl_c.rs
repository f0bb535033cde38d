//! Ctrl-C, sent as the signal, in every state: the program leaves with 130, loses nothing, and takes the segment
//! along if nothing is unread.

use handoff_e2e::ctrl_c::{interrupt_both, interrupted};
use handoff_e2e::pair::{
    blocked_pair, full_writer, listening, listening_writer, too_much, waiting_reader,
};
use handoff_e2e::payload::{self, Endless};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::stitch::Stitch;
use handoff_e2e::{Input, Output, Program, TestKey};

const SLOTS: usize = 16;
/// What a pipe holds that nobody reads, in bytes; see pipe(7).
const PIPE: usize = 1 << 16;
const WAYS: [&str; 3] = ["futex", "spin", "sleep"];

#[test]
fn a_writer_alone_takes_the_empty_segment_along() {
    let key = TestKey::new();
    interrupted(listening_writer(&key));
    key.expect_no_segment();
}

#[test]
fn a_writer_ends_the_stream_of_a_waiting_reader() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("text\n");
    reader.wait_until_printed("text\n".len());
    interrupted(writer);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_handed_over_nothing_ends_the_stream_of_a_waiting_reader() {
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    interrupted(listening_writer(&key));
    reader.exit().expect_code(0).expect_stdout(b"");
    key.expect_no_segment();
}

#[test]
fn a_writer_leaves_unread_text_and_its_end_for_a_later_reader() {
    let key = TestKey::new();
    let mut writer = listening_writer(&key);
    writer.feed("kept\n");
    writer.wait_until_asleep(Asleep::Reading);
    interrupted(writer);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"kept\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_leaves_full_slots_without_an_end() {
    for slots in [1, SLOTS] {
        let key = TestKey::new();
        interrupted(full_writer(&key, slots));
        let outcome = Program::reader(&key).start().exit();
        outcome.expect_code(3).expect_signed_lines().expect_stderr("writer");
        assert!(too_much(slots).starts_with(&outcome.stdout));
        assert!(outcome.stdout.len() >= slots, "every slot had text");
        key.expect_no_segment();
    }
}

#[test]
fn a_writer_leaves_while_the_reader_is_blocked() {
    let key = TestKey::new();
    let (writer, mut reader) = blocked_pair(&key, SLOTS);
    interrupted(writer);
    reader.read_output();
    let outcome = reader.exit();
    outcome.expect_code(3);
    assert!(too_much(SLOTS).starts_with(&outcome.stdout));
    key.expect_no_segment();
}

#[test]
fn a_writer_leaves_however_it_waits_for_a_free_slot() {
    for wait in WAYS {
        let key = TestKey::new();
        let mut writer = listening(Program::writer(&key).args(["--slots", "1", "--wait", wait]));
        writer.feed("first\n");
        // A spinning writer is never seen asleep.
        writer.wait_until_says("full");
        interrupted(writer);
        let outcome = Program::reader(&key).start().exit();
        outcome.expect_code(3).expect_stdout(b"first\n");
        key.expect_no_segment();
    }
}

#[test]
fn a_reader_alone_takes_the_empty_segment_along() {
    for wait in WAYS {
        let key = TestKey::new();
        let mut reader = Program::reader(&key).args(["--wait", wait]).start();
        reader.wait_until_interruptible();
        reader.wait_while_alive("has attached", |_| {
            key.segment().is_some_and(|row| row.attached == 1)
        });
        interrupted(reader);
        key.expect_no_segment();
    }
}

#[test]
fn a_reader_that_leaves_an_idle_writer_makes_room_for_the_next() {
    let key = TestKey::new();
    let mut first = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    first.wait_until_printed("one\n".len());
    first.wait_until_asleep(Asleep::InFutex);
    assert_eq!(interrupted(first).stdout, b"one\n");
    let second = waiting_reader(&key);
    writer.feed("two\n");
    writer.close_stdin();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"two\n");
    key.expect_no_segment();
}

/// Interrupts a reader that cannot print and lets a second one print the rest.
#[track_caller]
fn interrupt_blocked_reader(slots: usize) {
    let key = TestKey::new();
    let (writer, reader) = blocked_pair(&key, slots);
    let first = interrupted(reader);
    first.expect_stderr(" bytes").expect_stderr(&format!("reader -k {:#x}", key.number()));
    assert!(key.segment().is_some(), "the unread text is in the segment");
    let second = Program::reader(&key).start();
    writer.exit().expect_code(0);
    let second = second.exit();
    second.expect_code(0);

    let text = too_much(slots);
    let mut stitch = Stitch::new(&text, slots);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[test]
fn a_reader_that_cannot_print_leaves_the_rest_to_the_next() {
    interrupt_blocked_reader(SLOTS);
}

#[test]
fn a_reader_that_cannot_print_leaves_the_rest_to_the_next_with_one_slot() {
    interrupt_blocked_reader(1);
}

#[test]
fn text_outlives_ctrl_c_on_both_sides() {
    let key = TestKey::new();
    let (writer, reader) = blocked_pair(&key, SLOTS);
    interrupted(writer);
    let first = interrupted(reader);
    let segment = key.existing_segment();
    assert_eq!(segment.attached, 0);
    let second = Program::reader(&key).start().exit();
    second.expect_code(3);

    let text = too_much(SLOTS);
    let mut stitch = Stitch::new(&text, SLOTS);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    assert!(second.stdout.len() >= SLOTS, "every slot had text");
    key.expect_no_segment();
}

#[test]
fn sigint_while_text_flows_loses_nothing() {
    for round in 0..10 {
        let key = TestKey::new();
        let endless = Endless::default();
        let mut reader = waiting_reader(&key);
        let writer = Program::writer(&key).input(endless.input()).start();
        reader.wait_until_printed(1 + round * 100_000);
        let first = interrupted(reader);
        let second = Program::reader(&key).start();
        endless.stop();
        writer.exit().expect_code(0);
        let second = second.exit();
        second.expect_code(0);
        let text = endless.text();
        let mut stitch = Stitch::new(&text, SLOTS);
        stitch.append(&first.stdout);
        stitch.append(&second.stdout);
        stitch.expect_complete();
        key.expect_no_segment();
    }
}

#[test]
fn a_writer_interrupted_while_text_flows_has_handed_over_a_prefix() {
    for round in 0..10 {
        let key = TestKey::new();
        let endless = Endless::default();
        let mut reader = waiting_reader(&key);
        let writer = Program::writer(&key).input(endless.input()).start();
        reader.wait_until_printed(1 + round * 100_000);
        interrupted(writer);
        let outcome = reader.exit();
        // 0 if there was room for the end, 3 if not.
        assert!(matches!(outcome.status.code(), Some(0 | 3)), "{outcome:?}");
        assert!(endless.text().starts_with(&outcome.stdout));
        key.expect_no_segment();
    }
}

#[test]
fn both_may_be_interrupted_at_once() {
    interrupt_both(200, listening_writer, waiting_reader);
}

#[test]
fn a_reader_interrupted_after_the_writer_is_gone_leaves_the_rest_to_the_next() {
    let key = TestKey::new();
    let text = payload::text(PIPE + 20_000);
    let writer = Program::writer(&key).args(["--slots", "64"]).reading(&text);
    writer.start().exit().expect_code(0);
    let mut reader = Program::reader(&key).output(Output::Unread).start();
    reader.wait_until_asleep(Asleep::Writing);
    let first = interrupted(reader);
    let rest = text.len() - first.stdout.len();
    first.expect_stderr(&format!("{rest} bytes"));
    first.expect_stderr(&format!("reader -k {:#x}", key.number()));
    let second = Program::reader(&key).start().exit();
    second.expect_code(0);
    let mut stitch = Stitch::new(&text, 64);
    stitch.append(&first.stdout);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}

#[test]
fn sigterm_leaves_what_is_handed_over() {
    use nix::sys::signal::{Signal, kill};
    let key = TestKey::new();
    let mut writer = Program::writer(&key).input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    writer.feed("kept\n");
    writer.wait_until_asleep(Asleep::Reading);
    kill(nix::unistd::Pid::from_raw(writer.pid()), Signal::SIGTERM).expect("our own child");
    let _ = writer.exit();
    let outcome = Program::reader(&key).start().exit();
    outcome.expect_stdout(b"kept\n");
    key.expect_no_segment();
}
