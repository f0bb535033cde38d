//! What changes a segment: create, chmod, chown, lock, unlock, remove; and what is refused.

use handoff_e2e::foreign::exchange_size;
use handoff_e2e::isolated::has_own_segments_or_skips;
use handoff_e2e::pair::waiting_reader;
use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Program, Scratch, TestKey, segment};

use crate::{facts, hex, inspect, said};

#[test]
fn a_segment_is_made_as_asked_for_and_only_once() {
    let key = TestKey::new();
    let text = said(&["create", &hex(&key), "--slots", "3"]);
    let row = key.existing_segment();
    assert_eq!((row.size, row.mode()), (exchange_size(3), 0o600));
    assert!(text.contains(&format!("segment {} of key {}", row.id, hex(&key))), "{text}");
    let again = inspect(&["create", &hex(&key)]);
    again.expect_code(1).expect_line_with(&["cannot create", &hex(&key)]);
    assert_eq!(key.existing_segment(), row);
    // And it is one that writer and reader can use.
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    Program::reader(&key).start().exit().expect_code(0).expect_stdout(b"text\n");
    key.expect_no_segment();
}

#[test]
fn sizes_modes_and_private_ones() {
    let key = TestKey::new();
    said(&["create", &hex(&key), "--bytes", "12345", "--mode", "0444", "--no-reserve"]);
    assert_eq!((key.existing_segment().size, key.existing_segment().mode()), (12345, 0o444));
    let text = said(&["create", "--private", "--bytes", "1"]);
    let id = text.split_whitespace().nth(2).expect("an id").parse().expect("a number");
    let row = segment::find_id(id).expect("it is there");
    segment::remove(id);
    assert_eq!((row.key, row.size), (0, 1));
    let nothing = inspect(&["create", &hex(&TestKey::new()), "--bytes", "0"]);
    nothing.expect_code(1).expect_line_with(&["cannot create", "0 bytes", "one byte at least"]);
}

#[test]
fn mode_and_owner_are_changed_and_nothing_else() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    said(&["create", &hex(&key)]);
    let before = facts(&["show", &hex(&key)]);
    assert!(said(&["chmod", "660", &hex(&key)]).contains("0600 -> 0660"));
    assert_eq!(facts(&["show", &hex(&key)])["mode"], "0660");
    said(&["chown", "65534", &hex(&key)]);
    said(&["chown", "nobody:1", &hex(&key)]);
    let now = facts(&["show", &hex(&key)]);
    assert_eq!((&now["owner"]["id"], &now["owner_group"]["id"]), (&65534.into(), &1.into()));
    for same in ["creator", "creator_group", "bytes", "id", "locked", "removed", "contents"] {
        assert_eq!(now[same], before[same], "{same}");
    }
    inspect(&["chown", "nobody-like-this", &hex(&key)])
        .expect_code(1)
        .expect_line_with(&["no user"]);
}

#[test]
fn it_is_locked_and_unlocked() {
    let key = TestKey::new();
    said(&["create", &hex(&key)]);
    for (command, locked) in [("lock", true), ("lock", true), ("unlock", false)] {
        said(&[command, &hex(&key)]);
        assert_eq!(facts(&["show", &hex(&key)])["locked"], locked, "{command}");
        assert_eq!(key.existing_segment().perms.starts_with('2'), locked);
    }
}

#[test]
fn removal_says_what_it_does() {
    let key = TestKey::new();
    Program::writer(&key).reading("lost\n").start().exit().expect_code(0);
    let text = said(&["remove", &hex(&key)]);
    assert!(text.contains("removed; 5 bytes in 1 slot were unread"), "{text}");
    key.expect_no_segment();
    let reader = waiting_reader(&key);
    let id = key.existing_segment().id;
    let text = said(&["remove", &hex(&key)]);
    assert!(text.contains("goes with the last of 1 attachment"), "{text}");
    let shown = facts(&["show", "--id", &id.to_string()]);
    assert_eq!((&shown["removed"], &shown["key"]), (&true.into(), &0.into()));
    assert_eq!(shown["contents"]["kind"], "exchange", "it can still be looked at");
    let _ = reader.kill();
    assert!(segment::find_id(id).is_none(), "and the look has not kept it");
}

