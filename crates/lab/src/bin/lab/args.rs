//! The command line.

use clap::Parser;
use clap::error::ErrorKind;
use handoff_lab::{Experiment, experiments};

/// What is no experiment's name.
const ALL: &str = "all";

/// Claims about shared memory, each shown, corrected or measured
///
/// Without a name it lists them. Exit status: 0 if every verdict is the expected one, 1 if
/// not, 2 for a wrong command line.
#[derive(Debug, Parser)]
#[command(name = "lab", version)]
pub(crate) struct Args {
    /// Experiments, or `all` that this machine allows
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Wait for Enter before each step: time to look around with ipcs -m, say
    #[arg(long)]
    pub(crate) step: bool,

    /// Run it in this very process: that is how lab starts itself
    #[arg(long, hide = true)]
    pub(crate) inside: bool,

    /// Experiment, role and arguments: that is how an experiment starts its peers
    #[arg(long, hide = true, num_args = 2.., allow_hyphen_values = true, conflicts_with = "names")]
    pub(crate) role: Vec<String>,
}

impl Args {
    /// Whether there are such experiments.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        let exists = |name: &&String| *name == ALL || experiments::find(name).is_some();
        let Some(name) = self.names.iter().find(|name| !exists(name)) else { return Ok(()) };
        let said = format!("there is no experiment {name:?}, and lab without a name lists all");
        Err(clap::Error::raw(ErrorKind::InvalidValue, said))
    }

    /// Those that are named, in the order of their claims.
    pub(crate) fn experiments(&self) -> Vec<&'static Experiment> {
        let named = |name: &str| self.names.iter().any(|one| one == name);
        experiments::all().filter(|one| named(ALL) || named(one.name)).collect()
    }
}
