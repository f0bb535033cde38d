//! What the programs say on stderr: every line signed, silence on demand, and each system call
//! that matters for who wants to learn.

use handoff_e2e::pair::{waiting, waiting_reader};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Input, Outcome, Program, TestKey};

/// A pair that exchanges one line, with options or variables on both sides.
#[track_caller]
fn exchange(prepare: impl Fn(Program) -> Program) -> [Outcome; 2] {
    let key = TestKey::new();
    let reader = waiting(prepare(Program::reader(&key)));
    let writer = prepare(Program::writer(&key)).reading("text\n").start().exit();
    let reader = reader.exit();
    writer.expect_code(0).expect_signed_lines();
    reader.expect_code(0).expect_stdout(b"text\n").expect_signed_lines();
    [writer, reader]
}

#[test]
fn quiet_means_silent() {
    for outcome in exchange(|it| it.args(["-q"])) {
        outcome.expect_silence();
    }
}

#[test]
fn quiet_programs_still_say_why_they_fail() {
    let key = TestKey::new();
    let first = waiting_reader(&key);
    let second = Program::reader(&key).args(["-q"]).start().exit();
    second.expect_code(1).expect_line_with(&[&first.pid().to_string()]);
}

#[test]
fn verbose_shows_how_the_segment_is_made() {
    let key = TestKey::new();
    let mut writer = Program::writer(&key).args(["-v"]).input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    let segment = key.existing_segment();
    let call = format!(
        "writer: shmget(key={:#x}, size=33856, IPC_CREAT|IPC_EXCL|0600) = {}",
        key.number(),
        segment.id
    );
    writer.wait_until_says(&format!("{call}\n"));
    writer.close_stdin();
    writer.exit().expect_code(0).expect_signed_lines().expect_stderr("shmat(");
}

#[test]
fn verbose_shows_how_the_segment_is_removed() {
    let [_, reader] = exchange(|it| it.args(["-v"]));
    reader.expect_stderr("shmctl(").expect_stderr("IPC_RMID");
}

#[test]
fn verbose_shows_sleeps() {
    let [_, reader] = exchange(|it| it.args(["-v"]));
    reader.expect_stderr("sleep").expect_stderr("awake");
}

#[test]
fn more_verbose_shows_each_hand_off() {
    let [writer, _] = exchange(|it| it.args(["-v"]));
    assert!(!writer.stderr.contains("5 bytes"), "{}", writer.stderr);
    let [writer, reader] = exchange(|it| it.args(["-vv"]));
    writer.expect_stderr("slot 0: 5 bytes");
    reader.expect_stderr("slot 0: acknowledged");
}

#[test]
fn the_usual_variable_asks_for_the_same() {
    for outcome in exchange(|it| it.env("RUST_LOG", "debug")) {
        outcome.expect_stderr("shmget(").expect_stderr("shmat(");
    }
}

#[test]
fn system_calls_are_shown_only_on_demand() {
    for outcome in exchange(|it| it) {
        assert!(!outcome.stderr.contains("shmget("), "{}", outcome.stderr);
    }
}

#[test]
fn help_names_every_option() {
    let shared = ["--key", "--mode", "--slots", "--wait", "--step", "--any-owner"];
    for (name, own) in [("writer", "--until"), ("reader", "--keep")] {
        let outcome = Program::bare(name).args(["--help"]).start().exit();
        outcome.expect_code(0).expect_silence();
        let help = String::from_utf8_lossy(&outcome.stdout).into_owned();
        for option in shared.iter().chain([&own]) {
            assert!(help.contains(option), "{option} is missing in:\n{help}");
        }
        assert!(help.contains("1234"), "the default key is missing in:\n{help}");
    }
}
