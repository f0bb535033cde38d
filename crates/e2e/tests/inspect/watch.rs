//! `watch` in a real terminal: what is seen at two sizes, what is marked, how it ends.

use std::fs;
use std::path::Path;

use handoff_e2e::pair::{listening_writer, waiting_reader};
use handoff_e2e::payload::Endless;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::{Output, Program, Scratch, TestKey, Tmux, binaries, segment, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{attack, flapping, hex, inspect, said};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn watch(size: (u16, u16), args: &[&str]) -> Tmux {
    let program = binaries::path("inspect").display().to_string();
    Tmux::new(size.0, size.1, &[&[&program, "watch"], args].concat())
}

/// The line that begins so.
fn line<'a>(lines: &'a [String], head: &str) -> &'a str {
    let line = lines.iter().find(|line| line.starts_with(head));
    line.unwrap_or_else(|| panic!("no line {head:?} in:\n{}", lines.join("\n")))
}

/// One text waits in slot 0, and nothing else has happened.
#[track_caller]
fn expect_slots(lines: &[String], in_hex: bool) {
    let slots: Vec<_> = lines.iter().filter(|line| line.contains(" 0x0000000")).collect();
    assert_eq!(slots.len(), 16 + 1, "all slots, and the reader's word:\n{}", lines.join("\n"));
    assert!(slots[1].starts_with("  R      0  0x00000001    0  TEXT"), "{}", slots[1]);
    assert!(slots[1].contains("one␛[31m␊"), "{}", slots[1]);
    assert!(slots[2].starts_with("W        1  0x00000000    0  free"), "{}", slots[2]);
    assert_eq!(slots[1].contains("6f 6e 65 1b"), in_hex, "hex where there is room");
}

#[test]
fn a_pair_is_seen_as_it_is() {
    for size in SIZES {
        let key = TestKey::new();
        let mut writer = listening_writer(&key);
        writer.feed("one\x1b[31m\n");
        writer.wait_until_asleep(Asleep::Reading);
        let screen = watch(size, &[&hex(&key)]);
        let lines = screen.wait_until("all of it is drawn", |lines| {
            lines.iter().any(|line| line.contains("TEXT"))
                && lines.last().is_some_and(|line| line.starts_with(" q: leave"))
        });
        assert_eq!(lines.len(), usize::from(size.1));
        let row = key.existing_segment();
        let title =
            format!(" segment {}, key {}: root 0600, 33856 bytes, 1 attached", row.id, hex(&key));
        assert!(lines[0].starts_with(&title), "{}", lines[0]);
        let writing = format!(
            "writer {:#010x} {} (writer): asleep in read",
            1 << 31 | writer.pid(),
            writer.pid()
        );
        line(&lines, &writing);
        line(&lines, "reader 0x00000000 nobody");
        assert!(line(&lines, "hand-offs").ends_with("; 9 bytes in 1 slot unread"));
        line(&lines, "all words fit together");
        line(&lines, "next  slot  word");
        expect_slots(&lines, size.0 == 200);

        let reader = waiting_reader(&key);
        let lines = screen.wait_until("the reader sleeps", |lines| {
            lines.iter().any(|line| line.contains("asleep in futex on slot 1, writer's word"))
        });
        let asleep =
            format!("reader {:#010x} {} (reader): asleep", 1 << 31 | reader.pid(), reader.pid());
        line(&lines, &asleep);
        assert!(lines.iter().any(|line| line.contains("0x80000000    0  free   reader")));
        assert!(line(&lines, "hand-offs").ends_with("; nothing unread"));
        screen.type_in(&["q"]);
        assert_eq!(screen.status(), "0");
    }
}

#[test]
fn it_waits_for_one_to_come_and_again_for_the_next() {
    let key = TestKey::new();
    let screen = watch((80, 24), &[&hex(&key)]);
    screen.wait_for("There is no segment of key");
    for round in 0..3 {
        let reader = waiting_reader(&key);
        let id = key.existing_segment().id;
        screen.wait_for(&format!("segment {id}, key"));
        let text = format!("round {round}\n");
        Program::writer(&key).reading(&text).start().exit().expect_code(0);
        reader.exit().expect_code(0);
        screen.wait_for("REMOVED. Waiting for the next segment of key");
        wait_until("the segment is gone: the watch keeps nothing", || {
            segment::find_id(id).is_none().then_some(())
        });
    }
    screen.type_in(&["Escape"]);
    assert_eq!(screen.status(), "0");
}

