//! What must not be used, and what makes no sense.

use handoff_e2e::procfs::Asleep;
use handoff_e2e::skip::{is_root_or_skips, skip};
use handoff_e2e::{Foreign, Input, Program, TestKey};

use super::{reader, waiting_reader, writer};

const SIZE: u64 = 2052;

fn both(key: &str) -> [Program; 2] {
    ["writer", "reader"].map(|name| Program::on(name, key).args(["--blog"]).reading("text\n"))
}

#[test]
fn a_segment_of_another_size_is_refused() {
    for size in [1, SIZE - 1, SIZE + 1, 4096, 33856] {
        let segment = Foreign::new(size, "0666");
        let owner = segment.row().owner_name();
        for program in both(&segment.key()) {
            let outcome = program.start().exit();
            outcome.expect_code(1).expect_stdout(b"").expect_line_with(&[
                &format!("{size} bytes"),
                &format!("owner {owner}"),
                "2052",
                "ipcrm",
            ]);
            segment.expect_untouched();
        }
    }
}

#[test]
fn a_segment_of_the_right_size_with_another_flag_is_refused() {
    let segment = Foreign::new(SIZE, "0666");
    if !segment.store(0, &[0x6f66_6e69]) {
        return skip("needs perl to write into a segment");
    }
    let before = segment.bytes();
    for program in both(&segment.key()) {
        let outcome = program.start().exit();
        outcome.expect_code(1).expect_stdout(b"");
        outcome.expect_line_with(&["2052 bytes", "written_by_you", "ipcrm"]);
        segment.expect_untouched();
        assert_eq!(segment.bytes(), before);
    }
}

#[test]
fn of_two_sides_with_different_layouts_the_second_is_told_what_to_do() {
    let key = TestKey::new();
    let there = waiting_reader(&key);
    let other = Program::writer(&key).start().exit();
    other.expect_code(1).expect_line_with(&["2052 bytes", "use --blog"]);
    there.interrupt();
    there.exit().expect_code(130);
    key.expect_no_segment();
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    let other = reader(&key).start().exit();
    other.expect_code(1).expect_line_with(&["33856 bytes", "leave --blog away"]);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
}

#[test]
fn a_flag_that_goes_wrong_meanwhile_is_reported() {
    let segment = Foreign::new(SIZE, "0666");
    let on = |name| Program::on(name, &segment.key()).args(["--blog"]);
    let mut reader = on("reader").start();
    reader.wait_until_asleep(Asleep::Pausing);
    let mut writer = on("writer").input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    if !segment.store(0, &[2]) {
        return skip("needs perl to write into a segment");
    }
    let outcome = reader.exit();
    outcome.expect_code(1).expect_stderr("written_by_you is 2, neither 0 nor 1");
    // Ctrl-C is obeyed all the same.
    writer.interrupt();
    writer.exit().expect_code(130);
}

#[test]
fn a_text_without_a_nul_goes_no_further_than_its_place() {
    let segment = Foreign::new(SIZE, "0666");
    let mut words = vec![0x7878_7878; 513];
    words[0] = 1;
    if !segment.store(0, &words) {
        return skip("needs perl to write into a segment");
    }
    let reader = Program::on("reader", &segment.key()).args(["--blog"]).start();
    // Who has written it is gone.
    reader.exit().expect_code(3).expect_stdout(&[b'x'; 2048]).expect_stderr("no NUL");
    assert_eq!(handoff_e2e::segment::find_id(segment.row().id), None);
}

#[test]
fn a_segment_of_another_user_is_refused_unless_trusted() {
    if !is_root_or_skips() {
        return;
    }
    let segment = Foreign::of_another_user(SIZE, "0666");
    let owner = segment.row().owner_name();
    for program in both(&segment.key()) {
        let outcome = program.start().exit();
        outcome.expect_code(1).expect_stdout(b"").expect_line_with(&[&owner, "--any-owner"]);
        segment.expect_untouched();
    }
    let trusting = |name| Program::on(name, &segment.key()).args(["--blog", "--any-owner"]);
    let mut reader = trusting("reader").start();
    reader.wait_until_asleep(Asleep::Pausing);
    trusting("writer").reading("text\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"text\nend\n");
}

#[test]
fn a_new_segment_has_the_size_of_the_classic_one_and_the_asked_mode() {
    for (args, mode) in [(["-v"].as_slice(), 0o600), (&["--mode", "0666"], 0o666)] {
        let key = TestKey::new();
        for program in [writer(&key).input(Input::Open), reader(&key)] {
            let mut program = program.args(args).with_umask("077").start();
            let row = handoff_e2e::wait_until("the segment is there", || {
                key.segment().filter(|row| row.attached > 0)
            });
            assert_eq!((row.size, row.mode()), (SIZE, mode));
            program.wait_until_interruptible();
            program.interrupt();
            program.exit().expect_code(130);
            key.expect_no_segment();
        }
    }
}

#[test]
fn what_the_classic_layout_has_not_is_wrong_usage() {
    let cases: [(&[&str], &str); 6] = [
        (&["--slots", "4"], "slots"),
        (&["--via", "posix"], "posix"),
        (&["--via", "memfd"], "memfd"),
        (&["--path", "/tmp/nothing"], "path"),
        (&["--wait", "futex"], "sleep"),
        (&["--wait", "spin"], "sleep"),
    ];
    for (args, word) in cases {
        let key = TestKey::new();
        for program in [writer(&key), reader(&key)] {
            let outcome = program.args(args).start().exit();
            outcome.expect_code(2).expect_stdout(b"").expect_line_with(&["--blog", word]);
            key.expect_no_segment();
        }
    }
}

#[test]
fn what_goes_without_saying_may_be_said() {
    let key = TestKey::new();
    let mut reader = reader(&key).args(["--via", "sysv", "--wait", "sleep"]).start();
    reader.wait_until_asleep(Asleep::Pausing);
    reader.interrupt();
    reader.exit().expect_code(130);
    key.expect_no_segment();
}
