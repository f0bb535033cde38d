//! A file for each command.

pub(crate) mod chmod;
pub(crate) mod chown;
pub(crate) mod clean;
pub(crate) mod create;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod remove;
pub(crate) mod show;
pub(crate) mod watch;

use handoff_cli::{Exit, Failure};

use crate::args::Command;

/// Does it.
///
/// # Errors
/// What could not be done, and why.
pub(crate) fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Limits(args) => limits::run(&args),
        Command::Create(args) => create::run(&args),
        Command::Chmod(args) => chmod::run(&args),
        Command::Chown(args) => chown::run(&args),
        Command::Lock(args) => lock::lock(&args),
        Command::Unlock(args) => lock::unlock(&args),
        Command::Remove(args) => remove::run(&args),
        Command::Clean(args) => clean::run(&args),
    }
}
