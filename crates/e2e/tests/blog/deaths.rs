//! Either side dies at each of its steps: what was handed over arrives once, the text that was
//! on its way perhaps twice, and nothing is left when the next ones leave.

use std::os::unix::process::ExitStatusExt;

use handoff_e2e::procfs::Asleep;
use handoff_e2e::steps::{Kill, Steps, with_steps};
use handoff_e2e::{Outcome, Program, Running, Scratch, TestKey};
use nix::libc::SIGKILL;

use super::{lonely_writer, reader, writer};

const LINES: [&str; 4] = ["1\n", "2\n", "3\n", "end\n"];
const NEXT: &str = "next\nend\n";

/// The first, the middle and the last time of each step of an exchange in which nobody dies.
fn kills(
    program: impl Fn(&TestKey) -> Program,
    peer: impl FnOnce(&TestKey) -> Program,
) -> Vec<Kill> {
    let (key, scratch) = (TestKey::new(), Scratch::new());
    let log = scratch.path().join("steps");
    let peer = peer(&key).start();
    with_steps(program(&key), &log, None).start().exit().expect_code(0);
    peer.exit().expect_code(0);
    let steps = Steps::read(&log);
    let mut kills = Vec::new();
    for step in steps.names() {
        let count = steps.count(&step);
        for time in [1, count.div_ceil(2), count] {
            let kill = Kill { step: step.clone(), time };
            if !kills.contains(&kill) {
                kills.push(kill);
            }
        }
    }
    kills
}

/// Runs the program until it dies there, if it comes so far.
fn run(program: Program, kill: &Kill, scratch: &Scratch) -> Outcome {
    let log = scratch.path().join("steps");
    let outcome = with_steps(program, &log, Some(kill)).start().exit();
    assert!(matches!(
        (outcome.status.code(), outcome.status.signal()),
        (Some(0), _) | (_, Some(SIGKILL))
    ));
    outcome
}

/// A reader that stays prints what the next writer says, and is sent away.
#[track_caller]
fn finish(key: &TestKey, mut reader: Running, what: &str) -> String {
    writer(key).reading("next\n").start().exit().expect_code(0);
    reader.wait_while_alive("prints what comes next", |it| it.stdout().text().ends_with(NEXT));
    reader.interrupt();
    let outcome = reader.exit();
    outcome.expect_code(130);
    key.expect_no_segment();
    let printed = String::from_utf8(outcome.stdout).expect("text");
    printed.strip_suffix(NEXT).unwrap_or_else(|| panic!("{what}: {printed:?}")).to_owned()
}

#[test]
fn a_writer_may_die_at_every_step() {
    let text = LINES.concat();
    let sends = |key: &TestKey| writer(key).reading(&text);
    let kills = kills(sends, reader);
    assert!(kills.iter().any(|kill| kill.step == "HandOver"), "{kills:?}");
    for kill in kills {
        let (key, scratch) = (TestKey::new(), Scratch::new());
        let mut there = reader(&key).args(["--keep"]).start();
        there.wait_until_asleep(Asleep::Pausing);
        run(sends(&key), &kill, &scratch);
        let printed = finish(&key, there, &format!("{kill:?}"));
        assert!(
            (0..=LINES.len()).any(|lines| printed == LINES[..lines].concat()),
            "{kill:?}: {printed:?}"
        );
    }
}

#[test]
fn a_reader_may_die_at_every_step() {
    let text = LINES.concat();
    let kills = kills(reader, |key| writer(key).reading(&text));
    assert!(kills.iter().any(|kill| kill.step == "Acknowledge"), "{kills:?}");
    for kill in kills {
        let (key, scratch) = (TestKey::new(), Scratch::new());
        let sender = lonely_writer(&key, text.as_bytes());
        let first = run(reader(&key), &kill, &scratch);
        let second = reader(&key).args(["--keep"]).start();
        sender.exit().expect_code(0);
        let first = String::from_utf8(first.stdout).expect("text");
        let second = finish(&key, second, &format!("{kill:?}"));
        let once = format!("{first}{second}");
        let twice = first
            .lines()
            .last()
            .map(|last| once.replacen(&format!("{last}\n{last}\n"), &format!("{last}\n"), 1));
        assert!(once == text || twice.as_ref() == Some(&text), "{kill:?}: {first:?}, {second:?}");
    }
}
