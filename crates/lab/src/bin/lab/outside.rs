//! The process that starts an experiment, shows what it says, and tidies up after it.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use handoff_lab::{Experiment, Tidings};
use handoff_shm::sysv::Segment;

use crate::{interrupt, screen};

/// Runs an experiment. How it ended: a verdict, or why there is none.
pub(crate) fn run(experiment: &Experiment, stepping: bool) -> io::Result<Tidings> {
    // By this name it is the program that runs now, even if another one was built meanwhile.
    let mut child = Command::new("/proc/self/exe")
        .args(["--inside", experiment.name])
        .args(stepping.then_some("--step"))
        .stdin(if stepping { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .spawn()?;
    let mut end = None;
    let mut left = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            match Tidings::from_line(&line) {
                Some(tidings) if tidings.is_end() => end = Some(tidings),
                Some(tidings) => left.push(tidings),
                None => screen::print(&line),
            }
        }
    }
    let status = child.wait()?;
    tidy(&left, end.is_none());
    Ok(match end {
        Some(end) => end,
        None if interrupt::has_ended(status) => Tidings::Skipped("Ctrl-C".into()),
        None => Tidings::Failed(format!("it died: {status}")),
    })
}

/// Does what guards do in processes that are not killed. A peer may have been, though the
/// experiment lived: peers make segments, and nothing else.
fn tidy(left: &[Tidings], died: bool) {
    // The first change of a setting knows what it was at the beginning.
    for tidings in left.iter().rev() {
        match tidings {
            Tidings::Segment { id, by } => remove(*id, *by),
            Tidings::Setting { path, before } if died => drop(fs::write(path, before)),
            Tidings::Directory(path) if died => drop(fs::remove_dir_all(path)),
            Tidings::File(path) if died => drop(fs::remove_file(path)),
            _ => {}
        }
    }
}

/// Removes a segment if it is still there, and the one that was announced: in a namespace of
/// its own, an experiment's ids are those of others here.
fn remove(id: i32, by: u32) {
    let segment = Segment::from_id(id);
    if segment.status().is_ok_and(|status| u32::try_from(status.creator_pid) == Ok(by)) {
        let _ = segment.remove();
    }
}
