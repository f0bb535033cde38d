//! Kernels before 5.16, and filters that have never heard of a call: without futex_waitv the
//! pair does all the same, only by looking now and then; without robust lists it does nothing,
//! and says so.

use handoff_e2e::old_kernel::OldKernel;
use handoff_e2e::pair::{full_writer, listening, too_much, waiting, waiting_reader};
use handoff_e2e::payload::{self, Endless};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::stitch::Stitch;
use handoff_e2e::{Outcome, Output, Program, TestKey};

const SLOTS: usize = 16;

/// Runs a test on each such kernel: with both programs on it, and with either alone.
fn without_waitv(test: impl Fn(&Pair)) {
    for kernel in OldKernel::WITHOUT_WAITV {
        for (writer, reader) in [(true, true), (true, false), (false, true)] {
            let pair = Pair { kernel, writer, reader, key: TestKey::new() };
            eprintln!("{kernel:?}, writer on it: {writer}, reader on it: {reader}");
            test(&pair);
            pair.key.expect_no_segment();
        }
    }
}

/// Who of the two is on the old kernel.
struct Pair {
    kernel: OldKernel,
    writer: bool,
    reader: bool,
    key: TestKey,
}

impl Pair {
    fn writer(&self) -> Program {
        self.place(self.writer, Program::writer(&self.key))
    }

    fn reader(&self) -> Program {
        self.place(self.reader, Program::reader(&self.key))
    }

    fn place(&self, old: bool, program: Program) -> Program {
        if old { self.kernel.run(program) } else { program }
    }
}

#[test]
fn without_waitv_either_program_tells_that_it_looks_now_and_then() {
    for kernel in OldKernel::WITHOUT_WAITV {
        let key = TestKey::new();
        let reader = waiting(kernel.run(Program::reader(&key).args(["-v"])));
        reader.interrupt();
        let reader = reader.exit();
        reader.expect_code(130).expect_stderr("futex_waitv").expect_stderr(kernel.answer());
        let mut writer =
            kernel.run(Program::writer(&key).args(["-v"])).reading(too_much(SLOTS)).start();
        writer.wait_until_asleep(Asleep::InFutex);
        writer.interrupt();
        let writer = writer.exit();
        writer.expect_code(130).expect_stderr("futex_waitv").expect_stderr(kernel.answer());
    }
}

#[test]
fn without_waitv_a_stream_arrives_whole_when_the_reader_starts_first() {
    let text = payload::numbered(0, 5000);
    without_waitv(|pair| {
        let reader = waiting(pair.reader());
        pair.writer().reading(&text).start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text).expect_signed_lines();
    });
}

#[test]
fn without_waitv_a_stream_arrives_whole_when_the_writer_starts_first() {
    let text = payload::numbered(0, 5000);
    without_waitv(|pair| {
        let mut writer = pair.writer().reading(&text).start();
        writer.wait_until_asleep(Asleep::InFutex);
        let reader = pair.reader().start().exit();
        reader.expect_code(0).expect_stdout(&text).expect_signed_lines();
        writer.exit().expect_code(0);
    });
}

#[test]
fn without_waitv_single_lines_wake_a_sleeping_reader() {
    without_waitv(|pair| {
        let mut reader = waiting(pair.reader());
        let mut writer = listening(pair.writer());
        for count in 1..=20 {
            let line = payload::numbered(count, 1);
            reader.wait_until_asleep(Asleep::InFutex);
            writer.feed(line);
            reader.wait_until_printed(count * payload::LINE);
        }
        writer.close_stdin();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&payload::numbered(1, 20));
    });
}

#[test]
fn without_waitv_the_next_reader_goes_on_where_a_killed_one_stopped() {
    without_waitv(|pair| {
        let endless = Endless::default();
        let mut first = pair.reader().start();
        let writer = pair.writer().input(endless.input()).start();
        first.wait_until_printed(1 << 20);
        let first = first.kill();
        let mut second = pair.reader().start();
        second.wait_until_printed(1 << 18);
        endless.stop();
        writer.exit().expect_code(0).expect_signed_lines();
        let second = second.exit();
        second.expect_code(0).expect_stderr("the last reader died");

        let text = endless.text();
        let mut stitch = Stitch::new(&text, SLOTS);
        stitch.append(&first.stdout);
        stitch.append(&second.stdout);
        stitch.expect_complete();
    });
}

