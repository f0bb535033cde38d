//! Waiting costs nothing: a process that sleeps is not woken to look whether it may go on.

use std::thread;
use std::time::Duration;

use handoff_e2e::pair::{listening_writer, waiting_reader};
use handoff_e2e::procfs::{Asleep, Usage, is_wholly_asleep, usage};
use handoff_e2e::{Running, TestKey};

/// How long the processes are left alone. This is the span of a measurement, nothing waits for
/// it to be long enough: a longer one could only find more.
const SPAN: Duration = Duration::from_secs(10);

/// The usage of a program that has come to rest with all its threads.
#[track_caller]
fn usage_at_rest(program: &mut Running, asleep: Asleep) -> Usage {
    program.wait_until_asleep(asleep);
    program.wait_while_alive("has come to rest", |it| is_wholly_asleep(it.pid()));
    usage(program.pid())
}

#[test]
fn an_idle_pair_uses_no_tick_and_no_context_switch() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    let before =
        [usage_at_rest(&mut reader, Asleep::InFutex), usage_at_rest(&mut writer, Asleep::Reading)];
    thread::sleep(SPAN);
    assert_eq!([usage(reader.pid()), usage(writer.pid())], before);

    writer.feed("awake\n");
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"awake\n");
}

#[test]
fn a_pair_that_is_idle_after_some_text_uses_nothing_either() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let mut writer = listening_writer(&key);
    writer.feed("text\n");
    reader.wait_until_printed("text\n".len());
    let before =
        [usage_at_rest(&mut reader, Asleep::InFutex), usage_at_rest(&mut writer, Asleep::Reading)];
    thread::sleep(SPAN);
    assert_eq!([usage(reader.pid()), usage(writer.pid())], before);
}

#[test]
fn a_reader_alone_uses_no_tick_and_no_context_switch() {
    let key = TestKey::new();
    let mut reader = waiting_reader(&key);
    let before = usage_at_rest(&mut reader, Asleep::InFutex);
    thread::sleep(SPAN);
    assert_eq!(usage(reader.pid()), before);
}

#[test]
fn a_writer_with_full_slots_uses_no_tick_and_no_context_switch() {
    let key = TestKey::new();
    let mut writer = handoff_e2e::pair::full_writer(&key, 16);
    let before = usage_at_rest(&mut writer, Asleep::InFutex);
    thread::sleep(SPAN);
    assert_eq!(usage(writer.pid()), before);
}
