//! `chown`: another owner, or owner and group, IPC_SET.

use handoff_cli::{Exit, Failure};
use nix::unistd::{Group, User};

use crate::args::ChownArgs;
use crate::facts::account::Account;
use crate::print::{self, failure};
use crate::target::to_change;

pub(crate) fn run(args: &ChownArgs) -> Result<Exit, Failure> {
    let (user, group) = match args.owner.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (args.owner.as_str(), None),
    };
    let user = user_id(user)?;
    let group = group.map(group_id).transpose()?;
    let found = to_change(&args.segment)?;
    let before = found.status;
    let group = group.unwrap_or(before.owner_group);
    found.segment.set(user, group, before.mode).map_err(failure::of_sysv)?;
    print::out(&format!(
        "segment {}: {}:{} -> {}:{}\n",
        before.id,
        Account::user(before.owner),
        Account::group(before.owner_group),
        Account::user(user),
        Account::group(group)
    ))
}

fn user_id(name: &str) -> Result<u32, Failure> {
    match User::from_name(name) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        _ => name.parse().map_err(|_| Failure::from_error(format!("there is no user {name:?}"))),
    }
}

fn group_id(name: &str) -> Result<u32, Failure> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid.as_raw()),
        _ => name.parse().map_err(|_| Failure::from_error(format!("there is no group {name:?}"))),
    }
}
