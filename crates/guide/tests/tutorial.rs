//! The tutorials' pair, compiled and run: nine faults, each shown.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use handoff_e2e::procfs::{self, Asleep};
use handoff_e2e::{Input, Program, Running, TestKey};

/// The pair as its authors ran it, and as anybody else would compile it.
static PLAIN: LazyLock<PathBuf> = LazyLock::new(|| compile("-O0"));
static OPTIMISED: LazyLock<PathBuf> = LazyLock::new(|| compile("-O2"));

fn compile(level: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(level);
    std::fs::create_dir_all(&directory).unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial");
    for side in ["writer", "reader"] {
        let status = Command::new("cc")
            .args([level, "-o"])
            .arg(directory.join(format!("c-{side}")))
            .arg(sources.join(side).with_extension("c"))
            .status();
        assert!(status.expect("a C compiler is there").success());
    }
    directory
}

fn program(directory: &Path, name: &'static str, key: &TestKey) -> Program {
    Program::found_at(name, directory.join(name)).args([key.number().to_string()])
}

fn writer(key: &TestKey) -> Running {
    program(&PLAIN, "c-writer", key).input(Input::Open).start()
}

fn reader(key: &TestKey) -> Running {
    program(&PLAIN, "c-reader", key).start()
}

/// Waits until it has spent `ticks` more of processor time than it had.
fn burns(running: &mut Running, ticks: u64) {
    running.wait_while_alive("is itself", Running::is_itself);
    let before = procfs::usage(running.pid()).ticks;
    running.wait_while_alive("burns a core", |running| {
        procfs::usage(running.pid()).ticks >= before + ticks
    });
}

/// Both sides, ready: the reader looks at the flag, the writer has asked for a line.
fn pair(key: &TestKey) -> (Running, Running) {
    let mut reader = reader(key);
    burns(&mut reader, 3);
    let mut writer = writer(key);
    writer.wait_until_asleep(Asleep::Reading);
    (writer, reader)
}

#[test]
fn it_works_at_first_sight() {
    let key = TestKey::new();
    let (mut writer, reader) = pair(&key);
    for line in ["hello\n", "world\n", "end\n"] {
        writer.feed(line);
        writer.wait_until_fed();
    }
    writer.exit().expect_code(0);
    let printed = b"You wrote: hello\nYou wrote: world\nYou wrote: end\n";
    reader.exit().expect_code(0).expect_stdout(printed);
    key.expect_no_segment();
}

#[test]
fn fault_1_an_optimising_compiler_looks_at_the_flag_once() {
    let key = TestKey::new();
    let mut reader = program(&OPTIMISED, "c-reader", &key).start();
    burns(&mut reader, 3);
    let mut writer = writer(&key);
    writer.feed("hello\n");
    writer.wait_until_fed();
    // Both wait now, each for the other, as fast as they can.
    burns(&mut writer, 10);
    burns(&mut reader, 50);
    assert_eq!(reader.stdout().text(), "");
}

#[test]
fn fault_2_waiting_burns_a_core() {
    let key = TestKey::new();
    burns(&mut reader(&key), 30);
}

#[test]
fn fault_3_a_line_written_before_the_reader_starts_is_lost() {
    let key = TestKey::new();
    let mut writer = writer(&key);
    writer.feed("first\n");
    writer.wait_until_fed();
    burns(&mut writer, 3);
    let reader = reader(&key);
    writer.feed("end\n");
    writer.exit().expect_code(0);
    reader.exit().expect_stdout(b"You wrote: end\n");
}

#[test]
fn fault_4_endless_ends_it() {
    let key = TestKey::new();
    let (mut writer, reader) = pair(&key);
    writer.feed("endless\n");
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"You wrote: endless\n");
}

#[test]
fn fault_5_a_long_line_loses_its_tail_and_its_nul() {
    let key = TestKey::new();
    let (mut writer, mut reader) = pair(&key);
    writer.feed("x".repeat(3000) + "\n");
    // No NUL ends the text: that it ends at all, is for the zeros behind the structure.
    let printed = "You wrote: ".to_owned() + &"x".repeat(2048);
    reader.wait_until_printed(printed.len());
    writer.wait_until_asleep(Asleep::Reading);
    writer.feed("end\n");
    writer.exit().expect_code(0);
    let all = printed + "You wrote: end\n";
    reader.exit().expect_code(0).expect_stdout(all.as_bytes());
}

#[test]
fn fault_6_at_the_end_of_its_input_the_writer_repeats_the_last_line_for_ever() {
    let key = TestKey::new();
    let (mut writer, mut reader) = pair(&key);
    writer.feed("once\n");
    writer.close_stdin();
    reader.wait_until_printed("You wrote: once\n".len() * 100);
    let text = reader.stdout().text();
    assert!(text.lines().take(100).all(|line| line == "You wrote: once"));
}

#[test]
fn fault_7_everybody_may_write_whatever_the_umask() {
    let key = TestKey::new();
    let mut reader = program(&PLAIN, "c-reader", &key).with_umask("077").start();
    burns(&mut reader, 3);
    assert_eq!(key.existing_segment().mode(), 0o666);
}

#[test]
fn fault_8_it_waits_for_the_dead() {
    let key = TestKey::new();
    let (writer, mut reader) = pair(&key);
    let _ = writer.kill();
    burns(&mut reader, 30);
    assert_eq!(key.existing_segment().attached, 1);
}

#[test]
fn fault_9_who_is_killed_leaves_the_segment_behind() {
    let key = TestKey::new();
    let (writer, reader) = pair(&key);
    let _ = (writer.kill(), reader.kill());
    assert_eq!(key.existing_segment().attached, 0);
}
