//! The tables of the book are those of the code, and of the last whole run of the bench.
//!
//! After a change, `HANDOFF_BLESS=1 cargo test -p handoff-guide --test generated` writes them.

use std::fmt::Write;
use std::fs;

use handoff_guide::generated::expect;
use handoff_shm::sysv::{MEANINGS, Operation};
use nix::errno::Errno;
use serde_json::Value;

fn bench() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bench/bench.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// As people write it: three digits at most, and a unit.
fn time(nanos: f64) -> String {
    match nanos {
        ..100.0 => format!("{nanos:.1} ns"),
        ..1000.0 => format!("{nanos:.0} ns"),
        ..100_000.0 => format!("{:.1} µs", nanos / 1e3),
        ..1e6 => format!("{:.0} µs", nanos / 1e3),
        _ => format!("{:.1} ms", nanos / 1e6),
    }
}

fn rows(bench: &Value) -> Vec<&Value> {
    bench["rows"].as_array().unwrap().iter().collect()
}

fn median(row: &Value) -> f64 {
    row["nanos"]["median"].as_f64().unwrap()
}

fn there_and_back(bench: &Value) -> String {
    let rows = rows(bench);
    let line = rows.iter().find(|row| row["id"] == "line").expect("the limit was measured");
    let line = median(line);
    let mut table = "| 16 bytes there and back | median | one cache line is 1 |\n".to_owned();
    table += "|---|--:|--:|\n";
    let trips = rows.iter().filter(|row| row["stream"] == false && row["id"] != "clock");
    let mut trips: Vec<_> = trips.collect();
    trips.sort_by(|a, b| median(a).total_cmp(&median(b)));
    for row in trips {
        let (title, median) = (row["title"].as_str().unwrap(), median(row));
        let times = median / line;
        let digits = if times < 10.0 { 1 } else { 0 };
        writeln!(table, "| {title} | {} | {times:.digits$} |", time(median)).unwrap();
    }
    table
}

fn streams(bench: &Value) -> String {
    let mut table = "| 64-byte messages, one way | each | a second |\n|---|--:|--:|\n".to_owned();
    let rows = rows(bench);
    let streams = rows.iter().filter(|row| row["stream"] == true && row["bytes"] == 64);
    let mut streams: Vec<_> = streams.collect();
    streams.sort_by(|a, b| median(a).total_cmp(&median(b)));
    for row in streams {
        let (title, median) = (row["title"].as_str().unwrap(), median(row));
        writeln!(table, "| {title} | {} | {:.1} million |", time(median), 1e3 / median).unwrap();
    }
    table
}

fn idle(bench: &Value) -> String {
    let mut table = String::new();
    let seconds = &bench["idle"][0]["seconds"];
    writeln!(table, "| a reader that waits, for {seconds} s | context switches | processor time |")
        .unwrap();
    table += "|---|--:|--:|\n";
    for row in bench["idle"].as_array().unwrap() {
        let wait = row["wait"].as_str().unwrap();
        let (switches, ticks) = (&row["reader"]["switches"], &row["reader"]["ticks"]);
        let spent = ticks.as_f64().unwrap() / row["ticks_per_second"].as_f64().unwrap();
        writeln!(table, "| `--wait {wait}` | {switches} | {spent:.2} s |").unwrap();
    }
    table
}

/// What each errno means in one call.
fn meanings(operation: Operation) -> String {
    let mut table = "| errno | means here |\n|---|---|\n".to_owned();
    for (_, errno, meaning) in MEANINGS.iter().filter(|(of, ..)| *of == operation) {
        writeln!(table, "| {:?} | {meaning} |", Errno::from_raw(*errno)).unwrap();
    }
    table
}

#[test]
fn what_was_measured_is_that_of_the_last_run() {
    let bench = bench();
    expect("there-and-back", &there_and_back(&bench));
    expect("streams", &streams(&bench));
    expect("idle", &idle(&bench));
}

#[test]
fn what_each_errno_means_is_what_the_wrapper_says() {
    for (name, operation) in [
        ("ftok", Operation::Key),
        ("shmget-create", Operation::Create),
        ("shmget", Operation::Open),
        ("shmat", Operation::Attach),
        ("shmat-remap", Operation::Replace),
        ("shmdt", Operation::Detach),
        ("ipc-stat", Operation::Status),
        ("ipc-set", Operation::Set),
        ("ipc-rmid", Operation::Remove),
        ("shm-lock", Operation::Lock),
    ] {
        expect(name, &meanings(operation));
    }
}