#[test]
fn without_waitv_the_writer_hears_of_its_readers_death_while_it_sleeps() {
    let text = too_much(SLOTS);
    without_waitv(|pair| {
        let mut writer = pair.writer().reading(&text).start();
        let mut reader = pair.reader().output(Output::Unread).start();
        reader.wait_until_asleep(Asleep::Writing);
        writer.wait_until_asleep(Asleep::InFutex);
        let first = reader.kill();
        writer.wait_until_says("died");
        let second = pair.reader().start();
        writer.exit().expect_code(0);
        let second = second.exit();
        second.expect_code(0);

        let mut stitch = Stitch::new(&text, SLOTS);
        stitch.append(&first.stdout);
        stitch.append(&second.stdout);
        stitch.expect_complete();
    });
}

#[test]
fn without_waitv_a_waiting_reader_hears_of_its_writers_death() {
    without_waitv(|pair| {
        let mut reader = waiting(pair.reader());
        let mut writer = listening(pair.writer());
        writer.feed("before the end\n");
        reader.wait_until_printed(15);
        reader.wait_until_asleep(Asleep::InFutex);
        let _ = writer.kill();
        let reader = reader.exit();
        reader.expect_code(3).expect_stdout(b"before the end\n").expect_stderr("the writer died");
    });
}

/// Checks what somebody says who was interrupted.
#[track_caller]
fn expect_interrupted(outcome: &Outcome) {
    outcome.expect_code(130).expect_signed_lines();
}

#[test]
fn without_waitv_ctrl_c_ends_a_waiting_reader() {
    without_waitv(|pair| {
        let reader = waiting(pair.reader());
        reader.interrupt();
        expect_interrupted(&reader.exit());
    });
}

#[test]
fn without_waitv_ctrl_c_ends_a_writer_that_waits_for_room() {
    without_waitv(|pair| {
        let mut writer = pair.writer().reading(too_much(SLOTS)).start();
        writer.wait_until_asleep(Asleep::InFutex);
        writer.interrupt();
        let writer = writer.exit();
        expect_interrupted(&writer);
        writer.expect_stderr("every slot is full");
        let reader = pair.reader().start().exit();
        reader.expect_code(3);
        assert!(too_much(SLOTS).starts_with(&reader.stdout));
        assert_eq!(reader.stdout.len(), SLOTS * handoff_e2e::stitch::SLOT);
    });
}

/// Checks that a program refuses in one line that names the call and the kernel's answer.
#[track_caller]
fn expect_refused(kernel: OldKernel, program: Program) {
    let outcome = kernel.run(program).start().exit();
    outcome.expect_code(1).expect_stdout(b"");
    outcome.expect_line_with(&["set_robust_list", kernel.answer()]);
}

#[test]
fn without_robust_lists_either_program_refuses_and_leaves_no_segment() {
    for kernel in OldKernel::WITHOUT_ROBUST_LIST {
        let key = TestKey::new();
        for program in [Program::writer(&key).reading("text\n"), Program::reader(&key)] {
            expect_refused(kernel, program);
            key.expect_no_segment();
        }
    }
}

#[test]
fn without_robust_lists_text_that_waits_is_left_to_others() {
    for kernel in OldKernel::WITHOUT_ROBUST_LIST {
        let key = TestKey::new();
        Program::writer(&key).reading("kept\n").start().exit().expect_code(0);
        let before = key.existing_segment();
        for program in [Program::writer(&key).reading("text\n"), Program::reader(&key)] {
            expect_refused(kernel, program);
            assert_eq!(key.existing_segment(), before);
        }
        Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"kept\n");
        key.expect_no_segment();
    }
}

#[test]
fn without_robust_lists_neither_program_disturbs_those_who_have_them() {
    for kernel in OldKernel::WITHOUT_ROBUST_LIST {
        let key = TestKey::new();
        let reader = waiting_reader(&key);
        expect_refused(kernel, Program::writer(&key).reading("text\n"));
        Program::writer(&key).reading("after it\n").start().exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(b"after it\n");

        let writer = full_writer(&key, 1);
        expect_refused(kernel, Program::reader(&key));
        let reader = Program::reader(&key).start().exit();
        reader.expect_code(0).expect_stdout(&too_much(1));
        writer.exit().expect_code(0);
        key.expect_no_segment();
    }
}