#[test]
fn removal_under_the_watch_is_said_and_nothing_is_kept() {
    let key = TestKey::new();
    let screen = watch((80, 24), &[&hex(&key)]);
    said(&["create", &hex(&key)]);
    let id = key.existing_segment().id;
    screen.wait_for("No exchange: all new");
    said(&["remove", &hex(&key)]);
    screen.wait_for("REMOVED");
    wait_until("the segment is gone", || segment::find_id(id).is_none().then_some(()));
    screen.type_in(&["C-c"]);
    assert_eq!(screen.status(), "0");
    let screen = watch((80, 24), &["--id", &id.to_string()]);
    screen.wait_for(&format!("There is no segment with id {id}"));
}

#[test]
fn changes_are_marked_for_a_moment() {
    let key = TestKey::new();
    let mut writer = listening_writer(&key);
    let screen = watch((80, 24), &[&hex(&key)]);
    screen.wait_for("all words fit together");
    let is_marked = || screen.colours().contains("\u{1b}[38;5;3m0x");
    wait_until("nothing is marked", || (!is_marked()).then_some(()));
    let _reader = waiting_reader(&key);
    // Again and again: a single change might come and go between two of our looks.
    wait_until("changes are marked", || {
        writer.feed("text\n");
        is_marked().then_some(())
    });
    wait_until("the marks go", || (!is_marked()).then_some(()));
    let lines = screen.wait_for("hand-offs");
    assert!(!line(&lines, "hand-offs").starts_with("hand-offs 0 "), "{lines:?}");
}

#[test]
fn the_terminal_is_as_before_however_it_ends() {
    let scratch = Scratch::new();
    let key = TestKey::new();
    let _writer = listening_writer(&key);
    let ways: [&[&str]; 5] = [&["q"], &["Escape"], &["C-c"], &["TERM"], &["HUP"]];
    for way in ways {
        let files = ["before", "after"].map(|name| scratch.path().join(name).display().to_string());
        let script = format!(
            "stty -a > {}; echo FIRST; \"$@\"; echo STATUS=$?; stty -a > {}; read line",
            files[0], files[1]
        );
        let program = binaries::path("inspect").display().to_string();
        let screen = Tmux::new(80, 24, &["sh", "-c", &script, "sh", &program, "watch", &hex(&key)]);
        screen.wait_for("all words fit together");
        assert!(screen.is_in_full_screen());
        match format!("SIG{}", way[0]).parse::<Signal>() {
            Ok(signal) => {
                let children = format!("/proc/{0}/task/{0}/children", screen.pid());
                let child = fs::read_to_string(children).expect("the shell lives");
                let child = child.trim().parse().expect("one child");
                kill(Pid::from_raw(child), signal).expect("our own child");
            }
            Err(_) => screen.type_in(way),
        }
        let lines = screen.wait_for("STATUS=0");
        assert_eq!(lines[..2], ["FIRST", "STATUS=0"], "{way:?}");
        assert!(!screen.is_in_full_screen());
        wait_until("the second look is written", || {
            let [before, after] =
                files.clone().map(|path| fs::read_to_string(path).unwrap_or_default());
            (!after.is_empty() && before == after).then_some(())
        });
    }
}

#[test]
fn who_loses_its_terminal_leaves() {
    let key = TestKey::new();
    let _writer = listening_writer(&key);
    let screen = watch(SIZES[0], &[&hex(&key)]);
    screen.wait_for("all words fit together");
    let watcher = format!("/proc/{}", screen.pid());
    drop(screen);
    wait_until("nobody watches", || (!Path::new(&watcher).exists()).then_some(()));
}

#[test]
fn without_a_terminal_it_says_so() {
    let key = TestKey::new();
    let outcome = inspect(&["watch", &hex(&key)]);
    outcome.expect_code(1).expect_stdout(b"");
    outcome.expect_line_with(&["cannot watch", "must be a terminal", "inspect show"]);
}

