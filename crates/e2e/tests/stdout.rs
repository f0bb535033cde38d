//! A stdout that takes nothing: what the reader could not print stays in the segment.

use handoff_e2e::pair::{listening_writer, waiting};
use handoff_e2e::payload;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::stitch::Stitch;
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

#[test]
fn a_stdin_or_stdout_that_is_closed_is_an_error_and_loses_nothing() {
    let key = TestKey::new();
    let shell = |program: Program, how: &str| {
        program.through(["sh", "-c", &format!("exec \"$@\" {how}"), "sh"]).start().exit()
    };
    shell(Program::writer(&key), "<&-").expect_code(1).expect_line_with(&["stdin", "closed"]);
    key.expect_no_segment();
    Program::writer(&key).reading("kept\n").start().exit().expect_code(0);
    shell(Program::reader(&key), ">&-").expect_code(1).expect_line_with(&["stdout", "closed"]);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"kept\n");
    // A /dev/null that somebody chose is no closed stdout.
    Program::writer(&key).reading("thrown away\n").start().exit().expect_code(0);
    shell(Program::reader(&key), "1<>/dev/null").expect_code(0);
    key.expect_no_segment();
}

#[test]
fn a_reader_that_leaves_in_the_middle_of_a_slot_has_the_next_one_say_so() {
    let key = TestKey::new();
    let text = payload::text(80_000);
    let writer = Program::writer(&key).args(["--slots", "64"]).reading(&text);
    writer.start().exit().expect_code(0);
    // What is in the pipe already keeps it from being full at the border of a slot.
    let (mut tap, mut pipe) = std::io::pipe().expect("a spare pipe");
    std::io::Write::write_all(&mut pipe, &[b'-'; 100]).expect("an empty pipe takes it");
    let first = Program::reader(&key).output(Output::Fd(pipe.into()));
    let mut first = first.start();
    first.wait_until_asleep(Asleep::Writing);
    first.interrupt();
    first.exit().expect_code(130).expect_stderr("of them printed already");
    let mut printed = Vec::new();
    std::io::Read::read_to_end(&mut tap, &mut printed).expect("a pipe that nobody writes to");
    let second = Program::reader(&key).start().exit();
    second.expect_code(0).expect_stderr("it has printed some of this");
    let mut stitch = Stitch::new(&text, 1);
    stitch.append(&printed[100..]);
    stitch.append(&second.stdout);
    stitch.expect_complete();
    key.expect_no_segment();
}
