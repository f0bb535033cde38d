//! What there is, one line each.

use std::io::{self, Write};
use std::process::ExitCode;

use handoff_lab::experiments::{self, GROUPS};
use handoff_lab::prose::hanging;

/// Lists all experiments by group.
pub(crate) fn print() -> ExitCode {
    let width = experiments::all().map(|experiment| experiment.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in GROUPS {
        text.push_str(&format!("{}\n", group.title));
        for one in group.experiments {
            let name = format!("  {:2}  {:width$}  ", one.claim, one.name);
            text.push_str(&hanging(&name, one.says));
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str("lab NAME runs one, lab all runs what this machine allows\n");
    // Whoever closes the list early has seen enough of it.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
