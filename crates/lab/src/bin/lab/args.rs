//! The command line.

use clap::Parser;
use clap::error::ErrorKind;
use handoff_lab::experiments;

/// Claims about shared memory, each shown, corrected or measured
///
/// Without a name it lists them. Exit status: 0 if every verdict is the expected one, 1 if
/// not, 2 for a wrong command line.
#[derive(Debug, Parser)]
#[command(name = "lab", version)]
pub(crate) struct Args {
    /// An experiment, or `all` that this machine allows
    pub(crate) name: Option<String>,

    /// Wait for Enter before each step: time to look around with ipcs -m, say
    #[arg(long)]
    pub(crate) step: bool,

    /// Run it in this very process: that is how lab starts itself
    #[arg(long, hide = true)]
    pub(crate) inside: bool,

    /// Experiment, role and arguments: that is how an experiment starts its peers
    #[arg(long, hide = true, num_args = 2.., allow_hyphen_values = true, conflicts_with = "name")]
    pub(crate) role: Vec<String>,
}

impl Args {
    /// Whether there is such an experiment.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        let Some(name) = self.name.as_deref() else { return Ok(()) };
        if name == "all" || experiments::find(name).is_some() {
            return Ok(());
        }
        let said = format!("there is no experiment {name:?}, and lab without a name lists all");
        Err(clap::Error::raw(ErrorKind::InvalidValue, said))
    }
}
