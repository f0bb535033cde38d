//! Claim 17: who needs which mode.

use std::sync::atomic::Ordering::{Acquire, Release};

use handoff_shm::sysv::{Key, Options, Segment};
use nix::errno::Errno;

use crate::support::{Guarded, NOBODY, Peer, need_root, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "mode-0666";
const MEDDLER: &str = "meddler";
const SECRET: u32 = 1234;
const FORGED: u32 = 6666;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 17,
    says: "mode 0666 is how two processes get at one segment",
    expect: Expect::False,
    remember: "0600 is all that your own processes need; 0666 lets every user of the machine read \
               and rewrite what you share",
    run,
    roles: &[(MEDDLER, meddler)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    need_root()?;
    report.does(format_args!("mode 0666, with {SECRET} in it; user {NOBODY} comes along:"));
    let (said, left) = meet(Some(NOBODY), 0o666)?;
    report.saw(format_args!("they read {said}, and now there is {left}"));
    report.must(said == SECRET.to_string() && left == FORGED, "0666 lets another user in")?;

    report.does("the same with mode 0600:");
    let (said, left) = meet(Some(NOBODY), 0o600)?;
    report.saw(format_args!("they get {said}, and there is {left}"));
    let stopped = said == Errno::EACCES.to_string() && left == SECRET;
    report.must(stopped, "0600 keeps another user out")?;

    report.does("with mode 0600, another process of our own user:");
    let (said, left) = meet(None, 0o600)?;
    report.saw(format_args!("it reads {said}, and now there is {left}"));
    let needed = !(said == SECRET.to_string() && left == FORGED);
    report.part("one user's processes need 0666", needed);
    report.verdict()
}

/// What a process of this user reads in a segment of this mode, and what it leaves there.
fn meet(uid: Option<u32>, mode: u32) -> Result<(String, u32), Stop> {
    let segment = Guarded::new(Options::new(4096).mode(mode).create(Key::PRIVATE)?);
    let attachment = segment.attach()?;
    attachment.store_u32(0, SECRET, Release);
    let args = [segment.id().to_string()];
    let mut peer = match uid {
        Some(uid) => Peer::start_as(uid, NAME, MEDDLER, &args)?,
        None => Peer::start(NAME, MEDDLER, &args)?,
    };
    let said = peer.hears()?;
    peer.end_well()?;
    Ok((said, attachment.load_u32(0, Acquire)))
}

fn meddler(args: &[String]) -> Result<(), Stop> {
    let id = args.first().and_then(|id| id.parse().ok()).ok_or_else(|| Stop::failed("no id"))?;
    match Segment::from_id(id).attach() {
        Ok(attachment) => {
            let read = attachment.swap_u32(0, FORGED, std::sync::atomic::Ordering::AcqRel);
            say(read);
        }
        Err(error) => say(Errno::from_raw(error.errno())),
    }
    Ok(())
}
