//! Who comes while another one leaves, each held between two steps: the newcomer waits as long
//! as it must and no longer, and nobody leaves behind what only the other could have removed.

use std::fs::File;

use handoff_e2e::closer::{go_on, stopping_at, wait_until_stopped};
use handoff_e2e::pair::{full_writer, listening, too_much, waiting, waiting_reader};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::steps::{Kill, with_steps};
use handoff_e2e::{Input, Program, Running, Scratch, TestKey, segment};

/// Started, and stopped at the first of these steps.
#[track_caller]
fn stopped_at(steps: &str, program: Program, scratch: &Scratch) -> Running {
    let program = stopping_at(program, steps, scratch).start();
    wait_until_stopped(&program);
    program
}

/// Lets it go on to the step where it stops next.
#[track_caller]
fn go_on_to_the_next(program: &Running) {
    go_on(program);
    wait_until_stopped(program);
}

/// A reader at the end of a first stream, stopped at the first of these steps.
#[track_caller]
fn closer_stopped_at(steps: &str, key: &TestKey, scratch: &Scratch) -> Running {
    Program::writer(key).reading("first\n").start().exit().expect_code(0);
    stopped_at(steps, Program::reader(key), scratch)
}

/// A writer that was alone and leaves by Ctrl-C, stopped at the first of these steps.
#[track_caller]
fn leaving_writer_stopped_at(steps: &str, key: &TestKey, scratch: &Scratch) -> Running {
    let writer = listening(stopping_at(Program::writer(key), steps, scratch));
    writer.interrupt();
    wait_until_stopped(&writer);
    writer
}

/// A second stream, whole, through an exchange of its own.
#[track_caller]
fn expect_room_for_another_stream(key: &TestKey, reader: Running) {
    Program::writer(key).reading("second\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}

fn waiting_for(closer: &Running) -> String {
    format!("waiting for the last reader (process {}) to end its exchange\n", closer.pid())
}

#[test]
fn a_writer_whose_segment_was_removed_before_it_had_the_role_makes_a_new_one() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let writer = stopped_at("Magic:1", Program::writer(&key).reading("text\n"), &scratch);
    segment::remove(key.existing_segment().id);
    go_on(&writer);
    writer.exit().expect_code(0);
    assert!(key.segment().is_some(), "the text is where nobody finds it");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_does_not_stay_where_one_has_removed_the_segment_and_died() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    Program::writer(&key).reading("first\n").start().exit().expect_code(0);
    let kill = Kill { step: "Leave".into(), time: 1 };
    let first = with_steps(Program::reader(&key), &scratch.path().join("first"), Some(&kill));
    let first = first.env("HANDOFF_STOP", "Remove:1").start();
    wait_until_stopped(&first);
    let mut second = stopped_at("Magic:1", Program::reader(&key), &scratch);
    go_on(&first);
    assert_eq!(first.exit().status.code(), None, "it was killed behind the removal");
    go_on(&second);
    second.wait_until_asleep(Asleep::InFutex);
    assert!(key.segment().is_some(), "it waits where nobody will come");
    expect_room_for_another_stream(&key, second);
}

#[test]
fn a_newcomer_waits_for_a_closer_no_longer_than_until_the_segment_is_removed() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let closer = closer_stopped_at("Remove:1,Leave:1", &key, &scratch);
    let mut writer = Program::writer(&key).reading("second\n").start();
    writer.wait_until_says(&waiting_for(&closer));
    go_on_to_the_next(&closer);
    writer.exit().expect_code(0);
    go_on(&closer);
    closer.exit().expect_code(0).expect_stdout(b"first\n");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}

#[test]
fn a_newcomer_does_not_wait_for_a_closer_that_dies_meanwhile() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let closer = closer_stopped_at("Remove:1", &key, &scratch);
    let mut writer = Program::writer(&key).reading("second\n").start();
    writer.wait_until_says(&waiting_for(&closer));
    assert_eq!(closer.kill().stdout, b"first\n");
    writer.exit().expect_code(0);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}

#[test]
fn a_newcomer_that_waits_for_a_closer_obeys_ctrl_c() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let closer = closer_stopped_at("Remove:1", &key, &scratch);
    let mut writer = Program::writer(&key).reading("never\n").start();
    writer.wait_until_says(&waiting_for(&closer));
    writer.interrupt();
    writer.exit().expect_code(130);
    go_on(&closer);
    closer.exit().expect_code(0).expect_stdout(b"first\n");
    key.expect_no_segment();
}

#[test]
fn an_end_that_a_reader_has_seen_and_not_acted_on_is_the_next_readers() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    assert_eq!(closer_stopped_at("Remove:1", &key, &scratch).kill().stdout, b"first\n");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"");
    key.expect_no_segment();
}

