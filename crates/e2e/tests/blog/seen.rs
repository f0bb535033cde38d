//! What a person sees: the screen, and stderr.

use handoff_e2e::{Terminal, TestKey};

use super::{lonely_writer, reader, waiting_reader, writer};

/// What a reader at a terminal shows of this input, by lines as the terminal breaks them.
#[track_caller]
fn shown(input: &[u8]) -> Vec<String> {
    let key = TestKey::new();
    let terminal = Terminal::new();
    let writer = lonely_writer(&key, input);
    reader(&key).args(["-q"]).at(&terminal).start().exit().expect_code(0);
    writer.exit().expect_code(0);
    terminal.expect_sane();
    key.expect_no_segment();
    let screen = String::from_utf8_lossy(&terminal.finish()).into_owned();
    screen.split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn each_line_is_marked_on_a_terminal_and_obeyed_by_none() {
    assert_eq!(
        shown(b"one\nendless\n\x1b[31mred\nend\n"),
        ["You wrote: one", "You wrote: endless", "You wrote: ^[[31mred", "You wrote: end"]
    );
}

#[test]
fn the_end_is_a_line_of_its_own_behind_a_last_line_without_a_newline() {
    assert_eq!(shown(b"one\nlast"), ["You wrote: one", "You wrote: last", "You wrote: end"]);
}

#[test]
fn a_long_line_is_marked_once() {
    let line = "v".repeat(5000);
    assert_eq!(
        shown(format!("{line}\n").as_bytes()),
        [format!("You wrote: {line}"), "You wrote: end".into()]
    );
}

#[test]
fn a_person_is_prompted_line_by_line() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let terminal = Terminal::new();
    let writer = writer(&key).args(["-q"]).at(&terminal).start();
    terminal.wait_for("Enter some text: ");
    terminal.type_in(b"hello\n");
    reader.wait_until_printed("hello\n".len());
    terminal.wait_for("Enter some text: hello\r\nEnter some text: ");
    terminal.type_in(b"end\n");
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"hello\nend\n");
    terminal.expect_sane();
    key.expect_no_segment();
}

#[test]
fn quiet_means_silent() {
    let key = TestKey::new();
    let reader = reader(&key).args(["-q"]).start();
    writer(&key).args(["-q"]).reading("one\n").start().exit().expect_code(0).expect_silence();
    reader.exit().expect_code(0).expect_stdout(b"one\nend\n").expect_silence();
    key.expect_no_segment();
}

#[test]
fn verbose_shows_the_calls_and_twice_the_hand_offs() {
    let key = TestKey::new();
    let mut reader = reader(&key).args(["-v"]).start();
    reader.wait_until_says("waiting for a writer");
    let writer = writer(&key).args(["-vv"]).reading("one\n").start().exit();
    let reader = reader.exit();
    reader
        .expect_code(0)
        .expect_signed_lines()
        .expect_stderr("size=2052")
        .expect_stderr("IPC_RMID");
    assert!(!reader.stderr.contains("acknowledged"), "{}", reader.stderr);
    // It looks again every millisecond, and says so once.
    let looks = reader.stderr.matches("clock_nanosleep").count();
    assert!((1..=4).contains(&looks), "{}", reader.stderr);
    writer.expect_code(0).expect_signed_lines().expect_stderr("4 bytes, written_by_you 1");
}

#[test]
fn each_names_the_command_that_starts_the_other() {
    let key = TestKey::new();
    let command = |name| format!("{name} -k {:#x} --blog", key.number());
    let writer = lonely_writer(&key, b"one\n");
    let reader = reader(&key).start();
    writer.exit().expect_code(0).expect_stderr(&command("reader"));
    reader.exit().expect_code(0);
    let mut reader = waiting_reader(&key);
    reader.wait_until_says(&command("writer"));
    reader.interrupt();
    reader.exit().expect_code(130);
    key.expect_no_segment();
}
