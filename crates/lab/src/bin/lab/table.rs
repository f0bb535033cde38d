//! Some experiments, and how they ended.

use std::process::ExitCode;

use handoff_lab::experiments::GROUPS;
use handoff_lab::prose::hanging;
use handoff_lab::{Experiment, Tidings};

use crate::screen::print;
use crate::{OTHERWISE, interrupt, outside, screen};

/// Exit status after Ctrl-C, as shells say it.
const INTERRUPTED: u8 = 130;

/// Runs these; if they are several, says at the end how all of them ended.
pub(crate) fn run(experiments: &[&Experiment], stepping: bool) -> ExitCode {
    interrupt::stay();
    let mut ends = Vec::new();
    for experiment in experiments {
        if interrupt::came() || screen::is_closed() {
            break;
        }
        ends.push(show(experiment, stepping));
        if experiments.len() > 1 {
            print("");
        }
    }
    if experiments.len() > 1 {
        close(experiments, &ends);
    }
    status(&ends)
}

/// The table of verdicts, by group, and their count.
fn close(experiments: &[&Experiment], ends: &[Tidings]) {
    let width = experiments.iter().map(|experiment| experiment.name.len()).max().unwrap_or(0);
    for group in GROUPS {
        let mut title = Some(group.title);
        for (experiment, end) in experiments.iter().zip(ends) {
            if group.experiments.iter().any(|one| one.name == experiment.name) {
                title.take().into_iter().for_each(print);
                let name = format!("  {:2}  {:width$}  ", experiment.claim, experiment.name);
                print(&hanging(&name, &in_words(end)));
            }
        }
    }
    print(&count(ends));
}

fn show(experiment: &Experiment, stepping: bool) -> Tidings {
    let Experiment { name, claim, says, remember, .. } = experiment;
    print(&hanging(&format!("{name}: "), &format!("{says}?")));
    let end = outside::run(experiment, stepping)
        .unwrap_or_else(|error| Tidings::Failed(error.to_string()));
    print(&hanging(&format!("claim {claim}: "), says));
    match &end {
        Tidings::Verdict(verdict) => {
            print(&hanging("verdict: ", verdict));
            print(&hanging("remember: ", remember));
        }
        _ => print(&in_words(&end)),
    }
    end
}

fn in_words(end: &Tidings) -> String {
    match end {
        Tidings::Verdict(verdict) => verdict.clone(),
        Tidings::Otherwise(verdict) => format!("OTHERWISE: {verdict}"),
        Tidings::Skipped(why) => format!("skipped: {why}"),
        Tidings::Failed(how) => format!("FAILED: {how}"),
        // No end: `outside` gives none of the others.
        _ => String::new(),
    }
}

fn count(ends: &[Tidings]) -> String {
    let of = |is: fn(&Tidings) -> bool| ends.iter().filter(|end| is(end)).count();
    let expected = of(|end| matches!(end, Tidings::Verdict(_)));
    let skipped = of(|end| matches!(end, Tidings::Skipped(_)));
    let otherwise = ends.len() - expected - skipped;
    format!("{expected} verdicts as expected, {otherwise} otherwise, {skipped} skipped")
}

fn status(ends: &[Tidings]) -> ExitCode {
    if interrupt::came() {
        return ExitCode::from(INTERRUPTED);
    }
    let good = |end: &Tidings| matches!(end, Tidings::Verdict(_) | Tidings::Skipped(_));
    if ends.iter().all(good) { ExitCode::SUCCESS } else { ExitCode::from(OTHERWISE) }
}