#[test]
fn any_size_will_do() {
    let key = TestKey::new();
    let _writer = listening_writer(&key);
    let screen = watch((80, 24), &[&hex(&key)]);
    screen.wait_for("all words fit together");
    for (columns, lines) in [(200, 50), (40, 10), (10, 3), (2, 1), (300, 100), (80, 24)] {
        screen.resize(columns, lines);
        let head = if lines > 1 { " segment" } else { " q" };
        screen.wait_until("it is drawn anew", |shown| {
            shown.len() == usize::from(lines)
                && head.starts_with(shown[0].get(..8).unwrap_or(&shown[0]))
                && !shown[0].is_empty()
        });
    }
    screen.wait_for("all words fit together");
}

#[test]
fn more_slots_than_lines_are_scrolled() {
    let key = TestKey::new();
    Program::writer(&key).args(["--slots", "100"]).reading("text\n").start().exit().expect_code(0);
    let screen = watch((80, 24), &[&hex(&key)]);
    let slot = |number: &str| {
        let row = format!(" {number}  0x");
        move |lines: &[String]| lines.iter().any(|line| line.contains(&row))
    };
    screen.wait_until("the first is seen", slot("0"));
    screen.wait_for("slots 0 to 16 of 100");
    for (key, seen, line) in [
        ("NPage", "17", "slots 17 to 33 of 100"),
        ("Down", "34", "slots 18 to 34 of 100"),
        ("End", "99", "slots 83 to 99 of 100"),
        ("PPage", "66", "slots 66 to 82 of 100"),
        ("Home", "0", "slots 0 to 16 of 100"),
    ] {
        screen.type_in(&[key]);
        screen.wait_for(line);
        screen.wait_until(key, slot(seen));
    }
}

#[test]
fn a_stream_at_full_speed_is_followed_and_arrives() {
    let key = TestKey::new();
    let screen = watch((80, 24), &[&hex(&key)]);
    let endless = Endless::default();
    let reader = Program::reader(&key).output(Output::Fd(null())).start();
    let writer = Program::writer(&key).input(endless.input()).start();
    let rate = |lines: &[String]| -> Option<u64> {
        let line = lines.iter().find(|line| line.starts_with("hand-offs"))?;
        line.split(", ").nth(1)?.split_whitespace().next()?.parse().ok()
    };
    screen.wait_until("hand-offs are counted", |lines| rate(lines).is_some_and(|rate| rate > 100));
    endless.stop();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0);
    screen.wait_for("REMOVED");
}

fn null() -> std::os::fd::OwnedFd {
    fs::File::options().write(true).open("/dev/null").expect("it is there").into()
}

#[test]
fn garbage_and_shrinking_are_no_death() {
    let key = TestKey::new();
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    let screen = watch((80, 24), &[&hex(&key)]);
    screen.wait_for("all words fit together");
    let mut peer = flapping(&key);
    screen.wait_for("it changes faster than it can be looked at");
    peer.kill().expect("our own child");
    peer.wait().expect("our own child");
    screen.wait_until("it stands still", |lines| {
        lines.iter().any(|line| line.contains("corrupt") || line.contains("all words fit"))
    });
    attack(&key, "garbage", &["--rounds", "50"]);
    screen.wait_until("it is something else", |lines| {
        lines.iter().any(|line| line.contains("which is no exchange's magic"))
    });

    let scratch = Scratch::new();
    let path = scratch.path().join("file");
    let exchange = |size: usize| {
        let mut bytes = vec![0; size];
        bytes[..8].copy_from_slice(b"handoff\x01");
        fs::write(&path, bytes).expect("our own file");
    };
    exchange(33856);
    let screen = watch((80, 24), &["--path", &path.display().to_string()]);
    screen.wait_for("all words fit together");
    fs::File::options().write(true).open(&path).expect("it is ours").set_len(100).expect("ours");
    screen.wait_for("No exchange: 100 bytes are the size of no exchange");
    exchange(2176);
    screen.wait_for("all words fit together");
    fs::remove_file(&path).expect("it is ours");
    screen.wait_for("REMOVED. Waiting for the next file");
    screen.type_in(&["q"]);
    assert_eq!(screen.status(), "0");
}
