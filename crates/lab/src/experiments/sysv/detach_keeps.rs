//! Claim 11: what is left when everybody has gone.

use handoff_shm::sysv::{Key, Options, Segment};

use crate::support::{Guarded, Peer, fresh_key, say};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "detach-keeps";
const WRITER: &str = "writer";
const READER: &str = "reader";
const TEXT: &str = "left behind by somebody";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 11,
    says: "shmdt does not delete the segment; the kernel keeps it",
    expect: Expect::True,
    remember: "a segment outlives all its processes, until somebody removes it or the machine \
               goes down: look for forgotten ones with ipcs -m",
    run,
    roles: &[(WRITER, writer), (READER, reader)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let key = fresh_key()?;
    let args = [key.get().to_string()];
    report.does("a process makes a segment, writes a text, detaches and ends:");
    let mut peer = Peer::start(NAME, WRITER, &args)?;
    let pid = peer.pid();
    peer.hears()?;
    // From here on it is ours to remove.
    let segment = Guarded::new(Segment::open(key, 0)?);
    peer.end_well()?;
    let status = segment.status()?;
    report.saw(format_args!(
        "process {pid} is gone, shm_nattch is {}, shm_cpid is still {}",
        status.attachments, status.creator_pid
    ));
    report.must(status.attachments == 0, "nobody has it attached")?;

    report.does("another process attaches it and reads:");
    let mut peer = Peer::start(NAME, READER, &args)?;
    let text = peer.hears()?;
    peer.end_well()?;
    report.saw(format_args!("{text:?}"));
    report.part("the segment and what is in it are there when nobody is", text == TEXT);
    report.verdict()
}

fn key(args: &[String]) -> Result<Key, Stop> {
    let number = args.first().and_then(|key| key.parse().ok());
    number.map(Key::new).ok_or_else(|| Stop::failed("no key"))
}

fn writer(args: &[String]) -> Result<(), Stop> {
    let segment = Options::new(4096).create(key(args)?)?;
    let attachment = segment.attach()?;
    attachment.write(0, TEXT.as_bytes());
    attachment.detach()?;
    say("written");
    Ok(())
}

fn reader(args: &[String]) -> Result<(), Stop> {
    let mut text = [0; TEXT.len()];
    Segment::open(key(args)?, text.len())?.attach()?.read(0, &mut text);
    say(String::from_utf8_lossy(&text));
    Ok(())
}
