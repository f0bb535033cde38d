//! The bench itself, as a program: it measures, tells, and leaves nothing behind.

use std::fs;
use std::process::Command;

use serde_json::Value;

/// Rows of every kind but whole programs, which a build of this crate alone does not have.
const ONLY: [&str; 7] = ["ack/", "futex", "sysv/spin", "queue", "semaphore", "stream/2", "memcpy"];

#[test]
fn it_measures_tells_and_leaves_nothing() {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        eprintln!("SKIP: two cores are needed");
        return;
    }
    let dir = std::env::temp_dir().join(format!("bench-test-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    let json = dir.join("bench.json");
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.args(["--quick", "--rounds", "1", "--text", "1048576"]);
    bench.args(ONLY.iter().flat_map(|only| ["--only", only]));
    bench.arg("--json").arg(&json).arg("--charts").arg(&dir).env("TMPDIR", &dir);
    let output = bench.output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let report: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(report["version"], 1);
    let rows = report["rows"].as_array().unwrap();
    for only in ONLY {
        let id = |row: &Value| row["id"].as_str().unwrap().contains(only);
        assert!(rows.iter().any(id), "no row of {only}");
    }
    assert!(rows.iter().all(|row| row["nanos"]["median"].as_f64().unwrap() > 0.0));
    let goals = report["goals"].as_array().unwrap();
    let sleeping = goals.iter().find(|goal| goal["what"].as_str().unwrap().contains("sleeping"));
    assert!(sleeping.unwrap()["measured"].as_f64().unwrap() > 0.0);
    assert!(dir.join("there-and-back.svg").exists() && dir.join("rates.svg").exists());

    let left = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("handoff")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    fs::remove_dir_all(dir).unwrap();
}
