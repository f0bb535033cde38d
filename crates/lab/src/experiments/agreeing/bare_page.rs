//! Claim 23: a sender and a receiver on a bare page, and one look a second.
//!
//! Nobody sleeps here: two peers write and look when they are told to, in the order in which
//! the clock would have had them do it.

use std::fmt::Write;
use std::io;

use handoff_shm::sysv::{Attachment, Options, Segment};

use super::pair;
use crate::support::{self, Guarded, Peer, say, unseen};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Milliseconds between two looks, and when the first one is.
const LOOK_EVERY: u32 = 1000;
const FIRST_LOOK: u32 = 1050;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "bare-page",
    claim: 23,
    says: "a receiver that looks once a second gets what the sender writes into the page",
    expect: Expect::False,
    remember: "a page is no queue: what is written twice between two looks is lost, what is \
        looked at twice is read twice, and neither side can tell",
    run: |report| unseen(|| run(report)),
    roles: &[("sender", sender), ("receiver", receiver)],
};

/// What became of the lines.
#[derive(Default)]
struct Count {
    lost: u32,
    again: u32,
}

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let quick = play(report, 6, 400)?;
    let slow = play(report, 3, 2500)?;
    report.part("every line is seen", quick.lost == 0 && slow.lost == 0);
    report.part("no line is seen twice", quick.again == 0 && slow.again == 0);

    let all: String = (1..=6).map(|line| format!("line {line}\n")).collect();
    pair::ours(report, &all)?;
    report.verdict()
}

/// So many lines, one every so many milliseconds, and looks until the last one is seen.
fn play(report: &mut Report, lines: u32, write_every: u32) -> Result<Count, Stop> {
    let (key, page_size) = (support::fresh_key()?, support::page_size()?);
    let segment = unseen(|| Options::new(page_size).create(key)).map(Guarded::new)?;
    let id = [segment.id().to_string()];
    let mut sender = Peer::start(EXPERIMENT.name, "sender", &id)?;
    let mut receiver = Peer::start(EXPERIMENT.name, "receiver", &id)?;
    report.does(format_args!("a line every {write_every} ms, a look every {LOOK_EVERY} ms:"));

    let (mut written, mut look) = (0, FIRST_LOOK);
    let mut looks = vec![0; lines as usize + 1];
    let mut timeline = String::new();
    while looks[lines as usize] == 0 {
        // Whichever comes first.
        if written < lines && (written + 1) * write_every < look {
            sender.go()?;
            timeline.push_str(&sender.hears()?);
            written += 1;
        } else {
            receiver.go()?;
            let seen: u32 = receiver.hears()?.parse()?;
            write!(timeline, "[sees {seen}]")?;
            looks[seen as usize] += 1;
            look += LOOK_EVERY;
        }
        timeline.push(' ');
    }
    report.saw(timeline.trim_end());
    let lost = looks[1..].iter().filter(|&&looks| looks == 0).count();
    let again = looks[1..].iter().map(|&looks: &u32| looks.saturating_sub(1)).sum();
    let count = Count { lost: u32::try_from(lost)?, again };
    report.saw(format_args!(
        "{lines} lines written; {} never seen, {} seen again as if they were new",
        count.lost, count.again
    ));
    Ok(count)
}

fn page(args: &[String]) -> Result<Attachment, Stop> {
    let [id] = args else { return Err(Stop::failed("a segment's id is needed")) };
    let segment = Segment::from_id(id.parse()?);
    Ok(unseen(|| segment.attach())?)
}

/// Waits until we may go on; false if there is nobody to tell us any more.
fn is_told() -> bool {
    io::stdin().read_line(&mut String::new()).is_ok_and(|length| length > 0)
}

/// Writes the next line whenever it is told to, and says which.
fn sender(args: &[String]) -> Result<(), Stop> {
    let page = page(args)?;
    for line in (1..).take_while(|_| is_told()) {
        page.write(0, format!("line {line}\n\0").as_bytes());
        say(line);
    }
    Ok(())
}

/// Looks whenever it is told to, and says the number of the line it sees: 0 for none.
fn receiver(args: &[String]) -> Result<(), Stop> {
    let page = page(args)?;
    while is_told() {
        let mut text = [0; 16];
        page.read(0, &mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let line = text.strip_prefix("line ").and_then(|rest| rest.split('\n').next());
        say(line.unwrap_or("0"));
    }
    Ok(())
}
