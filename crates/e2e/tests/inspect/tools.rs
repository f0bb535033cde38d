//! What `inspect` says is what ipcs, lsipc and the kernel's own list say.
//!
//! In an IPC namespace of the test's own: so all segments are the test's, and nobody else makes
//! or removes one between two looks.

use std::fs;
use std::process::Command;

use handoff_e2e::foreign::Foreign;
use handoff_e2e::isolated::{has_own_segments_or_skips, limit};
use handoff_e2e::pair::waiting_reader;
use handoff_e2e::skip::skip;
use handoff_e2e::{Running, TestKey, Tmux, binaries, segment};
use serde_json::Value;

use crate::{facts, hex, inspect, said};

/// Segments of many kinds, and who has them attached.
struct Zoo {
    _foreign: Vec<Foreign>,
    _attached: Vec<Running>,
    _watch: Tmux,
    _keys: Vec<TestKey>,
}

/// How many there are at least.
const MANY: usize = 40;

impl Zoo {
    fn new() -> Self {
        let keys: Vec<TestKey> = (0..8).map(|_| TestKey::new()).collect();
        let made = |at: usize, args: &[&str]| {
            said(&[&["create", &hex(&keys[at])], args].concat());
        };
        let by_key = |command: &str, at: usize| said(&[command, &hex(&keys[at])]);
        made(0, &["--bytes", "1", "--mode", "0"]);
        made(1, &["--slots", "3", "--mode", "0640"]);
        by_key("lock", 1);
        // 64 GiB of which there is nothing yet.
        made(2, &["--bytes", "68719476736", "--no-reserve"]);
        said(&["chown", "65534:1", &hex(&keys[2])]);
        let mut attached = vec![waiting_reader(&keys[3]), waiting_reader(&keys[4])];
        by_key("remove", 3);
        by_key("lock", 4);
        by_key("remove", 4);
        // Attached to be read alone.
        attached.push(waiting_reader(&keys[5]));
        let program = binaries::path("inspect").display().to_string();
        let watch = Tmux::new(80, 24, &[&program, "watch", &hex(&keys[5])]);
        watch.wait_for("1 attached and us");
        let mut foreign: Vec<_> =
            (1..=MANY).map(|n| Foreign::new(n as u64 * 1000, "600")).collect();
        foreign.push(Foreign::of_another_user(33856, "600"));
        foreign.push(Foreign::of_another_user(33856, "000"));
        foreign.push(Foreign::of_another_user(5000, "666"));
        if inspect(&["create", &hex(&keys[6]), "--huge", "--bytes", "100"]).status.code() != Some(0)
        {
            skip("no huge pages: segments of them are not compared");
        }
        Self { _foreign: foreign, _attached: attached, _watch: watch, _keys: keys }
    }
}

fn output(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().expect("util-linux is there");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("plain text")
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A segment in the columns of the kernel's list, but for the two that change by themselves.
fn kernels_columns(segment: &Value) -> Vec<i64> {
    let flag = |name: &str, bits| if segment[name].as_bool().expect("a flag") { bits } else { 0 };
    let mode = i64::from_str_radix(segment["mode"].as_str().expect("octal"), 8).expect("octal");
    let key = u32::try_from(number(&segment["key"])).expect("32 bits").cast_signed();
    let time = |name: &str| segment[name].as_i64().unwrap_or(0);
    vec![
        key.into(),
        number(&segment["id"]),
        mode | flag("removed", 0o1000) | flag("locked", 0o2000),
        number(&segment["bytes"]),
        number(&segment["creator_pid"]),
        number(&segment["last_pid"]),
        number(&segment["attachments"]),
        number(&segment["owner"]["id"]),
        number(&segment["owner_group"]["id"]),
        number(&segment["creator"]["id"]),
        number(&segment["creator_group"]["id"]),
        time("attached_at"),
        time("detached_at"),
        time("changed_at"),
    ]
}

/// A line of it: all numbers, the third in octal.
fn kernels_line(line: &str) -> Vec<i64> {
    let radix = |at| if at == 2 { 8 } else { 10 };
    let fields = line.split_whitespace().take(14).enumerate();
    fields.map(|(at, field)| i64::from_str_radix(field, radix(at)).expect("numbers")).collect()
}

fn sorted(mut rows: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    rows.sort();
    rows
}

#[test]
fn the_list_is_that_of_the_kernel() {
    if !has_own_segments_or_skips() {
        return;
    }
    let _zoo = Zoo::new();
    let before = segment::all();
    let table = fs::read_to_string("/proc/sysvipc/shm").expect("the kernel has it");
    let list = facts(&["list"]);
    let ours = list["segments"].as_array().expect("a list").iter().map(kernels_columns).collect();
    let theirs = sorted(table.lines().skip(1).map(kernels_line).collect());
    assert!(theirs.len() > MANY + 8, "the zoo is there");
    assert_eq!(sorted(ours), theirs);
    // And looking has changed nothing but what it says it does.
    assert_eq!(segment::all(), before);
}

/// key, shmid, owner, perms, bytes, nattch, and what there is of the status.
fn columns_of_ipcs(segment: &Value) -> Vec<String> {
    let owner = &segment["owner"];
    let name = owner["name"].as_str().map_or_else(|| owner["id"].to_string(), str::to_owned);
    let mode = segment["mode"].as_str().expect("octal").trim_start_matches('0').to_owned();
    let mut columns = vec![
        segment["key_hex"].as_str().expect("hex").to_owned(),
        segment["id"].to_string(),
        name,
        if mode.is_empty() { "0".into() } else { mode },
        segment["bytes"].to_string(),
        segment["attachments"].to_string(),
    ];
    columns.extend((segment["removed"] == true).then(|| "dest".into()));
    columns.extend((segment["locked"] == true).then(|| "locked".into()));
    columns
}

#[test]
fn the_list_is_that_of_ipcs() {
    if !has_own_segments_or_skips() {
        return;
    }
    let _zoo = Zoo::new();
    let list = facts(&["list"]);
    let mut ours: Vec<_> =
        list["segments"].as_array().expect("a list").iter().map(columns_of_ipcs).collect();
    let text = output(&["ipcs", "-m"]);
    let lines = text.lines().filter(|line| line.starts_with("0x"));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let mut theirs: Vec<Vec<String>> = lines.map(words).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    // What people see is the same again: the columns have the same names.
    let text = said(&["list"]);
    for row in &theirs {
        let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some(&row[1]));
        let shown: Vec<_> = line.expect("it is there").split_whitespace().collect();
        assert_eq!(&shown[..6], &row[..6]);
    }
}

