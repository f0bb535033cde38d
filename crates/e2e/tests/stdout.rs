//! A stdout that takes nothing: what the reader could not print stays in the segment.

use handoff_e2e::pair::{listening_writer, waiting};
use handoff_e2e::payload;
use handoff_e2e::{Output, Program, TestKey};

#[test]
fn a_closed_stdout_ends_the_reader_as_head_ends_a_pipeline() {
    let key = TestKey::new();
    let text = payload::text(10_000);
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    let first = Program::reader(&key).output(Output::Closed).start().exit();
    first.expect_code(0).expect_signed_lines();
    let second = Program::reader(&key).start().exit();
    second.expect_code(0).expect_stdout(&text);
    key.expect_no_segment();
}

#[test]
fn a_stdout_closed_in_the_middle_loses_only_what_was_in_the_pipe() {
    let key = TestKey::new();
    let text = payload::text(8 << 20);
    let writer = Program::writer(&key).reading(&text).start();
    let (mut tap, pipe) = std::io::pipe().expect("a spare pipe");
    let first = Program::reader(&key).output(Output::Fd(pipe.into())).start();
    let mut head = vec![0; 100_000];
    std::io::Read::read_exact(&mut tap, &mut head).expect("the reader prints");
    drop(tap);
    first.exit().expect_code(0).expect_signed_lines();
    let second = Program::reader(&key).start();
    writer.exit().expect_code(0);
    let second = second.exit();
    second.expect_code(0);
    assert!(text.starts_with(&head));
    assert!(text.ends_with(&second.stdout), "the rest arrives in one piece");
    // The pipe held at most its capacity when it was closed.
    let lost = text.len().saturating_sub(head.len() + second.stdout.len());
    assert!(lost <= 1 << 16, "{lost} bytes are lost");
    key.expect_no_segment();
}

#[test]
fn a_reader_with_a_closed_stdout_leaves_the_writer_alive() {
    let key = TestKey::new();
    let first = waiting(Program::reader(&key).output(Output::Closed));
    let mut writer = listening_writer(&key);
    writer.feed("kept\n");
    first.exit().expect_code(0);
    let second = Program::reader(&key).start();
    writer.close_stdin();
    writer.exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"kept\n");
    key.expect_no_segment();
}

#[test]
fn a_full_disk_is_an_error_and_the_text_stays() {
    let key = TestKey::new();
    let text = payload::text(10_000);
    Program::writer(&key).reading(&text).start().exit().expect_code(0);
    let first = Program::reader(&key).printing_to("/dev/full").start().exit();
    first.expect_code(1).expect_line_with(&["stdout", "space"]);
    let second = Program::reader(&key).start().exit();
    second.expect_code(0).expect_stdout(&text);
    key.expect_no_segment();
}

#[test]
fn a_stderr_that_takes_nothing_changes_no_exit_status() {
    let key = TestKey::new();
    let deaf = |program: Program| program.through(["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"]);
    let writer = deaf(Program::writer(&key).args(["-v"])).reading("text\n");
    writer.start().exit().expect_code(0);
    let reader = deaf(Program::reader(&key).args(["-v"]));
    reader.start().exit().expect_code(0).expect_stdout(b"text\n");
    deaf(Program::on("reader", "0")).start().exit().expect_code(2);
    let first = waiting(Program::reader(&key));
    deaf(Program::reader(&key)).start().exit().expect_code(1);
    drop(first);
}

#[test]
fn a_stdin_that_cannot_be_read_is_an_error() {
    let key = TestKey::new();
    let directory = std::fs::File::open("/").expect("a directory can be opened");
    let input = handoff_e2e::Input::Fd(directory.into());
    let outcome = Program::writer(&key).input(input).start().exit();
    outcome.expect_code(1).expect_line_with(&["stdin", "directory"]);
    key.expect_no_segment();
}
