//! Both programs on one processor: nobody can spin while the other works.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

use handoff_e2e::payload;
use handoff_e2e::{Program, TestKey};

/// The first processor that this test may use; not always number 0.
fn core() -> usize {
    let allowed = sched_getaffinity(Pid::from_raw(0)).expect("our own affinity");
    (0..CpuSet::count())
        .find(|&core| allowed.is_set(core).unwrap_or(false))
        .expect("we run on some processor")
}

#[test]
fn a_stream_passes_on_one_core_however_both_wait() {
    for (wait, size) in [("futex", 4 << 20), ("sleep", 200_000), ("spin", 200_000)] {
        let key = TestKey::new();
        let text = payload::random(size, 7);
        let args = ["--wait", wait];
        let reader = Program::reader(&key).args(args).on_core(core()).start();
        let writer = Program::writer(&key)
            .args(args)
            .args(["--until", ""])
            .reading(&text)
            .on_core(core())
            .start();
        writer.exit().expect_code(0);
        reader.exit().expect_code(0).expect_stdout(&text);
        key.expect_no_segment();
    }
}

#[test]
fn single_lines_go_back_and_forth_on_one_core() {
    let key = TestKey::new();
    let mut reader = Program::reader(&key).on_core(core()).start();
    let writer = Program::writer(&key).args(["--slots", "1"]).on_core(core());
    let mut writer = handoff_e2e::pair::listening(writer);
    for number in 1..=200 {
        writer.feed("line\n");
        reader.wait_until_printed(number * "line\n".len());
    }
    writer.close_stdin();
    writer.exit().expect_code(0);
    reader.exit().expect_code(0);
    key.expect_no_segment();
}

const LOAD: usize = 256 << 20;

/// The time of a shell command on one core, from start to end.
fn timed(core: usize, script: &str, args: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new("taskset")
        .args(["-c", &core.to_string(), "sh", "-c", script, "sh"])
        .args(args)
        .stdin(Stdio::null())
        .status()
        .expect("taskset and sh run");
    assert!(status.success(), "{script}: {status}");
    start.elapsed()
}

/// Compares with a pipe in the same run, in turns, so that a slow machine is slow for both.
#[test]
#[ignore = "a measurement: needs a machine without other work"]
fn the_pair_is_at_least_half_as_fast_as_a_pipe_on_one_core() {
    const ROUNDS: usize = 5;
    let scratch = handoff_e2e::Scratch::new();
    let file = scratch.path().join("load");
    let mut load = std::fs::File::create(&file).expect("the scratch directory takes a file");
    load.write_all(&payload::text(LOAD)).expect("there is room");
    let file = file.to_str().expect("a plain path");
    let key = TestKey::new();
    let key_text = key.number().to_string();
    let paths = ["writer", "reader"].map(handoff_e2e::binaries::path);
    let [writer, reader] = paths.each_ref().map(|it| it.to_str().expect("a plain path"));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(timed(core(), "cat \"$1\" | cat > /dev/null", &[file]));
        let script = "\"$2\" -q -k \"$4\" < \"$1\" & \"$3\" -q -k \"$4\" > /dev/null && wait $!";
        times[1].push(timed(core(), script, &[file, writer, reader, &key_text]));
        key.expect_no_segment();
    }
    let [pipe, pair] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    let ratio = pipe.as_secs_f64() / pair.as_secs_f64();
    println!("pipe {pipe:?}, pair {pair:?}: the pair is {ratio:.2} times as fast");
    assert!(ratio >= 0.5, "half as fast as a pipe is the least, this is {ratio:.2}");
}
