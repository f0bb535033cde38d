//! Claim 21: strncpy into the text.
//!
//! In C, for a string without its end is C's: see `pair`.

use super::pair::{self, TEXT, TEXT_END, TEXT_SIZE, Tutorial};
use crate::support::unseen;
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Characters of a line that is longer than the text, without its newline.
const LONG: usize = 3000;

/// What lies behind the struct, in the same page: somebody else's, perhaps.
const BEHIND: &str = "<- behind the text";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "strncpy-cut",
    claim: 21,
    says: "strncpy(text, line, 2048) hands a line of any length over safely",
    expect: Expect::False,
    remember: "strncpy that fills its room writes no NUL: the tail is lost, and who prints the \
        text prints on into whatever lies behind, so hand the length over, too",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let tutorial = Tutorial::build(report, "-O0")?;
    let memory = tutorial.memory();
    report.does(format_args!(
        "a third process writes {BEHIND:?} behind the struct, into the same page"
    ));
    memory.write(TEXT_END, format!("{BEHIND}\n\0").as_bytes());

    let line: String = ('a'..='z').cycle().take(LONG).collect();
    let input = format!("{line}\nend\n");
    report
        .does(format_args!("the reader, then a writer with a line of {LONG} characters, and end:"));
    let printed = pair::tutorial_to_the_end(&tutorial, &input)?;
    report.saw(pair::shown(&printed));
    let first = printed.lines().next().unwrap_or_default();
    let came = first.strip_prefix("You wrote: ").unwrap_or_default();
    report.saw(format_args!(
        "{TEXT_SIZE} of {} bytes have come, and then: {}",
        LONG + 1,
        came.get(TEXT_SIZE..).unwrap_or_default()
    ));
    report.must(came.get(..TEXT_SIZE) == line.get(..TEXT_SIZE), "the beginning arrives")?;
    report.part("the whole line arrives", came == line);
    report.part("nothing else is printed", !first.contains(BEHIND));

    // What is left of it: strncpy fills up with NULs what is shorter.
    let mut last = [0];
    memory.read(TEXT + TEXT_SIZE - 1, &mut last);
    report.does("the line end fits: strncpy writes its NUL, and NULs up to the last byte:");
    report.saw(format_args!("the last byte of the text is {} now", last[0]));

    pair::ours(report, &input)?;
    report.verdict()
}
