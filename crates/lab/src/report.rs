//! What an experiment says while it runs, and the verdict that follows from it.

use std::fmt::Display;
use std::io::{self, Write};

use crate::prose::hanging;
use crate::{Stop, Verdict};

/// The lines of one experiment, printed as they come.
#[derive(Debug)]
pub struct Report {
    /// Whether a person wants to look around between two steps.
    stepping: bool,
    /// Whether there was a step yet.
    begun: bool,
    /// Of each part of the claim, whether it holds.
    parts: Vec<bool>,
}

impl Report {
    /// Nothing is said yet. `stepping`: wait for Enter before each step but the first.
    #[must_use]
    pub fn new(stepping: bool) -> Self {
        Self { stepping, begun: false, parts: Vec::new() }
    }

    /// Says what is done now, in a sentence that ends with a colon: calls and values follow.
    pub fn does(&mut self, what: impl Display) {
        if self.stepping && self.begun {
            pause();
        }
        self.begun = true;
        line(format_args!("{}", hanging("  ", &what.to_string())));
    }

    /// Says what was seen then: the values.
    pub fn saw(&mut self, what: impl Display) {
        line(format_args!("    -> {what}"));
    }

    /// Says whether a part of the claim holds, and counts it for the [verdict](Self::verdict).
    pub fn part(&mut self, claim: impl Display, holds: bool) {
        self.parts.push(holds);
        let word = if holds { "  holds: " } else { "  does not hold: " };
        line(format_args!("{}", hanging(word, &claim.to_string())));
    }

    /// Says what of the claim cannot be shown here, and why; the rest still can.
    pub fn not_shown(&mut self, what_and_why: impl Display) {
        line(format_args!("{}", hanging("  not shown here: ", &what_and_why.to_string())));
    }

    /// The verdict of all parts: true or false if all agree, partly otherwise.
    ///
    /// # Errors
    /// [`Stop::Failed`] if there is no part.
    pub fn verdict(&self) -> Result<Verdict, Stop> {
        match (self.parts.contains(&true), self.parts.contains(&false)) {
            (true, false) => Ok(Verdict::True),
            (false, true) => Ok(Verdict::False),
            (true, true) => Ok(Verdict::Partly),
            (false, false) => Err(Stop::failed("nothing was looked at")),
        }
    }

    /// Fails unless what must be so, whatever is true of the claim, is so.
    ///
    /// # Errors
    /// [`Stop::Failed`] if it is not.
    pub fn must(&self, holds: bool, what: impl Display) -> Result<(), Stop> {
        if holds { Ok(()) } else { Err(Stop::failed(format!("it is not so that {what}"))) }
    }
}

/// Waits for Enter. If nobody can press it, it goes on.
fn pause() {
    line(format_args!("  [Enter]"));
    let _ = io::stdin().read_line(&mut String::new());
}

/// One line on stdout. If that is gone (`lab ... | head`), there is nobody to tell, and the
/// experiment still has to tidy up.
fn line(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{text}");
}
