//! Claim 20: the word that ends the stream.
//!
//! In C, for strncmp and strings are C's: see `pair`.

use super::pair::{self, Tutorial};
use crate::support::unseen;
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "end-prefix",
    claim: 20,
    says: "strncmp(text, \"end\", 3) == 0 says that the line is the word end",
    expect: Expect::Partly,
    remember: "strncmp of three letters looks at three letters: \"endless\" ends the stream, so \
        compare the whole line",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let printed = both(report, "one\nend\nmore\n")?;
    report.part("the line end ends both", printed.ends_with("You wrote: end\n"));

    let printed = both(report, "one\nendless\nmore\nend\n")?;
    report.must(!printed.contains("more"), "both end early")?;
    report.part("no other line does", printed.ends_with("You wrote: end\n"));

    pair::ours(report, "one\nendless\nmore\nend\n")?;
    report.verdict()
}

fn both(report: &mut Report, input: &str) -> Result<String, Stop> {
    let tutorial = Tutorial::build(report, "-O0")?;
    report.does(format_args!("the reader, then a writer with {input:?}:"));
    let printed = pair::tutorial_to_the_end(&tutorial, input)?;
    report.saw(pair::shown(&printed));
    Ok(printed)
}