#[test]
fn another_users_segment_is_not_to_be_changed() {
    if !is_root_or_skips() {
        return;
    }
    let (key, scratch) = (TestKey::new(), Scratch::new());
    said(&["create", &hex(&key)]);
    let copy = scratch.copy_of("inspect");
    let before = key.existing_segment();
    for (args, words) in [
        (&["chmod", "666"][..], ["cannot change the owner or mode", "owner"]),
        (&["chown", "65534"], ["cannot change the owner or mode", "owner"]),
        (&["lock"], ["cannot lock", "owner"]),
        (&["unlock"], ["cannot unlock", "owner"]),
        (&["remove"], ["cannot remove", "owner"]),
    ] {
        let args: Vec<String> = args.iter().map(ToString::to_string).chain([hex(&key)]).collect();
        let program = Program::bare("inspect").args(&args).as_another_user(copy.clone());
        program.start().exit().expect_code(1).expect_line_with(&words);
    }
    assert_eq!(key.existing_segment(), before);
    // It is listed, and why there is no more of it.
    let program = Program::bare("inspect").args(["list", "--json"]).as_another_user(copy.clone());
    let outcome = program.start().exit();
    let list: serde_json::Value =
        serde_json::from_slice(&outcome.expect_code(0).stdout).expect("JSON");
    let row = crate::find(&list["segments"], "key", &key.number().into());
    assert_eq!((&row["contents"]["kind"], &row["bytes"]), (&"unreadable".into(), &33856.into()));
    let program = Program::bare("inspect").args(["show", &hex(&key)]).as_another_user(copy);
    let outcome = program.start().exit();
    let text = String::from_utf8_lossy(&outcome.expect_code(0).stdout).into_owned();
    assert!(text.contains("0600 rw-------") && text.contains("contents unknown: "), "{text}");
}

#[test]
fn wrong_command_lines_are_usage() {
    for args in [
        &["nonsense"][..],
        &["show", "text"],
        &["show", "1", "--id", "2"],
        &["show", "--id", "-1"],
        &["show", "--via", "posix", "0"],
        &["show", "--via", "posix", "--path", "/tmp/x"],
        &["remove"],
        &["remove", "5", "--id", "6"],
        &["chmod", "8", "5"],
        &["chmod", "1000", "5"],
        &["create", "0"],
        &["create", "--slots", "0"],
        &["list", "--unknown"],
    ] {
        let outcome = inspect(args);
        outcome.expect_code(2).expect_stdout(b"");
        outcome.expect_line_with(&["see inspect --help"]);
    }
}

#[test]
fn a_closed_pipe_and_a_full_disk() {
    let closed = Program::bare("inspect").args(["limits"]).output(handoff_e2e::Output::Closed);
    closed.start().exit().expect_code(0).expect_silence();
    let full = Program::bare("inspect").args(["limits"]).printing_to("/dev/full");
    full.start().exit().expect_code(1).expect_line_with(&["cannot write to stdout"]);
}

#[test]
fn a_segment_that_goes_with_its_last_detach_is_not_attached() {
    if !has_own_segments_or_skips() {
        return;
    }
    handoff_e2e::isolated::limit("shm_rmid_forced", 1);
    let key = TestKey::new();
    // Made by a process that lives and has not attached it: then it stays.
    let script = format!(
        "shmget({}, 33856, 0600 | 01000) // die $!; $| = 1; print 1; <STDIN>",
        key.number()
    );
    let mut perl = std::process::Command::new("perl")
        .args(["-e", &script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("perl runs");
    handoff_e2e::wait_until("the segment is there", || key.segment().map(|_| ()));
    let list = facts(&["list"]);
    let row = crate::find(&list["segments"], "key", &key.number().into());
    assert_eq!(row["contents"]["kind"], "unreadable");
    let why = row["contents"]["why"].as_str().expect("a reason");
    assert!(why.contains("shm_rmid_forced"), "{why}");
    assert!(said(&["show", &hex(&key)]).contains("shm_rmid_forced"));
    assert!(said(&["limits"]).contains("goes with its last detach"));
    assert!(key.segment().is_some(), "it is still there");
    drop(perl.stdin.take());
    perl.wait().expect("our own child");
}