/// The same for lsipc, which has them as JSON, all as text.
fn columns_of_lsipc(segment: &Value) -> Vec<String> {
    let status = [("removed", "dest"), ("locked", "locked")];
    let status = status.iter().filter(|(is, _)| segment[is] == true).map(|(_, word)| *word);
    let mut columns = columns_of_ipcs(segment);
    columns.truncate(6);
    columns.push(status.collect::<Vec<_>>().join(","));
    for field in ["creator_pid", "last_pid"] {
        columns.push(segment[field].to_string());
    }
    for field in ["owner", "owner_group", "creator", "creator_group"] {
        columns.push(segment[field]["id"].to_string());
    }
    columns
}

#[test]
fn the_list_is_that_of_lsipc() {
    if !has_own_segments_or_skips() {
        return;
    }
    let _zoo = Zoo::new();
    let names = ["key", "id", "owner", "perms", "size", "nattch", "status", "cpid", "lpid", "uid"];
    let names = [&names[..], &["gid", "cuid", "cgid"]].concat();
    let text = output(&["lsipc", "-m", "-J", "-b", "-P", "-o", &names.join(",").to_uppercase()]);
    let theirs: Value = serde_json::from_str(&text).expect("JSON");
    let row = |segment: &Value| -> Vec<String> {
        let cell = |name: &&str| match &segment[name] {
            Value::String(text) if *name == "perms" => text
                .trim_start_matches('0')
                .chars()
                .next()
                .map_or("0".into(), |_| text.trim_start_matches('0').into()),
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        names.iter().map(cell).collect()
    };
    let theirs = theirs["sharedmemory"].as_array().expect("a list");
    let mut theirs: Vec<_> = theirs.iter().map(row).collect();
    let list = facts(&["list"]);
    let mut ours: Vec<_> =
        list["segments"].as_array().expect("a list").iter().map(columns_of_lsipc).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}

/// The number behind a text at the beginning of a line.
fn after(text: &str, head: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(head));
    let line = line.unwrap_or_else(|| panic!("no {head:?} in {text}"));
    let number = line.trim_start_matches([' ', '=']).split_whitespace().next().expect("a number");
    number.parse().expect("a number")
}

#[test]
fn limits_and_use_are_those_of_ipcs_and_lsipc() {
    if !has_own_segments_or_skips() {
        return;
    }
    limit("shmmni", 100);
    limit("shmmax", 1 << 37);
    limit("shmall", 1 << 26);
    let _zoo = Zoo::new();
    let limits = facts(&["limits"]);
    expect_as_ipcs_says(&limits);
    expect_as_lsipc_says(&limits);
}

fn unsigned(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn expect_as_ipcs_says(limits: &Value) {
    let number = unsigned;
    let text = output(&["ipcs", "-lm"]);
    assert_eq!(after(&text, "max number of segments"), number(&limits["max_segments"]));
    assert_eq!(after(&text, "max seg size (kbytes)"), number(&limits["max_bytes"]) / 1024);
    let pages = number(&limits["max_pages"]) * (number(&limits["page_bytes"]) / 1024);
    assert_eq!(after(&text, "max total shared memory (kbytes)"), pages);
    assert_eq!(after(&text, "min seg size (bytes)"), number(&limits["min_bytes"]));

    let used = &limits["used"];
    let text = output(&["ipcs", "-um"]);
    for (head, field) in [
        ("segments allocated", "segments"),
        ("pages allocated", "pages"),
        ("pages resident", "resident_pages"),
        ("pages swapped", "swapped_pages"),
        ("Swap performance:", "swap_attempts"),
    ] {
        assert_eq!(after(&text, head), number(&used[field]), "{head}");
    }
}

fn expect_as_lsipc_says(limits: &Value) {
    let (number, used) = (unsigned, &limits["used"]);
    let text = output(&["lsipc", "-g", "-m", "-J", "-b"]);
    let theirs: Value = serde_json::from_str(&text).expect("JSON");
    // lsipc does not round each segment up to whole pages, as the kernel does: it divides the
    // sum of their bytes.
    let list = facts(&["list"]);
    let bytes = list["segments"].as_array().expect("a list").iter().map(|it| number(&it["bytes"]));
    let filled = bytes.sum::<u64>() / number(&limits["page_bytes"]);
    for (resource, limit, used) in [
        ("SHMMNI", "max_segments", Some(number(&used["segments"]))),
        ("SHMALL", "max_pages", Some(filled)),
        ("SHMMAX", "max_bytes", None),
        ("SHMMIN", "min_bytes", None),
    ] {
        let row = crate::find(&theirs["ipclimits"], "resource", &resource.into());
        assert_eq!(row["limit"], limits[limit].to_string(), "{resource}");
        if let Some(used) = used {
            assert_eq!(row["used"], used.to_string(), "{resource}");
        }
    }
}
