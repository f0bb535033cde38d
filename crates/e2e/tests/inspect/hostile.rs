//! Garbage, forgeries and what shrinks under the look: it says what it sees, and never dies.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use handoff_e2e::foreign::{DEFAULT_SIZE, Foreign, exchange_size};
use handoff_e2e::{Outcome, Program, Scratch, TestKey};
use serde_json::Value;

use crate::{attack, facts, flapping, forge, hex, inspect, said};

const MAGIC: &[u8; 8] = b"handoff\x01";

/// The same numbers each time, for a test that can be repeated.
fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bytes.push((seed >> 32) as u8);
    }
    bytes
}

/// It looked, whatever it saw; what it printed is JSON, and has no orders for a terminal in it.
#[track_caller]
fn expect_a_look(outcome: &Outcome, what: &str) -> Value {
    assert_eq!(outcome.status.code(), Some(0), "{what}: {:?}", outcome.stderr);
    assert!(!outcome.stdout.contains(&0x1b), "{what}");
    serde_json::from_slice(&outcome.stdout).unwrap_or(Value::Null)
}

#[track_caller]
fn look_at_file(path: &Path) -> Value {
    let path = path.to_str().expect("a plain path");
    let seen = expect_a_look(&inspect(&["show", "--json", "--path", path]), path);
    expect_a_look(&inspect(&["show", "--all", "--path", path]), path);
    seen
}

#[test]
fn files_of_any_bytes_are_looked_at() {
    let scratch = Scratch::new();
    let path = scratch.path().join("any");
    let fits = exchange_size(2) as usize;
    for size in [0, 1, 7, 8, 12, 63, 64, 65, 2175, 2176, 2177, 5000, fits - 1, fits, fits + 1] {
        let mut with_magic = noise(size, size as u64 + 1);
        with_magic[..size.min(8)].copy_from_slice(&MAGIC[..size.min(8)]);
        for (bytes, kind) in [
            (vec![0; size], "blank"),
            (vec![0xff; size], "other"),
            (noise(size, size as u64 + 7), "other"),
            (with_magic, "exchange"),
        ] {
            fs::write(&path, &bytes).expect("our own file");
            let seen = look_at_file(&path);
            let fits = [2176, fits].contains(&size);
            let expected = if fits { kind } else { "other" };
            assert_eq!(seen["contents"]["kind"], expected, "{size} bytes, {kind}");
            assert_eq!(fs::read(&path).expect("our own file"), bytes, "nothing is stored");
        }
    }
}

#[test]
fn names_that_lead_to_no_file_do_not_hold_it_up() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.path().join(name);
    let status = Command::new("mkfifo").arg(at("pipe")).status().expect("coreutils are there");
    assert!(status.success());
    let _listener = UnixListener::bind(at("socket")).expect("a fresh name");
    fs::create_dir(at("directory")).expect("a fresh name");
    std::os::unix::fs::symlink(at("nowhere"), at("dangling")).expect("a fresh name");
    std::os::unix::fs::symlink("/dev/zero", at("device")).expect("a fresh name");
    for name in ["pipe", "socket", "directory", "dangling", "device"] {
        assert_eq!(look_at_file(&at(name))["contents"]["kind"], "unreadable", "{name}");
    }
    let missing = at("missing").display().to_string();
    inspect(&["show", "--path", &missing]).expect_code(1).expect_line_with(&["there is no file"]);
}

/// Role words that no honest side leaves, and what is said of them.
const ROLES: [(&str, &str); 9] = [
    ("0x80000000", "vacant"),
    ("0x3fffffff", "closed"),
    ("0xffffffff", "closed"),
    ("0x40000000", "died"),
    ("0xc0000000", "died"),
    ("0x40400000", "abandoned"),
    ("4194305", "held"),
    ("0xbffffffe", "held"),
    ("1", "held"),
];

#[test]
fn forged_roles_are_said() {
    let key = TestKey::new();
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    for (word, state) in ROLES {
        for side in ["writer", "reader"] {
            forge(&key, &[&format!("{side}={word}")]);
            let exchange = &facts(&["show", &hex(&key)])["contents"];
            assert_eq!(exchange[side]["state"], state, "{side} {word}");
            said(&["show", &hex(&key)]);
            said(&["list"]);
            forge(&key, &[&format!("{side}=0")]);
        }
    }
    forge(&key, &["writer=4194305"]);
    assert!(said(&["show", &hex(&key)]).contains("no such thread here"), "PID_MAX_LIMIT is less");
}

