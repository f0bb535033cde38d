//! What an experiment is, and what may come of it.

use std::error::Error;
use std::fmt;

use crate::Report;

/// One claim about shared memory, and the little program that shows what is true of it.
#[derive(Debug)]
pub struct Experiment {
    /// What a person types to run it.
    pub name: &'static str,
    /// The claim's number; the groups of [`crate::experiments`] have them in this order.
    pub claim: u8,
    /// The claim as the tutorials have it, in one sentence without a full stop.
    pub says: &'static str,
    /// What comes of it wherever it runs. Anything else is a failure.
    pub expect: Expect,
    /// What to keep in mind of it, in one sentence.
    pub remember: &'static str,
    /// Shows it. It runs in a process of its own, so it may change limits, namespaces and users.
    pub run: fn(&mut Report) -> Result<Verdict, Stop>,
    /// What this program does when the experiment starts it once more, by the role's name:
    /// see [`crate::support::Peer`].
    pub roles: &'static [(&'static str, Role)],
}

/// The life of another process of an experiment.
pub type Role = fn(&[String]) -> Result<(), Stop>;

/// Which verdict an experiment has to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The claim holds.
    True,
    /// Some of it holds, some does not.
    Partly,
    /// It does not hold.
    False,
    /// A measured figure, whichever it is.
    Figure,
}

/// What was found of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    True,
    /// Some of it holds, some does not: the report says which.
    Partly,
    /// It does not hold.
    False,
    /// Neither: so much, with its unit.
    Figure(String),
}

impl Verdict {
    /// Whether this is what was to come of it.
    #[must_use]
    pub fn is(&self, expected: Expect) -> bool {
        match self {
            Self::True => expected == Expect::True,
            Self::Partly => expected == Expect::Partly,
            Self::False => expected == Expect::False,
            Self::Figure(_) => expected == Expect::Figure,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => f.write_str("true"),
            Self::Partly => f.write_str("partly true"),
            Self::False => f.write_str("false"),
            Self::Figure(figure) => f.write_str(figure),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::Partly => "partly true",
            Self::False => "false",
            Self::Figure => "a figure",
        })
    }
}

/// Why an experiment ended without a verdict.
#[derive(Debug)]
pub enum Stop {
    /// It cannot be shown on this machine, or by this user: why not.
    Skipped(String),
    /// Something went wrong that has nothing to do with the claim.
    Failed(String),
}

impl Stop {
    /// It cannot be shown here, for this reason.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }

    /// It went wrong like this.
    pub fn failed(how: impl Into<String>) -> Self {
        Self::Failed(how.into())
    }
}

/// So that `?` serves for every error; a `Stop` is no [`Error`] itself for that reason.
impl<E: Error> From<E> for Stop {
    fn from(error: E) -> Self {
        let mut chain = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        Self::Failed(chain)
    }
}
