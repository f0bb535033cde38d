//! `--step`: both sides stop before each step, in the order that the crash matrix knows, say
//! what they are about to do, and go on, run on or leave as the person at the terminal says.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use handoff_e2e::closer::{go_on, stop};
use handoff_e2e::pair::{listening, listening_writer, waiting_reader};
use handoff_e2e::procfs::{self, Asleep};
use handoff_e2e::pty::{CTRL_C, CTRL_D};
use handoff_e2e::stepping::Stepping;
use handoff_e2e::steps::{self, Steps, with_steps};
use handoff_e2e::{Program, Scratch, TestKey, binaries};

fn file(scratch: &Scratch, text: &str) -> PathBuf {
    let path = scratch.path().join("text");
    fs::write(&path, text).expect("a file of our own");
    path
}

/// What the test build says that it does, one name a line.
fn logged(log: &Path) -> Vec<String> {
    fs::read_to_string(log).expect("it took steps").lines().map(str::to_owned).collect()
}

#[test]
fn both_sides_of_a_hand_off_stop_at_the_steps_of_the_crash_matrix() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let text = file(&scratch, "hello\n");
    let logs = ["writer", "reader"].map(|name| scratch.path().join(name));
    let writer = Program::writer(&key).reading("hello\n");
    with_steps(writer, &logs[0], None).start().exit().expect_code(0);
    with_steps(Program::reader(&key), &logs[1], None).start().exit().expect_code(0);

    let writer = Stepping::beside_a_file(Program::writer(&key), &text);
    let (writer, writers_steps) = writer.go_on_to_the_end();
    writer.expect_code(0);
    let reader = Program::reader(&key);
    let reader = Stepping::beside_a_file(reader, Path::new("/dev/null"));
    let (reader, readers_steps) = reader.go_on_to_the_end();
    reader.expect_code(0).expect_stdout(b"hello\n");

    assert_eq!(writers_steps, logged(&logs[0]));
    assert_eq!(readers_steps, logged(&logs[1]));
    for step in ["Create", "Claim", "Read", "Len", "HandOver", "Leave"] {
        assert!(writers_steps.iter().any(|taken| taken == step), "{step} in {writers_steps:?}");
    }
    for step in ["Attach", "Claim", "Output", "Acknowledge", "Close", "Remove"] {
        assert!(readers_steps.iter().any(|taken| taken == step), "{step} in {readers_steps:?}");
    }
    key.expect_no_segment();
}

#[test]
fn a_test_build_that_is_stepped_through_logs_what_it_shows() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let (log, text) = (scratch.path().join("steps"), file(&scratch, "hello\n"));
    let writer = with_steps(Program::writer(&key), &log, None);
    let (writer, shown) = Stepping::beside_a_file(writer, &text).go_on_to_the_end();
    writer.expect_code(0);
    assert_eq!(shown, logged(&log));
    assert_eq!(Steps::read(&log).count("HandOver"), 2, "the text, and the end");
}

#[test]
fn each_step_is_shown_with_the_values_that_it_is_about() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let text = file(&scratch, "hello\n");
    let mut writer = Stepping::beside_a_file(Program::writer(&key), &text);
    let pid = writer.program.pid();
    let values = writer.go_on_to("Create").values;
    assert!(values.contains(&format!("key={:#x}", key.number())), "{values}");
    assert!(key.segment().is_none(), "it has taken the step before it was asked to");
    let values = writer.go_on_to("Claim").values;
    let held = format!("-> {:#x} (held by {pid})", 0x8000_0000 | pid.cast_unsigned());
    assert!(
        values.starts_with("writer's word: 0x0 (vacant) ") && values.ends_with(&held),
        "{values}"
    );
    let values = writer.go_on_to("HandOver").values;
    assert!(values.starts_with("slot 0: written 0 -> 1, len 6; nobody to wake"), "{values}");
    drop(writer);
}

