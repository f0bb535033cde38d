//! Claim 10: what becomes of attachments in children.

use std::os::unix::process::CommandExt;

use handoff_shm::sysv::{Key, Options, Segment};
use nix::unistd::pause;

use crate::support::{Guarded, Peer, command, say, wait_for_go};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "fork-and-exec";
const ANOTHER: &str = "another";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 10,
    says: "fork inherits attachments, execve and _exit detach them",
    expect: Expect::True,
    remember: "a child has what its parent has attached until it becomes another program or ends, \
               however it ends: nobody has to call shmdt first",
    run,
    roles: &[(ANOTHER, another)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("make a segment and attach it:");
    let segment = Guarded::new(Options::new(4096).create(Key::PRIVATE)?);
    let _attachment = segment.attach()?;
    let alone = count(report, "the parent alone", &segment)?;

    report.does("fork:");
    let mut child = Peer::fork(|| {
        say("forked");
        wait_for_go()?;
        // It returns only if it fails.
        Err(command(NAME, ANOTHER, &[]).exec().into())
    })?;
    child.hears()?;
    let forked = count(report, "after fork", &segment)?;
    report.part("fork inherits", (alone, forked) == (1, 2));
    report.does("the child becomes another program, and lives on:");
    child.go()?;
    child.hears()?;
    let executed = count(report, "after execve", &segment)?;
    report.part("execve detaches", executed == 1);
    child.end_well()?;

    report.does("fork again; this child just ends:");
    let mut child = Peer::fork(|| {
        say("forked");
        wait_for_go()
    })?;
    child.hears()?;
    let forked = count(report, "after fork", &segment)?;
    child.end_well()?;
    let ended = count(report, "after its _exit", &segment)?;
    report.part("_exit detaches", (forked, ended) == (2, 1));

    killed(report, &segment)?;
    report.verdict()
}

fn killed(report: &mut Report, segment: &Segment) -> Result<(), Stop> {
    report.does("and a third one, which would stay for ever:");
    let mut child = Peer::fork(|| {
        say("forked");
        loop {
            pause();
        }
    })?;
    child.hears()?;
    let forked = count(report, "after fork", segment)?;
    report.does("kill it:");
    child.kill()?;
    let killed = count(report, "after SIGKILL", segment)?;
    report.part("so does death", (forked, killed) == (2, 1));
    Ok(())
}

fn count(report: &mut Report, when: &str, segment: &Segment) -> Result<u64, Stop> {
    let attachments = segment.status()?.attachments;
    report.saw(format_args!("{when}: shm_nattch is {attachments}"));
    Ok(attachments)
}

fn another(_: &[String]) -> Result<(), Stop> {
    say("another program");
    wait_for_go()
}
