//! `clean`: each reason to keep something, each kind of dead thing, and nothing else.
//!
//! In namespaces of the test's own: what other tests have left for a moment is not dead.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use handoff_e2e::isolated::{SmallDisk, has_own_segments_or_skips, small_disk_or_skip};
use handoff_e2e::kind::Site;
use handoff_e2e::pair::waiting_reader;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Program, Running, TestKey, segment};
use serde_json::Value;

use crate::kinds::{FILE, MEMFD, POSIX, facts_at, inspect_at};
use crate::{find, forge, hex, said};

/// A name space of segments, a `/dev/shm`, and a directory for files and sockets.
fn alone_or_skip() -> Option<(SmallDisk, Site)> {
    if !has_own_segments_or_skips() {
        return None;
    }
    let disk = small_disk_or_skip(Path::new("/dev/shm"), 4096)?;
    Some((disk, Site::new(&FILE)))
}

/// Checks what becomes of an object, and a part of the reason.
#[track_caller]
fn expect(verdicts: &Value, object: &str, fate: &str, why: &str) {
    let verdict = find(verdicts, "object", &object.into());
    assert_eq!(verdict["fate"], fate, "{verdict}");
    assert!(verdict["why"].as_str().expect("a reason").contains(why), "{why:?} in {verdict}");
}

fn object(key: &TestKey) -> String {
    format!("segment {} of key {}", key.existing_segment().id, hex(key))
}

/// An exchange without anything in it, whose reader is dead.
fn leave_drained(reader: Program, writer: Program) {
    let mut reader = reader.args(["--keep"]).start();
    reader.wait_until_asleep(Asleep::InFutex);
    writer.reading("read\n").start().exit().expect_code(0);
    reader.wait_until_printed(5);
    reader.wait_until_asleep(Asleep::InFutex);
    let _ = reader.kill();
}

fn leave_text(writer: Program) {
    writer.reading("unread\n").start().exit().expect_code(0);
}

/// Segments in all states, by name.
struct Segments {
    drained: TestKey,
    ended: TestKey,
    unread: TestKey,
    attached: TestKey,
    blank: TestKey,
    others: TestKey,
    foreign: TestKey,
    corrupt: TestKey,
    _reader: Running,
}

impl Segments {
    fn new() -> Self {
        let keys: [TestKey; 8] = std::array::from_fn(|_| TestKey::new());
        let [drained, ended, unread, attached, blank, others, foreign, corrupt] = keys;
        leave_drained(Program::reader(&drained), Program::writer(&drained));
        Program::writer(&ended).start().exit().expect_code(0);
        leave_text(Program::writer(&unread));
        let reader = waiting_reader(&attached);
        said(&["create", &hex(&blank)]);
        leave_drained(Program::reader(&others), Program::writer(&others));
        said(&["chown", "65534", &hex(&others)]);
        said(&["create", &hex(&foreign), "--bytes", "5000"]);
        leave_drained(Program::reader(&corrupt), Program::writer(&corrupt));
        forge(&corrupt, &["written:3=+9"]);
        Self { drained, ended, unread, attached, blank, others, foreign, corrupt, _reader: reader }
    }

