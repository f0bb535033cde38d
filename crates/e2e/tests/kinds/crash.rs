//! Death at any step: whoever lives or comes next goes on, and no line is lost.

use std::fs;
use std::path::PathBuf;

use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::lines::wide;
use handoff_e2e::scenario::has_ended;
use handoff_e2e::steps::{Kill, Steps, with_steps};
use handoff_e2e::stitch::{Stitch, survive_twenty_kills};
use handoff_e2e::{Input, Outcome, Program, Running, wait_until};

const SLOTS: usize = 2;

/// Text of the stream in which somebody dies, and of the one behind it.
fn texts() -> [Vec<u8>; 2] {
    [wide('A', 3 * SLOTS + 2), wide('B', 2)]
}

fn log(site: &Site) -> PathBuf {
    site.scratch().path().join("steps")
}

fn sized(program: Program) -> Program {
    program.args(["--slots", &SLOTS.to_string()])
}

/// A writer of `text`, which no line ends, from a file, so that each read fills the slots.
fn writer_of(site: &Site, text: &[u8]) -> Program {
    let path = site.scratch().path().join(format!("text-{}", text[0]));
    fs::write(&path, text).expect("our own file");
    let file = fs::File::open(&path).expect("our own file");
    sized(site.writer()).args(["--until", ""]).input(Input::Fd(file.into()))
}

/// Waits until who is recorded has the memory, or waits for the other side, or is dead.
fn has_come(site: &Site, recorded: &Running) {
    let has_memory = || Steps::read(&log(site)).count("Magic") > 0;
    let waits = || recorded.stderr().text().contains("waiting for a");
    wait_until("it has come", || (has_ended(recorded) || has_memory() || waits()).then_some(()));
}

/// The steps that one side takes if nobody dies, each once.
fn steps_of(kind: &'static Kind, writer: bool) -> Vec<String> {
    let site = Site::new(kind);
    let [text, _] = texts();
    let (mut sender, mut receiver) = (writer_of(&site, &text), sized(site.reader()));
    match writer {
        true => sender = with_steps(sender, &log(&site), None),
        false => receiver = with_steps(receiver, &log(&site), None),
    }
    // Who is recorded comes first, and makes what is to be made.
    let (sender, receiver) = match writer {
        true => {
            let sender = sender.start();
            has_come(&site, &sender);
            (sender, receiver.start())
        }
        false => {
            let receiver = receiver.start();
            has_come(&site, &receiver);
            (sender.start(), receiver)
        }
    };
    sender.exit().expect_code(0);
    receiver.exit().expect_code(0).expect_stdout(&text);
    Steps::read(&log(&site)).names()
}

/// The steps that the two take between them, and a reader from which a writer has gone.
pub(crate) fn steps_of_both(kind: &'static Kind) -> Vec<String> {
    let mut steps = [steps_of(kind, true), steps_of(kind, false)].concat();
    if !kind.persists {
        let site = Site::new(kind);
        let reader = with_steps(site.reader().args(["--keep"]), &log(&site), None).start();
        site.writer().reading("text\n").start().exit().expect_code(0);
        wait_until("the reader has noticed that the writer is gone", || {
            (Steps::read(&log(&site)).count("LookAgainWake") > 0).then_some(())
        });
        reader.interrupt();
        reader.exit().expect_code(130);
        steps.extend(Steps::read(&log(&site)).names());
    }
    steps
}

/// Readers one after the other, until what they printed ends with `last`.
fn read_until(site: &Site, first: Option<Running>, last: &[u8]) -> Vec<Outcome> {
    let mut readers: Vec<Outcome> = Vec::new();
    let mut next = first;
    while readers.last().is_none_or(|reader| !reader.stdout.ends_with(last)) {
        assert!(readers.len() < 4, "readers end and print nothing: {readers:?}");
        let reader = next.take().unwrap_or_else(|| sized(site.reader()).start()).exit();
        let code = reader.status.code();
        assert!(matches!(code, Some(0 | 3)), "{code:?}: {}", reader.stderr);
        reader.expect_signed_lines();
        readers.push(reader);
    }
    readers
}

pub(crate) fn a_reader_may_die_at_every_step(kind: &'static Kind) {
    let [text, second] = texts();
    for step in steps_of(kind, false) {
        eprintln!("the reader dies at {step}");
        let site = Site::new(kind);
        let kill = Kill { step, time: 1 };
        let victim = with_steps(sized(site.reader()), &log(&site), Some(&kill)).start();
        has_come(&site, &victim);
        let writer = writer_of(&site, &text).start();
        wait_until("the reader is dead", || has_ended(&victim).then_some(()));
        let dead = victim.exit();
        let next = sized(site.reader()).start();
        writer.exit().expect_code(0).expect_signed_lines();
        let successor = writer_of(&site, &second).start();
        let readers = read_until(&site, Some(next), &second);
        successor.exit().expect_code(0);
        let mut stitch = Stitch::new(&text, SLOTS);
        stitch.append(&dead.stdout);
        for reader in &readers {
            stitch.append(reader.stdout.strip_suffix(&second[..]).unwrap_or(&reader.stdout));
        }
        stitch.expect_complete();
        site.expect_nothing_left();
    }
}

pub(crate) fn a_writer_may_die_at_every_step(kind: &'static Kind) {
    let [text, second] = texts();
    for step in steps_of(kind, true) {
        eprintln!("the writer dies at {step}");
        let site = Site::new(kind);
        let kill = Kill { step, time: 1 };
        let victim = with_steps(writer_of(&site, &text), &log(&site), Some(&kill)).start();
        has_come(&site, &victim);
        let reader = sized(site.reader()).start();
        wait_until("the writer is dead", || has_ended(&victim).then_some(()));
        drop(victim.exit());
        let successor = writer_of(&site, &second).start();
        let readers = read_until(&site, Some(reader), &second);
        successor.exit().expect_code(0).expect_signed_lines();
        let printed: Vec<u8> = readers.iter().flat_map(|reader| reader.stdout.clone()).collect();
        let of_first = &printed[..printed.len() - second.len()];
        assert!(text.starts_with(of_first), "what was printed is no beginning of the text");
        site.expect_nothing_left();
    }
}

pub(crate) fn twenty_readers_may_die(kind: &'static Kind) {
    let site = Site::new(kind);
    survive_twenty_kills(SLOTS, site.writer(), || site.reader());
    site.expect_nothing_left();
}