#[test]
fn lengths_and_counters_that_lie_are_named() {
    let key = TestKey::new();
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    forge(&key, &["len:0=0xffffffff"]);
    let text = said(&["show", "--all", &hex(&key)]);
    assert!(text.contains("corrupt: slot 0 says it holds 4294967295 bytes"), "{text}");
    assert!(text.contains("which is more than fits: not believed"), "{text}");
    assert!(said(&["list"]).contains("CORRUPT"));
    forge(&key, &["len:0=5", "written:9=+77"]);
    let text = said(&["show", &hex(&key)]);
    assert!(text.contains("slot 9 is more than a lap away from its neighbour"), "{text}");
    forge(&key, &["written:*=0xffffffff", "len:*=0xffffffff"]);
    let shown = facts(&["show", "--all", &hex(&key)]);
    assert_eq!(shown["contents"]["faults"].as_array().expect("a list").len(), 16);
    forge(&key, &["magic=0x12345678"]);
    assert_eq!(facts(&["show", &hex(&key)])["contents"]["kind"], "other");
}

#[test]
fn what_never_stands_still_is_looked_at_all_the_same() {
    let key = TestKey::new();
    Program::writer(&key).reading("text\n").start().exit().expect_code(0);
    let mut peer = flapping(&key);
    handoff_e2e::wait_until("the words change", || {
        (facts(&["show", &hex(&key)])["contents"]["steady"] == false).then_some(())
    });
    for _ in 0..20 {
        for args in [&["show", "--json"][..], &["show", "--all"]] {
            let args: Vec<_> = args.iter().map(ToString::to_string).chain([hex(&key)]).collect();
            let outcome = Program::bare("inspect").args(&args).start().exit();
            expect_a_look(&outcome, "garbage");
        }
        said(&["list"]);
        let verdicts = facts(&["clean", "--dry-run", "--unread"]);
        let name = format!("segment {} of key {}", key.existing_segment().id, hex(&key));
        assert_eq!(crate::find(&verdicts, "object", &name.into())["fate"], "kept");
    }
    peer.kill().expect("our own child");
    peer.wait().expect("our own child");
    for _ in 0..20 {
        attack(&key, "garbage", &["--rounds", "7"]);
        expect_a_look(&inspect(&["show", "--json", &hex(&key)]), "garbage");
        expect_a_look(&inspect(&["show", "--all", &hex(&key)]), "garbage");
        said(&["list"]);
    }
}

#[test]
fn a_foreign_segment_is_shown_as_it_is_and_stays_so() {
    let foreign = Foreign::new(DEFAULT_SIZE, "644");
    if !foreign.store(0, &[0x1b5b_1b5b, 7, 0xffff_ffff, 3]) {
        return handoff_e2e::skip::skip("no Perl to fill a segment with");
    }
    let bytes = foreign.bytes();
    let text = said(&["show", &foreign.key()]);
    assert!(text.contains("no exchange: it begins with 0x"), "{text}");
    assert!(text.contains("5b 1b 5b 1b") && !text.contains('\x1b'), "{text}");
    said(&["list"]);
    foreign.expect_untouched();
    assert_eq!(foreign.bytes(), bytes);
}

/// Shrinks a file and lets it grow again, over and over, until it is told to stop.
fn breathe(path: &Path, bytes: &[u8], stop: &AtomicBool) {
    let mut file = File::options().write(true).open(path).expect("our own file");
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        let size = [0, 100, 4096, 2112][round % 4];
        file.set_len(size).expect("our own file");
        file.set_len(bytes.len() as u64).expect("our own file");
        std::os::unix::fs::FileExt::write_all_at(&file, bytes, 0).expect("our own file");
        file.flush().expect("our own file");
        round += 1;
    }
}

#[test]
fn a_file_that_shrinks_under_the_look_is_no_death() {
    let scratch = Scratch::new();
    let path = scratch.path().join("breathing");
    let mut bytes = vec![0; exchange_size(16) as usize];
    bytes[..8].copy_from_slice(MAGIC);
    fs::write(&path, &bytes).expect("a fresh file");
    let stop = Arc::new(AtomicBool::new(false));
    let (there, told) = (path.clone(), Arc::clone(&stop));
    let breathing = thread::spawn(move || breathe(&there, &bytes, &told));
    for _ in 0..50 {
        look_at_file(&path);
    }
    stop.store(true, Ordering::Relaxed);
    breathing.join().expect("our own thread");
    assert_eq!(look_at_file(&path)["contents"]["kind"], "exchange");
}
