//! How a program ends: its exit status, and one line on stderr that says why.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use handoff_proto::Corrupt;
use handoff_shm::{AttachError, Segment};

/// An end that is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The stream is at its end.
    Ended,
    /// The writer is gone without ending its stream.
    WriterDied,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Ended => 0,
            Self::WriterDied => 3,
            // 128 + SIGINT, as shells say it.
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

/// What could not be done, why, and what a person can do about it.
#[derive(Debug)]
pub struct Failure {
    error: Box<dyn Error>,
    attempt: Option<String>,
    advice: Option<String>,
}

impl Failure {
    /// `error` came of trying to do this.
    pub fn of(attempt: impl Into<String>, error: impl Into<Box<dyn Error>>) -> Self {
        Self { error: error.into(), attempt: Some(attempt.into()), advice: None }
    }

    /// `error` says itself what was tried.
    pub fn from_error(error: impl Into<Box<dyn Error>>) -> Self {
        Self { error: error.into(), attempt: None, advice: None }
    }

    /// And this may help.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The exchange in this segment cannot be used any further.
    pub fn of_exchange(segment: &dyn Segment, error: handoff_proto::Error) -> Self {
        let advice = matches!(error, handoff_proto::Error::Corrupt(_))
            .then(|| format!("if nobody needs it any more, remove it with: {}", segment.removal()));
        Self { advice, ..Self::of(format!("cannot go on with {}", segment.name()), error) }
    }

    /// The same, for a corrupt one.
    pub fn of_corrupt(segment: &dyn Segment, corrupt: Corrupt) -> Self {
        Self::of_exchange(segment, corrupt.into())
    }

    /// Attempt, cause and cause's cause, then advice, in one line.
    pub fn line(&self) -> String {
        let mut line = self.attempt.clone().unwrap_or_default();
        let mut next: Option<&dyn Error> = Some(&*self.error);
        while let Some(error) = next {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&error.to_string());
            next = error.source();
        }
        if let Some(advice) = &self.advice {
            line.push_str("; ");
            line.push_str(advice);
        }
        line.replace('\n', " ")
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        Self { advice: error.advice(), error: error.into(), attempt: None }
    }
}

/// Says on stderr why `program` failed, if it did, and gives its exit status.
pub fn end(program: &str, result: Result<Exit, Failure>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Not through the log: RUST_LOG may hide notices, but not this. And if
            // stderr is gone, there is nobody to tell.
            let _ = writeln!(io::stderr(), "{program}: {}", failure.line());
            ExitCode::FAILURE
        }
    }
}
