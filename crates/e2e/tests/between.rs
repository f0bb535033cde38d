//! A process is held between two of its steps, and others use the moment.

use handoff_e2e::closer::{go_on, wait_until_stopped};
use handoff_e2e::pair::listening_writer;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::steps::{Kill, with_steps};
use handoff_e2e::{Program, Running, Scratch, TestKey};

/// A reader at the end of a first stream, stopped just before the step.
fn reader_stopped_at(step: &str, key: &TestKey, scratch: &Scratch) -> Running {
    Program::writer(key).reading("first\n").start().exit().expect_code(0);
    let log = scratch.path().join(step);
    let reader = with_steps(Program::reader(key), &log, None);
    let reader = reader.env("HANDOFF_STOP", &format!("{step}:1")).start();
    wait_until_stopped(&reader);
    reader
}

fn waiting_for(closer: &Running) -> String {
    format!("waiting for the last reader (process {}) to end its exchange\n", closer.pid())
}

#[test]
fn a_writer_that_comes_and_goes_before_the_exchange_is_closed_loses_nothing() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let reader = reader_stopped_at("Close", &key, &scratch);
    Program::writer(&key).reading("second\n").start().exit().expect_code(0);
    go_on(&reader);
    reader.exit().expect_code(0).expect_stdout(b"first\n");
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}

#[test]
fn a_writer_that_comes_while_the_exchange_is_being_closed_makes_a_new_one() {
    for step in ["LookAgain", "Remove", "Leave"] {
        let (key, scratch) = (TestKey::new(), Scratch::new());
        let reader = reader_stopped_at(step, &key, &scratch);
        let writer = Program::writer(&key).reading("second\n").start();
        // Closed under the old key it waits; behind the removal there is a new segment.
        if step != "Leave" {
            let mut writer = writer;
            writer.wait_until_says(&waiting_for(&reader));
            go_on(&reader);
            writer.exit().expect_code(0);
        } else {
            writer.exit().expect_code(0);
            go_on(&reader);
        }
        reader.exit().expect_code(0).expect_stdout(b"first\n");
        Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"second\n");
        key.expect_no_segment();
    }
}

#[test]
fn a_second_reader_waits_for_one_that_is_closing_instead_of_being_refused() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let first = reader_stopped_at("Remove", &key, &scratch);
    let mut second = Program::reader(&key).start();
    second.wait_until_says(&waiting_for(&first));
    go_on(&first);
    first.exit().expect_code(0).expect_stdout(b"first\n");
    Program::writer(&key).reading("second\n").start().exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}

#[test]
fn a_reader_does_not_wait_for_ever_for_a_writer_that_has_ended_and_was_stopped() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let writer = with_steps(Program::writer(&key), &scratch.path().join("writer"), None);
    let writer = writer.env("HANDOFF_STOP", "LeaveBegin:1").reading("text\n").start();
    wait_until_stopped(&writer);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
    assert!(key.segment().is_some(), "the writer still has its role in it");
    go_on(&writer);
    writer.exit().expect_code(0);
    key.expect_no_segment();
}

#[test]
fn a_reader_that_may_have_printed_is_remembered_however_many_look_in_meanwhile() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let mut writer = listening_writer(&key);
    writer.feed("text\n");
    writer.wait_until_asleep(Asleep::Reading);
    let kill = Kill { step: "Acknowledge".into(), time: 1 };
    let first = with_steps(Program::reader(&key), &scratch.path().join("reader"), Some(&kill));
    assert_eq!(first.start().exit().stdout, b"text\n");
    // The writer, leaving, takes the dead reader's role to see whether it is the last one.
    writer.interrupt();
    writer.exit().expect_code(130);
    let second = Program::reader(&key).start().exit();
    second.expect_stdout(b"text\n").expect_stderr("it may have printed some of this");
    key.expect_no_segment();
}