#[test]
fn who_sleeps_goes_on_sleeping_until_the_other_takes_the_step_that_wakes() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let text = file(&scratch, "hello\n");
    let mut reader = waiting_reader(&key);
    let mut writer = Stepping::beside_a_file(Program::writer(&key), &text);
    let stop = writer.go_on_to("HandOver");
    assert!(stop.values.contains("with the sleep bit"), "{stop:?}");
    reader.wait_until_asleep(Asleep::InFutex);
    writer.answer(b"\n");
    assert_eq!(writer.stop().map(|stop| stop.step).as_deref(), Some("HandOverWake"));
    // Text waits for it, and it does not know.
    assert!(procfs::is_asleep(reader.pid(), Asleep::InFutex));
    assert!(reader.stdout().is_empty());
    writer.answer(b"\n");
    reader.wait_until_printed(b"hello\n".len());
    let (writer, _) = writer.go_on_to_the_end();
    writer.expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"hello\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_goes_on_while_the_reader_stands_at_a_step_and_sleeps_when_the_slots_are_full() {
    let key = TestKey::new();
    let mut writer = listening(Program::writer(&key).args(["--slots", "1"]));
    let mut reader = Stepping::at_a_terminal(Program::reader(&key));
    reader.go_on_to("Sleep");
    writer.feed("one\n");
    writer.wait_until_asleep(Asleep::InFutex);
    let values = reader.go_on_to("Acknowledge").values;
    assert!(values.contains("written 1 with the sleep bit -> 2"), "{values}");
    assert!(reader.terminal.screen().contains("You wrote: one\r\n"));
    writer.close_stdin();
    let (reader, _) = reader.go_on_to_the_end();
    reader.expect_code(0);
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn who_stands_at_a_step_passes_the_memory_on_to_who_comes() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let directory = scratch.path().join("run");
    fs::DirBuilder::new().mode(0o700).create(&directory).expect("a directory of our own");
    let directory = directory.display().to_string();
    let by_socket =
        |program: Program| program.args(["--via", "memfd"]).env("XDG_RUNTIME_DIR", &directory);
    let reader = by_socket(Program::reader(&key));
    let mut reader = Stepping::beside_a_file(reader, Path::new("/dev/null"));
    let first = by_socket(Program::writer(&key)).reading("first\n").start();
    reader.go_on_to("Output");
    let mut second = by_socket(Program::writer(&key)).reading("second\n").start();
    second.wait_until_says(&format!("the reader is process {}\n", reader.program.pid()));
    let (reader, _) = reader.go_on_to_the_end();
    reader.expect_code(0).expect_stdout(b"first\n");
    let reader = by_socket(Program::reader(&key)).start().exit();
    reader.expect_code(0).expect_stdout(b"second\n");
    // Either stays until all is read.
    first.exit().expect_code(0);
    second.exit().expect_code(0);
}

#[test]
fn a_typed_line_is_text_and_the_answers_are_not() {
    let key = TestKey::new();
    let mut writer = Stepping::at_a_terminal(Program::writer(&key));
    for (prompts, line) in [(1, "hello\n"), (2, "endless\n"), (3, "end\n")] {
        writer.go_on_to_text(prompts);
        writer.program.wait_until_asleep(Asleep::Reading);
        writer.terminal.type_in(line.as_bytes());
    }
    let (writer, names) = writer.go_on_to_the_end();
    writer.expect_code(0);
    assert_eq!(names.iter().filter(|name| *name == "Read").count(), 3, "{names:?}");
    let reader = Program::reader(&key).start().exit();
    reader.expect_code(0).expect_stdout(b"hello\nendless\nend\n");
    key.expect_no_segment();
}

#[test]
fn enter_typed_once_too_often_is_no_text() {
    let key = TestKey::new();
    let mut writer = Stepping::at_a_terminal(Program::writer(&key));
    writer.go_on_to("ClaimEnd");
    writer.answer(b"\n");
    // It looks whether the segment is still there, and reads next.
    writer.go_on_to("Status");
    // All of it is there before the first is read.
    stop(&writer.program);
    writer.answer(b"\n\n\n\n");
    writer.terminal.wait_for("> \r\n\r\n\r\n\r\n");
    go_on(&writer.program);
    writer.go_on_to_text(1);
    writer.program.wait_until_asleep(Asleep::Reading);
    writer.terminal.type_in(b"text\n");
    writer.go_on_to("HandOver");
    writer.answer(b"c\n");
    writer.go_on_to_text(2);
    writer.terminal.type_in(b"end\n");
    writer.program.exit().expect_code(0);
    let reader = Program::reader(&key).start().exit();
    reader.expect_code(0).expect_stdout(b"text\nend\n");
}

