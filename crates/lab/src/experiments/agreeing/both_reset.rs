//! Claim 19: both sides set the flag to 0 when they start.
//!
//! In C: see `pair`.

use super::pair::{self, Tutorial};
use crate::support::{unseen, until};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const INPUT: &str = "first\nsecond\nend\n";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "both-reset",
    claim: 19,
    says: "both sides set the flag to 0 when they start, so that either may start first",
    expect: Expect::Partly,
    remember: "who comes second wipes out what the first one said: let fresh memory, all zero, \
        be a valid beginning, and have nobody reset anything",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let tutorial = Tutorial::build(report, "-O0")?;
    let printed = pair::tutorial_to_the_end(&tutorial, INPUT)?;
    report.does(
        "the reader, and when it has set its flag, a writer with the lines first, second, end:",
    );
    report.saw(pair::shown(&printed));
    report.part("with the reader there first, every line arrives", has_all(&printed));
    drop(tutorial);

    let tutorial = Tutorial::build(report, "-O0")?;
    let mut writer = tutorial.writer(INPUT)?;
    until("the first line is in memory", || Ok((tutorial.flag() == 1).then_some(())))?;
    report.does("a writer with the lines first, second, end; and when the flag is 1, the reader:");
    let mut reader = tutorial.reader()?;
    writer.wait_well()?;
    reader.wait_well()?;
    let printed = String::from_utf8_lossy(&reader.printed()?).into_owned();
    report.saw(pair::shown(&printed));
    report.must(!printed.contains("first") && printed.contains("second"), "the first is lost")?;
    report.part("with the writer there first, every line arrives", has_all(&printed));

    pair::ours(report, INPUT)?;
    report.verdict()
}

fn has_all(printed: &str) -> bool {
    INPUT.lines().all(|line| printed.lines().any(|it| it == format!("You wrote: {line}")))
}
