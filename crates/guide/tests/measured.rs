//! The tables of measurements are what the last whole run of the bench says.
//!
//! After a new one, `HANDOFF_BLESS=1 cargo test -p handoff-guide --test measured` writes them.

use std::env;
use std::fmt::Write;
use std::fs;

use handoff_guide::chapters::book;
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

#[test]
fn the_tables_are_those_of_the_last_run() {
    let bench = bench();
    let tables =
        [("there-and-back", there_and_back(&bench)), ("streams", streams(&bench)), ("idle", idle(&bench))];
    for (name, table) in tables {
        let file = book().join("measured").join(name).with_extension("md");
        if env::var_os("HANDOFF_BLESS").is_some() {
            fs::write(&file, &table).unwrap();
        }
        let shown = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(shown, table, "{}: write it with HANDOFF_BLESS=1", file.display());
    }
}
