//! `--blog`: the pair in the classic layout, with itself and with C programs of the classic
//! shape, whoever comes first, leaves or dies.

#[path = "blog/c.rs"]
mod c;
#[path = "blog/deaths.rs"]
mod deaths;
#[path = "blog/leaving.rs"]
mod leaving;
#[path = "blog/refusals.rs"]
mod refusals;
#[path = "blog/seen.rs"]
mod seen;
#[path = "blog/texts.rs"]
mod texts;
#[path = "blog/with_c.rs"]
mod with_c;

use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Input, Program, Running, TestKey};

fn writer(key: &TestKey) -> Program {
    Program::writer(key).args(["--blog"])
}

fn reader(key: &TestKey) -> Program {
    Program::reader(key).args(["--blog"])
}

/// A reader that has attached and looks for text.
#[track_caller]
fn waiting_reader(key: &TestKey) -> Running {
    let mut reader = reader(key).start();
    reader.wait_until_asleep(Asleep::Pausing);
    reader
}

/// A writer that has attached and waits for something to be typed.
#[track_caller]
fn listening_writer(key: &TestKey) -> Running {
    let mut writer = writer(key).input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    writer
}

/// A writer that has text for a reader that is not there.
#[track_caller]
fn lonely_writer(key: &TestKey, text: &[u8]) -> Running {
    let mut writer = writer(key).reading(text).start();
    writer.wait_until_says("waiting for a reader");
    writer
}
