//! Ctrl-C where it is hard to hear or to obey.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use handoff_e2e::pair::{listening, waiting};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Program, Scratch, TestKey};
use nix::libc::O_NONBLOCK;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

#[test]
fn a_second_ctrl_c_ends_a_program_that_is_blocked_on_its_stderr() {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let path = scratch.path().join("stderr");
    mkfifo(&path, Mode::S_IRWXU).expect("a directory of our own");
    let options = OpenOptions::new().read(true).write(true).custom_flags(O_NONBLOCK).clone();
    let mut full = options.open(&path).expect("our own FIFO");
    while full.write(&[0; 4096]).is_ok() {}
    let deaf = format!("exec \"$@\" 2>{}", path.display());
    let mut reader = Program::reader(&key).args(["-v"]).through(["sh", "-c", &deaf, "sh"]).start();
    reader.wait_until_interruptible();
    reader.wait_until_asleep(Asleep::Writing);
    // Two that come at once count as one, so it is pressed until it has helped.
    reader.interrupt_until_ended().expect_code(130);
    key.expect_no_segment();
}

#[test]
fn ctrl_c_is_heard_whatever_signals_were_blocked_or_ignored_at_the_start() {
    for how in ["--block-signal=URG", "--block-signal=INT", "--ignore-signal=INT"] {
        let key = TestKey::new();
        let reader = waiting(Program::reader(&key).through(["env", how]));
        let writer = listening(Program::writer(&key).through(["env", how]));
        writer.interrupt();
        writer.exit().expect_code(130);
        reader.exit().expect_code(0);
        key.expect_no_segment();
    }
}
