//! Who may touch the text: the owner, unless a mode says otherwise.

use handoff_e2e::pair::waiting_reader;
use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Foreign, Program, Running, Scratch, TestKey, foreign};

/// The mode of the segment that a program makes, however it then ends.
#[track_caller]
fn mode_made_by(key: &TestKey, program: Program) -> u32 {
    let mut program: Running = program.start();
    let mode = handoff_e2e::wait_until("the segment is there", || {
        key.segment().filter(|row| row.attached > 0).map(|row| row.mode())
    });
    program.wait_until_interruptible();
    program.interrupt();
    program.exit().expect_code(130);
    key.expect_no_segment();
    mode
}

/// Either program, waiting with nobody there.
fn either(key: &TestKey) -> [Program; 2] {
    let writer = Program::writer(key).input(handoff_e2e::Input::Open);
    [writer, Program::reader(key)]
}

#[test]
fn a_segment_is_the_owners_alone_whatever_the_umask() {
    let key = TestKey::new();
    for umask in ["0", "022", "0777"] {
        for program in either(&key) {
            assert_eq!(mode_made_by(&key, program.with_umask(umask)), 0o600, "umask {umask}");
        }
    }
}

#[test]
fn an_asked_mode_is_exact_whatever_the_umask() {
    let key = TestKey::new();
    for umask in ["0", "077", "0777"] {
        for (asked, mode) in [("0660", 0o660), ("640", 0o640), ("0666", 0o666)] {
            for program in either(&key) {
                let program = program.with_umask(umask).args(["--mode", asked]);
                assert_eq!(mode_made_by(&key, program), mode, "umask {umask}");
            }
        }
    }
}

#[test]
fn another_user_can_neither_read_nor_write_and_is_told_why() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let scratch = Scratch::new();
    Program::writer(&key).reading("secret\n").start().exit().expect_code(0);
    let before = key.existing_segment();
    // Trusting the owner does not help who is not trusted by him.
    let refusals: [(&[&str], &[&str]); 2] =
        [(&[], &["another user", "0600"]), (&["--any-owner"], &["permission"])];
    for (options, words) in refusals {
        for program in [Program::writer(&key).reading("forged\n"), Program::reader(&key)] {
            let copy = scratch.copy_of(program.name());
            let outcome = program.args(options).as_another_user(copy).start().exit();
            outcome.expect_code(1).expect_stdout(b"");
            outcome.expect_line_with(words);
            assert_eq!(key.existing_segment(), before);
        }
    }
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"secret\n");
    key.expect_no_segment();
}

#[test]
fn another_user_cannot_disturb_a_running_pair() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let scratch = Scratch::new();
    let reader = waiting_reader(&key);
    let intruder = Program::writer(&key).reading("forged\n");
    let outcome = intruder.as_another_user(scratch.copy_of("writer")).start().exit();
    outcome.expect_code(1).expect_line_with(&["another user"]);
    Program::writer(&key).reading("genuine\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"genuine\n");
    key.expect_no_segment();
}

#[test]
fn a_segment_of_another_user_is_refused_although_it_could_be_opened() {
    if !is_root_or_skips() {
        return;
    }
    let segment = Foreign::of_another_user(foreign::DEFAULT_SIZE, "0666");
    let before = segment.bytes();
    let owner = segment.row().owner_name();
    for name in ["writer", "reader"] {
        let outcome = Program::on(name, &segment.key()).start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(&[&owner, "--any-owner"]);
        segment.expect_untouched();
        assert_eq!(segment.bytes(), before);
    }
}

#[test]
fn a_segment_of_another_user_is_taken_on_demand() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let scratch = Scratch::new();
    let writer = Program::writer(&key).args(["--mode", "0666"]).reading("shared\n");
    writer.as_another_user(scratch.copy_of("writer")).start().exit().expect_code(0);
    assert_eq!(key.existing_segment().owner, 65534);
    let reader = Program::reader(&key).args(["--any-owner"]).start();
    reader.exit().expect_code(0).expect_stdout(b"shared\n");
    key.expect_no_segment();
}

#[test]
fn a_user_without_rights_can_use_the_pair_alone() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let scratch = Scratch::new();
    let writer = Program::writer(&key).reading("mine\n");
    writer.as_another_user(scratch.copy_of("writer")).start().exit().expect_code(0);
    let reader = Program::reader(&key).as_another_user(scratch.copy_of("reader"));
    reader.start().exit().expect_code(0).expect_stdout(b"mine\n");
    key.expect_no_segment();
}
