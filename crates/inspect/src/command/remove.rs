//! `remove`: IPC_RMID. It says what was in it, for that is lost.

use handoff_cli::{Exit, Failure};

use crate::args::SegmentArgs;
use crate::facts::segment::Segment;
use crate::print::{self, count, failure};
use crate::target::to_change;

pub(crate) fn run(args: &SegmentArgs) -> Result<Exit, Failure> {
    let found = to_change(args)?;
    let facts = Segment::of(&found.segment, &found.status);
    found.segment.remove().map_err(failure::of_sysv)?;
    let lost = facts.contents.exchange().filter(|exchange| exchange.unread_slots > 0);
    let lost = lost.map_or_else(String::new, |exchange| {
        let (bytes, slots) = (exchange.unread_bytes as u64, exchange.unread_slots as u64);
        format!("; {} in {} were unread", count(bytes, "byte"), count(slots, "slot"))
    });
    let when = match facts.attachments {
        0 => "removed".into(),
        times => {
            format!("marked for removal: goes with the last of {}", count(times, "attachment"))
        }
    };
    print::out(&format!("segment {}: {when}{lost}\n", facts.id))
}
