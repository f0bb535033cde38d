//! What an experiment has started and made goes with it, also if it is killed.

use std::fs;
use std::path::PathBuf;

use handoff_e2e::{Program, procfs, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The children of a process.
fn children(of: i32) -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").expect("there is a /proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(move |&pid| parent(pid) == Some(of))
}

fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may have spaces and brackets.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn has_a_compiler() -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join("cc").is_file())
    });
    if !found {
        handoff_e2e::skip::skip("there is no C compiler (cc)");
    }
    found
}

#[test]
fn a_busy_loop_of_the_tutorials_does_not_outlive_its_experiment() {
    if !has_a_compiler() {
        return;
    }
    let mut lab = Program::bare("lab").args(["plain-int-flag"]).start();
    let mut spinning = None;
    lab.wait_while_alive("has started the tutorials' reader", |lab| {
        spinning = children(lab.pid()).find_map(|inside| {
            let mut programs = children(inside);
            Some((inside, programs.find(|&pid| procfs::is_program(pid, "tutorial_reader"))?))
        });
        spinning.is_some()
    });
    let (inside, reader) = spinning.expect("it was waited for");
    let program: PathBuf = fs::read_link(format!("/proc/{reader}/exe")).expect("it runs");
    kill(Pid::from_raw(inside), Signal::SIGKILL).expect("it runs");
    lab.exit().expect_code(1);
    wait_until("the reader has ended", || {
        matches!(procfs::state(reader), None | Some('Z')).then_some(())
    });
    let directory = program.parent().expect("it lay in a directory");
    assert!(!directory.exists(), "{} is left", directory.display());
}
