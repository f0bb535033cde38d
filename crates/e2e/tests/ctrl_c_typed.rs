//! Ctrl-C as a person types it: through a terminal, which must be as it was afterwards.

use handoff_e2e::pair::{listening_writer, waiting, waiting_reader};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::pty::CTRL_C;
use handoff_e2e::{Program, Terminal, TestKey};

#[test]
fn ctrl_c_typed_at_the_prompt_ends_the_writer_and_leaves_the_terminal_sane() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let mut writer = Program::writer(&key).at(&terminal).start();
    terminal.wait_for("Enter some text: ");
    writer.wait_until_asleep(Asleep::Reading);
    terminal.type_in(CTRL_C);
    writer.exit().expect_code(130).expect_signed_lines();
    terminal.expect_sane();
    key.expect_no_segment();
}

#[test]
fn ctrl_c_typed_after_half_a_line_ends_the_stream_without_it() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let terminal = Terminal::new();
    let writer = Program::writer(&key).at(&terminal).start();
    terminal.wait_for("Enter some text: ");
    terminal.type_in(b"whole\n");
    reader.wait_until_printed("whole\n".len());
    terminal.type_in(b"half");
    terminal.wait_for("half");
    terminal.type_in(CTRL_C);
    writer.exit().expect_code(130);
    // The terminal itself throws away an unfinished line.
    reader.exit().expect_code(0).expect_stdout(b"whole\n");
    terminal.expect_sane();
    key.expect_no_segment();
}

#[test]
fn ctrl_c_typed_while_the_slots_are_full_ends_the_writer() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let mut writer = Program::writer(&key).args(["--slots", "1"]).at(&terminal).start();
    terminal.wait_for("Enter some text: ");
    terminal.type_in(b"first\nsecond\n");
    writer.wait_until_asleep(Asleep::InFutex);
    terminal.type_in(CTRL_C);
    writer.exit().expect_code(130);
    terminal.expect_sane();
    let outcome = Program::reader(&key).start().exit();
    outcome.expect_code(3).expect_stdout(b"first\n");
    key.expect_no_segment();
}

#[test]
fn ctrl_c_typed_at_a_waiting_reader_ends_it() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let reader = waiting(Program::reader(&key).at(&terminal));
    terminal.type_in(CTRL_C);
    reader.exit().expect_code(130);
    terminal.expect_sane();
    key.expect_no_segment();
}

#[test]
fn ctrl_c_typed_at_a_reader_with_a_writer_leaves_the_writer_alone() {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let reader = waiting(Program::reader(&key).at(&terminal));
    let mut writer = listening_writer(&key);
    writer.feed("one\n");
    terminal.wait_for("You wrote: one");
    terminal.type_in(CTRL_C);
    reader.exit().expect_code(130);
    terminal.expect_sane();
    writer.feed("two\n");
    writer.close_stdin();
    writer.exit().expect_code(0);
    let second = Program::reader(&key).start().exit();
    second.expect_code(0);
    // Ctrl-C may have come between the first line's way to the screen and its acknowledgement.
    assert!(
        [b"two\n".as_slice(), b"one\ntwo\n"].contains(&second.stdout.as_slice()),
        "{:?}",
        second.stdout
    );
    key.expect_no_segment();
}
