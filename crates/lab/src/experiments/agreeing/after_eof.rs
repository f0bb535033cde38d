//! Claim 22: what the writer does at the end of its input.
//!
//! In C, for it is fgets that leaves the line of before: see `pair`.

use super::pair::{self, Tutorial};
use crate::support::{unseen, until};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const INPUT: &str = "one\ntwo\n";

/// Copies of a line after which we believe that it goes on for ever.
const ENOUGH: usize = 50;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "after-eof",
    claim: 22,
    says: "what fgets returns need not be looked at",
    expect: Expect::False,
    remember: "at the end of the input fgets returns NULL and leaves the line of before, which \
        is sent again and again: look at what a read returns, and make its end that of the stream",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let tutorial = Tutorial::build(report, "-O0")?;
    report.does("the reader, then a writer with the lines one, two, and no more:");
    let mut reader = tutorial.reader_first()?;
    let mut writer = tutorial.writer(INPUT)?;
    let copies =
        until(&format!("the last line has come {ENOUGH} times, or both have ended"), || {
            let printed = String::from_utf8_lossy(&reader.printed()?).into_owned();
            let copies = printed.lines().filter(|&line| line == "You wrote: two").count();
            let is_over = !writer.is_alive()? && !reader.is_alive()?;
            Ok((copies >= ENOUGH || is_over).then_some(copies))
        })?;
    report
        .saw(format_args!("\"You wrote: two\" {copies} times, and no end of it: both are stopped"));
    report.part("every line arrives once", copies == 1);
    drop((writer, reader));

    pair::ours(report, INPUT)?;
    report.verdict()
}
