//! Claim 13: what the kernel knows of a segment, and what of it can be changed.

use std::time::SystemTime;

use handoff_shm::sysv::{self, Key, Options, Segment, Status};
use nix::errno::Errno;

use crate::support::{Guarded, NOBODY, Peer, fresh_key, is_root, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "stat-and-set";
const STRANGER: &str = "stranger";
const GIVER: &str = "giver";
const ALLOWED: &str = "allowed";
const SIZE: usize = 2052;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 13,
    says: "IPC_STAT tells all of a segment's shmid_ds, IPC_SET changes owner, group and mode alone",
    expect: Expect::True,
    remember: "whoever made a segment keeps an owner's rights for ever, even after giving it away",
    run,
    roles: &[(STRANGER, stranger), (GIVER, giver)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("make a segment, attach it, detach it, attach it again, and ask:");
    let key = fresh_key()?;
    let segment = Guarded::new(Options::new(SIZE).mode(0o600).create(key)?);
    segment.attach()?.detach()?;
    let _attachment = segment.attach()?;
    let before = segment.status()?;
    fields(report, &before);
    let us = i64::from(std::process::id());
    let as_asked = before.key == key && before.size == SIZE && before.mode == 0o600;
    let pids = [before.creator_pid, before.last_pid].map(i64::from) == [us; 2];
    let times = before.attached_at.is_some() && before.detached_at.is_some();
    report.part("IPC_STAT tells all of it", as_asked && pids && times && before.attachments == 1);

    report.does("give it another mode, and keep owner and group:");
    segment.set(before.owner, before.owner_group, 0o640)?;
    let changed = segment.status()?;
    // It sets the time of change, too: to the same second, mostly.
    let but_mode = Status { mode: before.mode, changed_at: before.changed_at, ..changed.clone() };
    report.saw(format_args!(
        "mode {:04o}, and the rest as before: {}",
        changed.mode,
        but_mode == before
    ));
    report.part(
        "IPC_SET changes what it can, and nothing else",
        changed.mode == 0o640 && but_mode == before,
    );

    creator_keeps(report)?;
    if is_root() {
        report.does(format_args!("have user {NOBODY} change it; give it to them, and once more:"));
        given_away(report, &segment)?;
    } else {
        report.not_shown("another user's EPERM, which needs root");
    }
    report.verdict()
}

/// Shown by a user without rights: root may always do so.
fn creator_keeps(report: &mut Report) -> Result<(), Stop> {
    report.does("a user without rights makes one, gives it to root, and changes it after that:");
    let mut peer = match is_root() {
        true => Peer::start_as(NOBODY, NAME, GIVER, &[])?,
        false => Peer::start(NAME, GIVER, &[])?,
    };
    let said = peer.hears()?;
    peer.end_well()?;
    report.saw(format_args!("that is {said}"));
    report.must(said == ALLOWED, "who made a segment may go on changing it")
}

fn fields(report: &mut Report, status: &Status) {
    let ago = |time: Option<SystemTime>| {
        let elapsed = time.map(|time| time.elapsed().unwrap_or_default().as_secs());
        elapsed.map_or("never".to_owned(), |seconds| format!("{seconds} s ago"))
    };
    let Status { owner, owner_group, creator, creator_group, .. } = *status;
    for (field, value, meaning) in [
        ("shm_perm.__key", status.key.to_string(), "what leads to it; 0 if nothing does"),
        ("shm_perm.uid, gid", format!("{owner}, {owner_group}"), "whose it is"),
        ("shm_perm.cuid, cgid", format!("{creator}, {creator_group}"), "who made it"),
        ("shm_perm.mode", format!("{:04o}", status.mode), "who may read and write it"),
        ("  SHM_DEST", status.is_removed.to_string(), "removed, gone with the last detach"),
        ("  SHM_LOCKED", status.is_locked.to_string(), "not to be swapped out"),
        ("shm_perm.__seq", status.sequence.to_string(), "how often this row of the table was used"),
        ("shm_segsz", status.size.to_string(), "bytes, as asked for"),
        ("shm_atime", ago(status.attached_at), "the last attach"),
        ("shm_dtime", ago(status.detached_at), "the last detach"),
        ("shm_ctime", ago(Some(status.changed_at)), "made, or owner or mode changed"),
        ("shm_cpid", status.creator_pid.to_string(), "the process that made it"),
        ("shm_lpid", status.last_pid.to_string(), "the last one that attached or detached"),
        ("shm_nattch", status.attachments.to_string(), "how often it is attached now"),
    ] {
        report.saw(format_args!("{field:20} {value:12} {meaning}"));
    }
}

fn given_away(report: &mut Report, segment: &Segment) -> Result<(), Stop> {
    let mut peer = Peer::start_as(NOBODY, NAME, STRANGER, &[segment.id().to_string()])?;
    let refused = peer.hears()?;
    peer.end_well()?;
    report.saw(format_args!("as a stranger: {refused}"));
    segment.set(NOBODY, NOBODY, 0o600)?;
    let mut peer = Peer::start_as(NOBODY, NAME, STRANGER, &[segment.id().to_string()])?;
    let allowed = peer.hears()?;
    peer.end_well()?;
    let status = segment.status()?;
    report.saw(format_args!("as its owner: {allowed}; shm_perm.cuid is still {}", status.creator));
    let stranger = Errno::EPERM.to_string();
    report.part("IPC_SET is EPERM for another user", refused == stranger && allowed == ALLOWED);
    Ok(())
}

fn stranger(args: &[String]) -> Result<(), Stop> {
    let id = args.first().and_then(|id| id.parse().ok()).ok_or_else(|| Stop::failed("no id"))?;
    say_whether_allowed(Segment::from_id(id).set(NOBODY, NOBODY, 0o600));
    Ok(())
}

fn giver(_: &[String]) -> Result<(), Stop> {
    let segment = Guarded::new(Options::new(SIZE).create(Key::PRIVATE)?);
    segment.set(0, 0, 0o600)?;
    say_whether_allowed(segment.set(0, 0, 0o640));
    Ok(())
}

fn say_whether_allowed(result: Result<(), sysv::Error>) {
    match result {
        Ok(()) => say(ALLOWED),
        Err(error) => say(Errno::from_raw(error.errno())),
    }
}