#[test]
fn what_is_no_answer_takes_no_step() {
    let key = TestKey::new();
    let mut writer = Stepping::at_a_terminal(Program::writer(&key));
    let before = writer.go_on_to("Create").step;
    writer.answer(b"hello\n");
    let stop = writer.stop().expect("it asks again");
    assert_eq!(stop.step, before);
    assert!(writer.terminal.screen().contains("= \"hello\" is no answer."));
    assert!(key.segment().is_none(), "it has taken the step");
}

#[test]
fn c_and_ctrl_d_run_on_and_no_step_stops_any_more() {
    for keys in [b"c\n".as_slice(), CTRL_D] {
        let key = TestKey::new();
        let mut writer = listening_writer(&key);
        let mut reader = Stepping::at_a_terminal(Program::reader(&key));
        reader.go_on_to("Claim");
        reader.answer(keys);
        writer.feed("hello\n");
        reader.terminal.wait_for("You wrote: hello");
        writer.close_stdin();
        let (reader, names) = reader.end();
        reader.expect_code(0);
        assert_eq!(names.last().map(String::as_str), Some("Claim"), "{names:?}");
        writer.exit().expect_code(0);
        key.expect_no_segment();
    }
}

/// Takes so many steps, and answers so at the next. At which it was.
#[track_caller]
fn leave_behind(steps: usize, program: Program, key: &TestKey, keys: &[u8]) -> String {
    let mut program = Stepping::beside_a_file(program, Path::new("/dev/zero"));
    for _ in 0..steps {
        program.stop().expect("it is at no end");
        program.answer(b"\n");
    }
    let stop = program.stop().expect("it is at no end");
    program.answer(keys);
    let (outcome, _) = program.end();
    outcome.expect_code(130);
    let has_text = outcome.stderr.contains("kept in segment");
    assert!(has_text || key.segment().is_none(), "left at {stop:?}, and a segment is left, too");
    stop.step
}

/// With its role or without, by the one or the other in turns.
#[test]
fn q_and_ctrl_c_leave_at_any_step_and_leave_nothing_behind() {
    for (program, last) in
        [(Program::writer as fn(&TestKey) -> Program, "HandOver"), (Program::reader, "Sleep")]
    {
        for (steps, keys) in [b"q\n".as_slice(), CTRL_C].into_iter().cycle().enumerate() {
            let key = TestKey::new();
            if leave_behind(steps, program(&key), &key, keys) == last {
                break;
            }
        }
    }
}

#[test]
fn without_a_terminal_there_is_one_sentence() {
    for program in [Program::bare("writer"), Program::bare("reader")] {
        let outcome = program.args(["--step"]).through(["setsid"]).start().exit();
        outcome.expect_code(1).expect_line_with(&["without a terminal", "/dev/tty", "--step"]);
    }
}

/// A process can be killed or stopped at a step in the test build alone.
#[test]
fn the_programs_that_people_run_do_not_know_how_to_die_at_a_step() {
    for name in ["writer", "reader"] {
        for word in ["HANDOFF_KILL", "HANDOFF_STOP", "HANDOFF_STEP_LOG"] {
            let has = |path: PathBuf| {
                let program = fs::read(path).expect("a program is a file");
                program.windows(word.len()).any(|bytes| bytes == word.as_bytes())
            };
            assert!(has(steps::binary(name)), "{word} is not in the test build of {name}");
            assert!(!has(binaries::path(name)), "{word} is in {name}");
        }
    }
}

#[test]
fn the_classic_layout_is_stepped_through_as_well() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let text = file(&scratch, "hello\n");
    let reader = Program::reader(&key).args(["--blog"]).start();
    let mut writer = Stepping::beside_a_file(Program::writer(&key).args(["--blog"]), &text);
    let values = writer.go_on_to("HandOver").values;
    assert_eq!(values, "written_by_you: 0 -> 1");
    let (writer, names) = writer.go_on_to_the_end();
    writer.expect_code(0);
    assert!(names.iter().all(|name| name != "Claim"), "it has no roles: {names:?}");
    reader.exit().expect_code(0).expect_stdout(b"hello\nend\n");
    key.expect_no_segment();
}