    fn kept(&self) -> [(&TestKey, &'static str); 6] {
        [
            (&self.unread, "7 bytes unread in 1 slot and 1 end of a stream: see --unread"),
            (&self.attached, "attached 1 time"),
            (&self.blank, "all new"),
            (&self.others, "belongs to nobody"),
            (&self.foreign, "5000 bytes are the size of no exchange"),
            (&self.corrupt, "slot 3 is more than a lap away"),
        ]
    }
}

#[test]
fn only_dead_segments_are_removed_and_each_says_why() {
    let Some((_disk, site)) = alone_or_skip() else { return };
    let segments = Segments::new();
    let before = segment::all();
    let dead = [(&segments.drained, "nobody is attached"), (&segments.ended, "nothing unread")];
    for (flags, fate) in
        [(&["clean", "--dry-run"][..], "would_be_removed"), (&["clean"], "removed")]
    {
        let names = dead.map(|(key, why)| (object(key), why));
        let verdicts = facts_at(&site, flags);
        for (name, why) in names {
            expect(&verdicts, &name, fate, why);
        }
        for (key, why) in segments.kept() {
            expect(&verdicts, &object(key), "kept", why);
        }
        if fate == "would_be_removed" {
            assert_eq!(segment::all(), before, "nothing is touched");
        }
    }
    dead.iter().for_each(|(key, _)| key.expect_no_segment());

    let unread = object(&segments.unread);
    let verdicts = facts_at(&site, &["clean", "--unread"]);
    expect(&verdicts, &unread, "removed", "which is lost");
    segments.unread.expect_no_segment();
    for (key, why) in &segments.kept()[1..] {
        expect(&verdicts, &object(key), "kept", why);
    }
    let text = crate::text(&inspect_at(&site, &["clean"]));
    assert!(text.ends_with("0 removed, 5 kept\n"), "{text}");
    // The reader that waits was not disturbed.
    Program::writer(&segments.attached).reading("text\n").start().exit().expect_code(0);
}

#[test]
fn a_segment_marked_for_removal_and_one_without_a_key() {
    let Some((_disk, site)) = alone_or_skip() else { return };
    let key = TestKey::new();
    let reader = waiting_reader(&key);
    let marked = key.existing_segment().id;
    said(&["remove", &hex(&key)]);
    let text = said(&["create", "--private"]);
    let private = text.split_whitespace().nth(2).expect("an id").to_owned();
    let script = format!("shmwrite({private}, \"handoff\\x01\", 0, 8) or die $!");
    let perl = Command::new("perl").args(["-e", &script]).status().expect("perl runs");
    assert!(perl.success());
    let verdicts = facts_at(&site, &["clean"]);
    expect(&verdicts, &format!("segment {marked} without a key"), "kept", "removed already");
    expect(&verdicts, &format!("segment {private} without a key"), "removed", "nobody is attached");
    assert!(segment::find_id(private.parse().expect("a number")).is_none());
    let _ = reader.kill();
}

#[test]
fn only_dead_objects_and_files_are_removed_and_each_says_why() {
    let Some((_disk, _)) = alone_or_skip() else { return };
    for (kind, what) in [(&POSIX, "POSIX object"), (&FILE, "file")] {
        let [drained, unread, held, linked, forged] = std::array::from_fn(|_| Site::new(kind));
        leave_drained(drained.reader(), drained.writer());
        leave_text(unread.writer());
        let mut reader = held.waiting_reader();
        reader.wait_until_asleep(Asleep::InFutex);
        leave_drained(linked.reader(), linked.writer());
        let path = |site: &Site| site.path().expect("it has a name");
        fs::hard_link(path(&linked), path(&linked).with_extension("link")).expect("a fresh name");
        leave_drained(forged.reader(), forged.writer());
        let file = fs::File::options().write(true).open(path(&forged)).expect("our own file");
        std::os::unix::fs::FileExt::write_all_at(&file, &7u32.to_ne_bytes(), 8).expect("it is");
        drop(file);
        for (site, fate, why) in [
            (&drained, "removed", "nobody has it open"),
            (&unread, "kept", "see --unread"),
            (&held, "kept", "in use by"),
            (&linked, "kept", "2 names"),
            (&forged, "kept", "thread 7 is its writer"),
        ] {
            let name = format!("{what} {}", path(site).display());
            let planned = if fate == "removed" { "would_be_removed" } else { fate };
            expect(&facts_at(site, &["clean", "-n"]), &name, planned, why);
            assert!(path(site).exists());
            expect(&facts_at(site, &["clean"]), &name, fate, why);
            assert_eq!(path(site).exists(), fate == "kept", "{name}");
        }
        let verdicts = facts_at(&unread, &["clean", "--unread"]);
        expect(&verdicts, &format!("{what} {}", path(&unread).display()), "removed", "lost");
        fs::remove_file(path(&linked).with_extension("link")).expect("our own file");
    }
}

#[test]
fn only_sockets_at_which_nobody_answers_are_removed() {
    let Some((_disk, _)) = alone_or_skip() else { return };
    let (alive, dead) = (Site::new(&MEMFD), Site::new(&MEMFD));
    let reader = alive.waiting_reader();
    let _ = dead.waiting_reader().kill();
    let name = |site: &Site| format!("socket {}", site.path().expect("a name").display());
    expect(&facts_at(&alive, &["clean"]), &name(&alive), "kept", "somebody listens");
    expect(&facts_at(&dead, &["clean", "-n"]), &name(&dead), "would_be_removed", "nobody answers");
    expect(&facts_at(&dead, &["clean"]), &name(&dead), "removed", "nobody answers");
    dead.expect_nothing_left();
    alive.writer().reading("text\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"text\n");
}

#[test]
fn no_line_is_lost_while_somebody_cleans() {
    let Some((_disk, site)) = alone_or_skip() else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let directory = site.directory().display().to_string();
    let cleaning = thread::spawn(move || {
        let mut rounds = 0;
        while !told.load(Ordering::Relaxed) {
            let clean = Program::bare("inspect").args(["clean"]).env("XDG_RUNTIME_DIR", &directory);
            clean.start().exit().expect_code(0);
            rounds += 1;
        }
        rounds
    });
    let key = TestKey::new();
    for round in 0..40 {
        let text = format!("line {round}\n");
        let reader = (round % 2 == 0).then(|| Program::reader(&key).start());
        Program::writer(&key).reading(&text).start().exit().expect_code(0);
        let reader = reader.unwrap_or_else(|| Program::reader(&key).start());
        reader.exit().expect_code(0).expect_stdout(text.as_bytes());
    }
    stop.store(true, Ordering::Relaxed);
    assert!(cleaning.join().expect("each run ended well") > 1);
    key.expect_no_segment();
}
