//! A process is held between two of its steps, and others use the moment.

use handoff_e2e::closer::{go_on, wait_until_stopped};
use handoff_e2e::steps::with_steps;
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
        let writer = Program::writer(&key).args(["-v"]).reading("second\n").start();
        // Closed under the old key it waits; behind the removal there is a new segment.
        if step != "Leave" {
            let mut writer = writer;
            writer.wait_until_says("a reader is closing the exchange");
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
    let mut second = Program::reader(&key).args(["-v"]).start();
    second.wait_until_says("a reader is closing the exchange");
    go_on(&first);
    first.exit().expect_code(0).expect_stdout(b"first\n");
    Program::writer(&key).reading("second\n").start().exit().expect_code(0);
    second.exit().expect_code(0).expect_stdout(b"second\n");
    key.expect_no_segment();
}
