//! `inspect` from outside: what it says of objects of every kind, and what it does to them.

#[path = "inspect/change.rs"]
mod change;
#[path = "inspect/clean.rs"]
mod clean;
#[path = "inspect/hostile.rs"]
mod hostile;
#[path = "inspect/kinds.rs"]
mod kinds;
#[path = "inspect/show.rs"]
mod show;
#[path = "inspect/tools.rs"]
mod tools;
#[path = "inspect/watch.rs"]
mod watch;

use std::process::{Child, Command};

use handoff_e2e::{Outcome, Program, TestKey, binaries};
use serde_json::Value;

/// Runs it to its end.
#[track_caller]
fn inspect(args: &[&str]) -> Outcome {
    Program::bare("inspect").args(args).start().exit()
}

/// What it prints, if all is well.
#[track_caller]
fn said(args: &[&str]) -> String {
    text(&inspect(args))
}

#[track_caller]
fn text(outcome: &Outcome) -> String {
    outcome.expect_code(0).expect_silence();
    String::from_utf8(outcome.stdout.clone()).expect("it prints UTF-8")
}

/// The same with `--json`.
#[track_caller]
fn facts(args: &[&str]) -> Value {
    let text = said(&[args, &["--json"]].concat());
    serde_json::from_str(&text).expect("it is JSON")
}

/// The one whose field is so.
#[track_caller]
fn find<'a>(list: &'a Value, field: &str, value: &Value) -> &'a Value {
    let list = list.as_array().expect("a list");
    let found = list.iter().find(|item| item[field] == *value);
    found.unwrap_or_else(|| panic!("no {field} {value} in {list:?}"))
}

/// A key as the programs take it.
fn hex(key: &TestKey) -> String {
    format!("{:#010x}", key.number())
}

/// Changes words of an exchange.
#[track_caller]
fn forge(key: &TestKey, changes: &[&str]) {
    attack(key, "set", changes);
}

/// One attack of the hostile program, to its end.
#[track_caller]
fn attack(key: &TestKey, how: &str, args: &[&str]) {
    let status = Command::new(binaries::path("hostile"))
        .args([how, "-k", &hex(key)])
        .args(args)
        .status()
        .expect("it runs");
    assert!(status.success(), "{how} {args:?}: {status}");
}

/// A peer that changes words of an exchange without end, and dies with the test.
fn flapping(key: &TestKey) -> Child {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(binaries::path("hostile"))
        .args(["flap", "-k", &hex(key), "written:*=+2", "len:3=0xffffffff", "reader=^0x40000000"])
        .spawn()
        .expect("it runs")
}
