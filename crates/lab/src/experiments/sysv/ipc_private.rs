//! Claim 4: the key that leads nowhere.

use std::sync::atomic::Ordering::{Acquire, Release};

use handoff_shm::sysv::{Key, Options, Segment};

use crate::support::{Guarded, Peer, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "ipc-private";
const ALIEN: &str = "alien";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 4,
    says: "IPC_PRIVATE always makes a new segment",
    expect: Expect::True,
    remember: "IPC_PRIVATE means new, not private: children inherit the attachment, and whoever \
               has the id and the permission can attach it, too",
    run,
    roles: &[(ALIEN, alien)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    report.does("the same call, twice:");
    let options = Options::new(4096);
    let segments =
        [Guarded::new(options.create(Key::PRIVATE)?), Guarded::new(options.create(Key::PRIVATE)?)];
    let keys = [segments[0].status()?.key.get(), segments[1].status()?.key.get()];
    report.saw(format_args!(
        "ids {} and {}, keys {} and {}",
        segments[0].id(),
        segments[1].id(),
        keys[0],
        keys[1]
    ));
    report.part("each call makes a new one", segments[0].id() != segments[1].id());
    report.part("no key leads to it: its key is 0, which means \"new\"", keys == [0, 0]);

    report.does("attach one and fork; the child stores 42:");
    let attachment = segments[0].attach()?;
    Peer::fork(|| {
        attachment.store_u32(0, 42, Release);
        Ok(())
    })?
    .end_well()?;
    let stored = attachment.load_u32(0, Acquire);
    report.saw(format_args!("the parent loads {stored}"));
    report.part("fork shares it", stored == 42);

    report.does("a process that inherited nothing is told the id:");
    let mut peer = Peer::start(NAME, ALIEN, &[segments[0].id().to_string()])?;
    let loaded = peer.hears()?;
    peer.end_well()?;
    report.saw(format_args!("it loads {loaded}: private it is not"));
    report.must(loaded == "42", "whoever has the id can attach it")?;
    report.verdict()
}

fn alien(args: &[String]) -> Result<(), Stop> {
    let id = args.first().and_then(|id| id.parse().ok()).ok_or_else(|| Stop::failed("no id"))?;
    say(Segment::from_id(id).attach()?.load_u32(0, Acquire));
    Ok(())
}
