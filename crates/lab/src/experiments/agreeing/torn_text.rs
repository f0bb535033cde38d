//! Claim 24: text that is taken while it is written.

use super::counting::{self, Agreement, Enough};
use crate::support::unseen;
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Mixtures are certain: on one core, too, where the writer is stopped in the middle of a text
/// and the reader looks at it until it is stopped itself.
const ENOUGH: Enough = Enough { looks: 10_000, torn: 100 };

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "torn-text",
    claim: 24,
    says: "another process may take the data of an unfinished task",
    expect: Expect::True,
    remember: "memory does not know when a text is finished: who looks while it is written sees \
        half of one and half of another, so somebody has to say whose turn it is",
    run: |report| unseen(|| run(report)),
    roles: counting::ROLES,
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("one process fills 2048 bytes with a, then with b, and so on; another one looks:");
    let count = counting::count(EXPERIMENT.name, Agreement::None, ENOUGH)?;
    let (looks, torn) = (count.looks, count.torn);
    let percent = torn as f64 * 100.0 / looks as f64;
    report.saw(format_args!("{looks} looks, {torn} of them at a mixture ({percent:.1} %)"));
    report.saw(format_args!("the first one: {}", count.example));
    report.part("a look comes upon unfinished text", torn > 0);
    report.verdict()
}
