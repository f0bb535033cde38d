//! The process in which an experiment runs, or a peer of one.
//!
//! An experiment has a process of its own because it may change what belongs to a process
//! (limits, namespaces, users), may be killed by a signal, and may be followed by others.

use std::io::{self, Write};
use std::process::ExitCode;

use handoff_lab::{Experiment, Report, Stop, Tidings, experiments, support};

use nix::sys::signal::{SigSet, Signal};

use crate::OTHERWISE;

/// Runs an experiment.
pub(crate) fn run(experiment: &Experiment, stepping: bool) -> ExitCode {
    // When the terminal is closed, nobody is left to tidy up after us: we go on to our end.
    if let Err(error) = SigSet::from(Signal::SIGHUP).thread_block() {
        Tidings::Failed(error.to_string()).send();
        return ExitCode::SUCCESS;
    }
    support::show_calls();
    let tidings = match (experiment.run)(&mut Report::new(stepping)) {
        Ok(verdict) if verdict.is(experiment.expect) => Tidings::Verdict(verdict.to_string()),
        Ok(verdict) => {
            Tidings::Otherwise(format!("{verdict}, but expected is {}", experiment.expect))
        }
        Err(Stop::Skipped(why)) => Tidings::Skipped(why),
        Err(Stop::Failed(how)) => Tidings::Failed(how),
    };
    tidings.send();
    ExitCode::SUCCESS
}

/// Plays one of its roles.
pub(crate) fn role(experiment: &str, role: &str, args: &[String]) -> ExitCode {
    let play = experiments::find(experiment).and_then(|experiment| {
        experiment.roles.iter().find(|(name, _)| *name == role).map(|(_, play)| play)
    });
    let Some(play) = play else { return unknown(role) };
    support::tell_calls();
    match support::die_with_parent().and_then(|()| play(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Skipped(why) | Stop::Failed(why)) => {
            let _ = writeln!(io::stderr(), "lab: {experiment}, {role}: {why}");
            ExitCode::from(OTHERWISE)
        }
    }
}

fn unknown(what: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "lab: there is no {what}; see lab --help");
    ExitCode::from(2)
}
