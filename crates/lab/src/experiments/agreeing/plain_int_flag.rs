//! Claim 18: waiting for a plain int.
//!
//! In C, because a data race on a plain int is nothing that Rust would let us write: see
//! `pair`. It is undefined there, too, and here is what compilers make of it.

use std::time::Instant;

use nix::sys::signal::Signal;

use super::pair::{self, Tutorial};
use crate::support::{Guarded, Program, cc, program, unseen, until};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// CPU ticks after which the reader is in its loop: all before takes less than one.
const IN_THE_LOOP: u64 = 5;

/// CPU ticks (mostly hundredths of a second) of a busy loop: some hundred million looks.
const A_WHILE: u64 = 20;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "plain-int-flag",
    claim: 18,
    says: "a loop that looks at a plain int sees when the other process changes it",
    expect: Expect::Partly,
    remember: "to the compiler nobody else changes a plain int, so it looks once and spins for \
        ever: use an atomic, and sleep on it instead of burning a core",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    for level in ["-O0", "-O1", "-O2"] {
        let tutorial = Tutorial::build(report, level)?;
        if let Some(lines) = cc::waiting_loop(&tutorial.reader_path()) {
            report.saw("main of the reader, as objdump shows it, where it waits:");
            lines.iter().for_each(|line| report.saw(line));
        }
        let mut reader = tutorial.reader()?;
        burns(report, &reader)?;
        let sees = sees_the_flag(report, &tutorial, &mut reader)?;
        report.part(format_args!("built with {level}, the reader sees the flag"), sees);
    }
    ours(report)?;
    report.verdict()
}

/// What the reader costs while nothing is written.
fn burns(report: &mut Report, reader: &Program) -> Result<(), Stop> {
    has_used(reader, IN_THE_LOOP)?;
    let (start, sleeps) = (Instant::now(), reader.sleeps()?);
    let from = reader.ticks()?;
    has_used(reader, from + A_WHILE)?;
    let (ticks, elapsed) = (reader.ticks()? - from, start.elapsed());
    let sleeps = reader.sleeps()? - sleeps;
    report.does("the reader alone, nothing written yet:");
    report.saw(format_args!(
        "it uses {ticks} ticks of CPU in {} ms, and sleeps {sleeps} times: it takes all it gets",
        elapsed.as_millis()
    ));
    Ok(())
}

/// Waits until it has used so many ticks, however long that takes.
fn has_used(program: &Program, ticks: u64) -> Result<(), Stop> {
    until(&format!("it has used {ticks} ticks"), || Ok((program.ticks()? >= ticks).then_some(())))
}

/// A writer comes with one line: whether that is ever printed.
fn sees_the_flag(
    report: &mut Report,
    tutorial: &Tutorial,
    reader: &mut Program,
) -> Result<bool, Stop> {
    report.does("a writer comes with the lines one, end:");
    let mut writer = tutorial.writer("one\nend\n")?;
    until("the line is in memory, or printed", || {
        Ok((tutorial.flag() == 1 || !reader.printed()?.is_empty()).then_some(()))
    })?;
    let from = if reader.is_alive()? { reader.ticks()? } else { 0 };
    let sees = until("the line is printed, or the reader has looked for a while", || {
        if !reader.printed()?.is_empty() {
            return Ok(Some(true));
        }
        Ok((reader.ticks()? >= from + A_WHILE).then_some(false))
    })?;
    if sees {
        writer.wait_well()?;
        reader.wait_well()?;
        let printed = String::from_utf8_lossy(&reader.printed()?).into_owned();
        report.saw(pair::shown(&printed));
        return Ok(true);
    }
    let ticks = reader.ticks()? - from;
    report.saw(format_args!(
        "the flag in memory is {}, and after {ticks} more ticks of CPU nothing is printed",
        tutorial.flag()
    ));
    Ok(false)
}

/// What our reader costs in the time in which a busy one uses as many ticks.
fn ours(report: &mut Report) -> Result<(), Stop> {
    let Some(path) = program::find("reader") else {
        report.not_shown("our reader, waiting: it is not built beside lab");
        return Ok(());
    };
    let (key, _guard) = Guarded::exchange()?;
    let mut ours = Program::start(&path, ["-k", &pair::as_argument(key)], b"")?;
    until("our reader waits", || {
        Ok(ours.complained()?.contains("waiting for a writer").then_some(()))
    })?;
    report.does("our reader, waiting, beside the tutorials':");
    let tutorial = Tutorial::build(report, "-O0")?;
    let busy = tutorial.reader()?;
    has_used(&busy, IN_THE_LOOP)?;
    let (from, busy_from) = (ours.ticks()?, busy.ticks()?);
    has_used(&busy, busy_from + A_WHILE)?;
    let used = ours.ticks()? - from;
    report.saw(format_args!("ours uses {used} ticks while that one uses {A_WHILE}"));
    ours.signal(Signal::SIGINT)?;
    ours.wait()?;
    report.must(used <= 1, "who sleeps uses no CPU")
}
