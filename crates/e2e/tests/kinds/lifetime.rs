//! Made once, as asked for; found, kept, removed.

use std::fs;
use std::path::PathBuf;

use handoff_e2e::closer::{go_on, wait_until_stopped};
use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::pair::too_much;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::scenario::has_ended;
use handoff_e2e::steps::with_steps;
use handoff_e2e::stitch::Stitch;
use handoff_e2e::{Input, Output, Running, foreign, wait_until};

/// The sizes of the memory that the process has open and that has no name.
fn nameless_memory(process: &Running) -> Vec<u64> {
    let directory = PathBuf::from(format!("/proc/{}/fd", process.pid()));
    let files = fs::read_dir(directory).expect("it is alive").flatten();
    files
        .filter(|file| {
            let to = fs::read_link(file.path()).unwrap_or_default();
            to.to_string_lossy().starts_with("/memfd:handoff")
        })
        .map(|file| fs::metadata(file.path()).expect("it is open").len())
        .collect()
}

pub(crate) fn it_has_its_exact_size_and_mode(kind: &'static Kind) {
    for (umask, mode) in [("0", "0600"), ("077", "0660"), ("0777", "0600")] {
        let site = Site::new(kind);
        let args = ["--slots", "3", "--mode", mode];
        let mut reader = site.reader().args(args).with_umask(umask).start();
        reader.wait_until_says("waiting for a writer");
        let mut writer = site.writer().args(args).with_umask(umask).input(Input::Open).start();
        writer.wait_until_asleep(Asleep::Reading);
        let object = site.object().expect("something is found by the key");
        if kind.persists {
            let mode = u32::from_str_radix(mode, 8).expect("octal");
            assert_eq!((object.0, object.1), (foreign::exchange_size(3), mode), "umask {umask}");
        } else {
            assert_eq!(object.1, 0o600, "the socket's mode, umask {umask}");
            for side in [&reader, &writer] {
                wait_until("both have memory of that size", || {
                    nameless_memory(side).contains(&foreign::exchange_size(3)).then_some(())
                });
            }
        }
        writer.close_stdin();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0);
        site.expect_nothing_left();
    }
}

pub(crate) fn it_outlives_its_processes_or_not(kind: &'static Kind) {
    if kind.persists { keeps_text_without_anybody(kind) } else { goes_with_the_last(kind) }
}

fn keeps_text_without_anybody(kind: &'static Kind) {
    let site = Site::new(kind);
    site.writer().reading("kept\n").start().exit().expect_code(0);
    assert!(site.object().is_some(), "it keeps the text");
    site.reader().start().exit().expect_code(0).expect_stdout(b"kept\n");
    site.expect_nothing_left();
}

/// A writer with more text than slots, and a reader that cannot print it.
fn blocked_pair(site: &Site) -> (Running, Running) {
    let mut writer = site.writer().reading(too_much(16)).start();
    let mut reader = site.reader().output(Output::Unread).start();
    reader.wait_until_asleep(Asleep::Writing);
    writer.wait_until_asleep(Asleep::InFutex);
    (writer, reader)
}

