//! The two programs in the states that tests begin from, each reached and seen, not assumed.

use crate::key::TestKey;
use crate::payload;
use crate::procfs::Asleep;
use crate::program::{Input, Output, Program};
use crate::running::Running;
use crate::stitch::SLOT;

/// A reader that has attached and sleeps until text comes.
#[must_use]
#[track_caller]
pub fn waiting_reader(key: &TestKey) -> Running {
    waiting(Program::reader(key))
}

/// The same, from a program prepared otherwise.
#[must_use]
#[track_caller]
pub fn waiting(reader: Program) -> Running {
    let mut reader = reader.start();
    reader.wait_until_asleep(Asleep::InFutex);
    reader
}

/// A writer that has attached and waits for text on a pipe that stays open.
#[must_use]
#[track_caller]
pub fn listening_writer(key: &TestKey) -> Running {
    listening(Program::writer(key))
}

/// The same, from a program prepared otherwise.
#[must_use]
#[track_caller]
pub fn listening(writer: Program) -> Running {
    let mut writer = writer.input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    writer
}

/// A text that fits neither into `slots` slots nor into the pipes before and behind them.
#[must_use]
pub fn too_much(slots: usize) -> Vec<u8> {
    payload::text(slots * SLOT + (1 << 20))
}

/// A writer that sleeps because all its slots are full of [`too_much`] text.
#[must_use]
#[track_caller]
pub fn full_writer(key: &TestKey, slots: usize) -> Running {
    let mut writer =
        Program::writer(key).args(["--slots", &slots.to_string()]).reading(too_much(slots)).start();
    writer.wait_until_asleep(Asleep::InFutex);
    writer
}

/// A reader that sleeps because nobody takes what it prints, and the writer that fills its slots
/// with [`too_much`] meanwhile.
#[must_use]
#[track_caller]
pub fn blocked_pair(key: &TestKey, slots: usize) -> (Running, Running) {
    let mut writer =
        Program::writer(key).args(["--slots", &slots.to_string()]).reading(too_much(slots)).start();
    let mut reader = Program::reader(key).output(Output::Unread).start();
    reader.wait_until_asleep(Asleep::Writing);
    writer.wait_until_asleep(Asleep::InFutex);
    (writer, reader)
}
