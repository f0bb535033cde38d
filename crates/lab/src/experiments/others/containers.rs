//! Claim 31: processes in different containers.

use std::path::Path;

use handoff_shm::sysv::{Key, Options, Segment};
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;

use super::ways;
use crate::support::{self, Guarded, Peer, enter_own, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "containers",
    claim: 31,
    says: "processes in different containers share memory like any others",
    expect: Expect::False,
    remember: "a System V key means something in one IPC namespace, a name in /dev/shm in one \
        mount namespace: share that namespace, or pass a descriptor",
    run,
    roles: &[("outside", here), ("ipc", in_new_ipc), ("mount", in_new_mount)],
};

/// What a process in some namespaces finds.
struct Found {
    key: bool,
    name: bool,
}

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let key = support::fresh_key()?;
    let segment = Guarded::new(Options::new(support::page_size()?).create(key)?);
    let object = ways::posix_object()?;
    let path = object.path.as_ref().ok_or_else(|| Stop::failed("no path"))?.path();
    report.does(format_args!("a segment of key {:#x}, and {}", key.get(), path.display()));
    let args = [key.get().to_string(), path.display().to_string()];

    let same = look(report, "in the same namespaces", "outside", &args)?;
    report.must(same.key && same.name, "without namespaces both are found")?;
    let ipc = look(report, "after unshare(CLONE_NEWIPC)", "ipc", &args)?;
    let mount =
        look(report, "after unshare(CLONE_NEWNS), a new tmpfs on /dev/shm", "mount", &args)?;
    report.part("another IPC namespace has the same System V keys", ipc.key);
    report.part("another mount namespace has the same /dev/shm", mount.name);
    report.must(ipc.name && mount.key, "each has to do with its own kind only")?;
    drop(segment);
    report.verdict()
}

fn look(report: &mut Report, whose: &str, role: &str, args: &[String]) -> Result<Found, Stop> {
    report.does(format_args!("a process {whose} looks for both:"));
    let mut peer = Peer::start(EXPERIMENT.name, role, args)?;
    let said = peer.hears()?;
    peer.end_well()?;
    if let Some(why) = said.strip_prefix("skipped: ") {
        return Err(Stop::skipped(why));
    }
    report.saw(&said);
    Ok(Found { key: said.contains("the key leads to"), name: said.contains("the name is there") })
}

/// Looks for both where this process is.
fn here(args: &[String]) -> Result<(), Stop> {
    let [key, path] = args else { return Err(Stop::failed("a key and a path are needed")) };
    let key = match Segment::open(Key::new(key.parse()?), 0) {
        Ok(segment) => format!("the key leads to segment {}", segment.id()),
        Err(error) => format!("the key leads nowhere ({})", errno(error.errno())),
    };
    let name = match Path::new(path).try_exists()? {
        true => "the name is there",
        false => "the name is not there",
    };
    say(format_args!("{key}; {name}"));
    Ok(())
}

fn errno(number: i32) -> String {
    nix::errno::Errno::from_raw(number).to_string()
}

fn in_new_ipc(args: &[String]) -> Result<(), Stop> {
    entered(CloneFlags::CLONE_NEWIPC, || here(args))
}

fn in_new_mount(args: &[String]) -> Result<(), Stop> {
    entered(CloneFlags::CLONE_NEWNS, || {
        let nothing = None::<&str>;
        // Otherwise the new mount would show in the namespace that we come from.
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)?;
        mount(Some("tmpfs"), "/dev/shm", Some("tmpfs"), MsFlags::empty(), nothing)?;
        here(args)
    })
}

/// Goes on in a namespace of its own, or says why not.
fn entered(namespace: CloneFlags, then: impl FnOnce() -> Result<(), Stop>) -> Result<(), Stop> {
    match enter_own(namespace) {
        Err(Stop::Skipped(why)) => {
            say(format_args!("skipped: {why}"));
            Ok(())
        }
        entered => entered.and_then(|()| then()),
    }
}