#[test]
fn text_on_which_a_dead_writer_sleeps_is_not_closed_over() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let args = ["--slots", "1"];
    let closer = stopping_at(Program::reader(&key).args(args), "Close:1", &scratch);
    let closer = waiting(closer);
    closer.interrupt();
    wait_until_stopped(&closer);
    let mut writer = listening(Program::writer(&key).args(args));
    writer.feed("text\n");
    // It has handed it over and waits for the only slot.
    writer.wait_until_asleep(Asleep::InFutex);
    drop(writer.kill());
    go_on(&closer);
    closer.exit().expect_code(130);
    Program::reader(&key).start().exit().expect_code(3).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_that_goes_on_for_a_dead_closer_lets_writers_in_before_it_prints() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    Program::writer(&key).reading("first\n").start().exit().expect_code(0);
    let kill = Kill { step: "LookAgain".into(), time: 1 };
    let closer = with_steps(Program::reader(&key), &scratch.path().join("closer"), Some(&kill));
    let closer = closer.env("HANDOFF_STOP", "Close:1").start();
    wait_until_stopped(&closer);
    Program::writer(&key).reading("second\n").start().exit().expect_code(0);
    go_on(&closer);
    assert_eq!(closer.exit().stdout, b"first\n");
    // The end of the first stream is still there, and is the first thing that it meets.
    let reader = Program::reader(&key).args(["--keep"]);
    let mut reader = stopped_at("Output:1", reader, &scratch);
    Program::writer(&key).reading("third\n").start().exit().expect_code(0);
    go_on(&reader);
    reader.wait_until_printed(b"second\nthird\n".len());
    reader.wait_until_asleep(Asleep::InFutex);
    reader.interrupt();
    reader.exit().expect_code(130).expect_stdout(b"second\nthird\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_sleeps_is_told_of_a_reader_that_only_comes() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let mut writer = full_writer(&key, 1);
    let reader = stopped_at("ClaimEnd:1", Program::reader(&key), &scratch);
    writer.wait_until_says(&format!("the reader is process {}\n", reader.pid()));
    go_on(&reader);
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(&too_much(1));
    key.expect_no_segment();
}

#[test]
fn a_reader_is_not_refused_for_a_writer_that_looks_whether_it_is_the_last() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let writer = leaving_writer_stopped_at("Close:1", &key, &scratch);
    let mut reader = stopped_at("WaitForReader:1", Program::reader(&key), &scratch);
    go_on(&writer);
    writer.exit().expect_code(130);
    go_on(&reader);
    reader.wait_until_asleep(Asleep::InFutex);
    expect_room_for_another_stream(&key, reader);
}

#[test]
fn a_reader_waits_for_who_begins_to_close_only_when_it_comes_again() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let writer = leaving_writer_stopped_at("Close:1,Remove:1", &key, &scratch);
    // It has met the writer once, in vain, and is about to do so again.
    let mut reader = stopped_at("Magic:2", Program::reader(&key), &scratch);
    go_on_to_the_next(&writer);
    go_on(&reader);
    reader.wait_until_says(&waiting_for(&writer));
    go_on(&writer);
    writer.exit().expect_code(130);
    reader.wait_while_alive("has attached", |_| key.segment().is_some());
    expect_room_for_another_stream(&key, reader);
}

#[test]
fn a_writer_that_takes_long_to_come_removes_no_stream_of_those_who_came_meanwhile() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let dying = |step: &str| {
        let kill = Kill { step: step.into(), time: 1 };
        with_steps(Program::reader(&key), &scratch.path().join(step), Some(&kill))
    };
    let closer = waiting(dying("LookAgain"));
    closer.interrupt();
    assert_eq!(closer.exit().status.code(), None, "it was killed while it closed");
    // Kept out, it has not yet looked by whom.
    let writer = Program::writer(&key).reading("second\n");
    let writer = stopped_at("Unregister:1", writer, &scratch);
    // The next reader opens the exchange again, and a stream with nothing in it comes.
    let reader = dying("SleepBit").start().exit();
    reader.expect_stderr("died while it closed the exchange; going on with it");
    Program::writer(&key).start().exit().expect_code(0);
    go_on(&writer);
    writer.exit().expect_code(0);
    for text in [b"".as_slice(), b"second\n"] {
        Program::reader(&key).start().exit().expect_code(0).expect_stdout(text);
    }
    key.expect_no_segment();
}

#[test]
fn a_reader_that_was_seen_there_by_the_leaving_writer_looks_again() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let writer = Program::writer(&key).reading("text\n");
    let writer = stopped_at("LeaveBegin:1", writer, &scratch);
    // Patient with the writer for a second, it then finds that it cannot close.
    let reader = stopped_at("LookAgain:1", Program::reader(&key), &scratch);
    go_on(&writer);
    writer.exit().expect_code(0);
    assert!(key.segment().is_some(), "the reader still has its role in it");
    go_on(&reader);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_was_seen_there_by_the_next_writer_looks_again() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let steps = "LeaveBegin:1,Close:1,LookAgain:1";
    let first = stopped_at(steps, Program::writer(&key).reading("text\n"), &scratch);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
    // It holds the reader's role, to close an exchange in which nothing is left.
    go_on_to_the_next(&first);
    let directory = File::open(scratch.path()).expect("a directory of our own");
    let second = Program::writer(&key).input(Input::Fd(directory.into()));
    let second = stopped_at("Read:1", second, &scratch);
    go_on_to_the_next(&first);
    // A directory cannot be read. The second takes the first for a reader, who sees to the rest.
    go_on(&second);
    second.exit().expect_code(1);
    go_on(&first);
    first.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn a_writer_that_only_came_and_went_while_a_reader_closed_leaves_no_segment() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let closer = closer_stopped_at("Close:1", &key, &scratch);
    let writer = listening(Program::writer(&key));
    writer.interrupt();
    writer.exit().expect_code(130);
    go_on(&closer);
    closer.exit().expect_code(0).expect_stdout(b"first\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_ends_by_ctrl_c_after_its_reader_has_left_takes_the_segment_along() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let reader = waiting_reader(&key);
    let writer = leaving_writer_stopped_at("LeaveBegin:1", &key, &scratch);
    reader.exit().expect_code(0).expect_stdout(b"");
    assert!(key.segment().is_some(), "the writer still has its role in it");
    go_on(&writer);
    writer.exit().expect_code(130);
    key.expect_no_segment();
}