fn goes_with_the_last(kind: &'static Kind) {
    let site = Site::new(kind);
    let mut writer = site.writer().reading("kept\n").start();
    writer.wait_until_says("waiting for a reader");
    assert_eq!(site.object(), None, "a writer alone has nothing to find");
    drop(writer.kill());

    // The one who lives keeps it and passes it on.
    let (mut writer, reader) = blocked_pair(&site);
    let dead = reader.kill();
    writer.wait_until_says("the reader died");
    let reader = site.reader().start();
    writer.exit().expect_code(0);
    let reader = reader.exit();
    reader.expect_code(0).expect_stderr("may have printed");
    let text = too_much(16);
    let mut stitch = Stitch::new(&text, 16);
    stitch.append(&dead.stdout);
    stitch.append(&reader.stdout);
    stitch.expect_complete();
    site.expect_nothing_left();

    // Both die: it is gone, and the next pair just works.
    let (writer, reader) = blocked_pair(&site);
    drop((writer.kill(), reader.kill()));
    let reader = site.waiting_reader();
    site.writer().reading("next\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"next\n");
    site.expect_nothing_left();
}

pub(crate) fn both_at_once_make_one(kind: &'static Kind) {
    for round in 0..25 {
        let site = Site::new(kind);
        let text = format!("round {round}\n");
        let (writer, reader) = if round % 2 == 0 {
            let writer = site.writer().reading(&text).start();
            (writer, site.reader().start())
        } else {
            let reader = site.reader().start();
            (site.writer().reading(&text).start(), reader)
        };
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(text.as_bytes());
        site.expect_nothing_left();
    }
}

/// What readers that wait print when they are sent away, and those behind them: a stream that
/// came between "waiting" and Ctrl-C is the next reader's.
fn sent_away(site: &Site, readers: Vec<Running>) -> String {
    let mut printed = Vec::new();
    for mut reader in readers {
        reader.wait_until_interruptible();
        reader.interrupt();
        printed.extend(reader.exit().stdout);
    }
    while site.object().is_some() {
        let reader = site.reader().start().exit();
        reader.expect_code(0);
        printed.extend(reader.stdout);
    }
    String::from_utf8(printed).expect("our own text")
}

/// Several of both at once: each stream that was accepted arrives, once and whole.
pub(crate) fn several_at_once_lose_nothing(kind: &'static Kind) {
    for round in 0..6 {
        let site = Site::new(kind);
        let text = |number| format!("stream {round} {number}\n");
        let mut readers = vec![site.reader().start()];
        let mut writers: Vec<_> =
            (0..4).map(|number| site.writer().reading(text(number)).start()).collect();
        readers.push(site.reader().start());
        let mut printed = String::new();
        // One reader after the other, until every writer has ended and nothing is left.
        wait_until("every writer has ended", || {
            for reader in readers.extract_if(.., |reader| has_ended(reader)) {
                printed += &String::from_utf8(reader.exit().stdout).expect("our own text");
            }
            if readers.is_empty() {
                readers.push(site.reader().start());
            }
            let waits = |it: &Running| it.stderr().text().contains("waiting for a writer");
            (writers.iter().all(has_ended) && readers.iter().all(waits)).then_some(())
        });
        printed += &sent_away(&site, readers);
        for (number, writer) in writers.drain(..).enumerate() {
            let writer = writer.exit();
            let times = printed.matches(&text(number)).count();
            match writer.status.code() {
                Some(0) => assert_eq!(times, 1, "stream {number} in {printed:?}"),
                _ => {
                    writer.expect_code(1).expect_stderr("already a writer");
                    assert_eq!(times, 0, "stream {number} in {printed:?}");
                }
            }
        }
        site.expect_nothing_left();
    }
}

pub(crate) fn who_is_second_is_refused(kind: &'static Kind) {
    let site = Site::new(kind);
    let mut reader = site.waiting_reader();
    let second = site.reader().start().exit();
    second.expect_code(1).expect_stdout(b"");
    second.expect_line_with(&["already a reader", &reader.pid().to_string()]);

    let mut writer = site.writer().input(Input::Open).start();
    writer.feed("first\n");
    reader.wait_until_printed(6);
    let second = site.writer().reading("intruder\n").start().exit();
    second.expect_code(1).expect_line_with(&["already a writer", &writer.pid().to_string()]);
    let second = site.reader().start().exit();
    second.expect_code(1).expect_line_with(&["already a reader", &reader.pid().to_string()]);
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"first\n");
    site.expect_nothing_left();
}

pub(crate) fn ctrl_c_leaves_nothing(kind: &'static Kind) {
    let site = Site::new(kind);
    let mut reader = site.waiting_reader();
    reader.wait_until_interruptible();
    reader.interrupt();
    reader.exit().expect_code(130);
    site.expect_nothing_left();

    let mut writer = site.writer().input(Input::Open).start();
    writer.wait_until_interruptible();
    if kind.persists {
        writer.wait_until_asleep(Asleep::Reading);
    } else {
        writer.wait_until_says("waiting for a reader");
    }
    writer.interrupt();
    writer.exit().expect_code(130);
    site.expect_nothing_left();
}

/// Where the memory goes with its processes, a writer stays until all is read.
pub(crate) fn a_writer_that_stays_may_be_sent_away(kind: &'static Kind) {
    if kind.persists {
        return;
    }
    let site = Site::new(kind);
    let reader = site.reader().env("HANDOFF_STOP", "Output:1");
    let reader = with_steps(reader, &site.scratch().path().join("steps"), None).start();
    let mut writer = site.writer().reading("kept\n").start();
    wait_until_stopped(&reader);
    writer.wait_until_asleep(Asleep::InFutex);
    writer.interrupt();
    let writer = writer.exit();
    writer.expect_code(130);
    assert!(!writer.stderr.contains("lost"), "the reader has it: {}", writer.stderr);
    go_on(&reader);
    reader.exit().expect_code(0).expect_stdout(b"kept\n");
    site.expect_nothing_left();
}

fn open_files(process: &Running) -> usize {
    fs::read_dir(format!("/proc/{}/fd", process.pid())).expect("it is alive").count()
}

pub(crate) fn descriptors_do_not_pile_up(kind: &'static Kind) {
    let site = Site::new(kind);
    let mut reader = site.reader().args(["--keep"]).start();
    let mut counts = Vec::new();
    for number in 1..=12 {
        let text = format!("{number:03}\n");
        let mut writer = site.writer().input(Input::Open).start();
        writer.feed(&text);
        reader.wait_until_printed(number * 4);
        // Some writers die, some end.
        if number % 2 == 0 {
            drop(writer.kill());
        } else {
            writer.close_stdin();
            writer.exit().expect_code(0);
        }
        reader.wait_until_asleep(Asleep::InFutex);
        counts.push(open_files(&reader));
    }
    // Who has gone may still be on its way out.
    let least = *counts.iter().min().expect("twelve");
    wait_until("the reader has closed all that it opened", || {
        (open_files(&reader) <= least + 1).then_some(())
    });
    reader.interrupt();
    reader.exit().expect_code(130);
}
