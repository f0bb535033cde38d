//! Errors of the System V calls, in one line: attempt, cause, advice.

use handoff_cli::Failure;
use handoff_shm::sysv;

/// The call failed.
pub(crate) fn of_sysv(error: sysv::Error) -> Failure {
    let failure = Failure::of(error.to_string(), error.meaning());
    match error.advice() {
        Some(advice) => failure.advise(advice),
        None => failure,
    }
}

/// There is no such thing.
pub(crate) fn missing(what: &str) -> Failure {
    Failure::from_error(format!("there is no {what}"))
        .advise("see what there is with: inspect list")
}
