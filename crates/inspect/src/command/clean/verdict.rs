//! What is kept, and why: the first reason that there is.

use serde::Serialize;

use crate::facts::account::{Account, effective_user};
use crate::facts::exchange::{Contents, Exchange, Role, State};
use crate::facts::holders::Holders;
use crate::facts::named::Named;
use crate::facts::segment::Segment;
use crate::print::count;
use crate::print::exchange::{holders as names, line, unread};

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Removed,
    WouldBeRemoved,
    Kept,
    Failed,
}

/// That, and why.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) object: String,
    pub(crate) fate: Fate,
    pub(crate) why: String,
}

impl Verdict {
    pub(crate) fn line(&self) -> String {
        let fate = match self.fate {
            Fate::Removed => "removed",
            Fate::WouldBeRemoved => "would be removed",
            Fate::Kept => "kept",
            Fate::Failed => "NOT removed",
        };
        format!("{}: {fate}: {}\n", self.object, self.why)
    }
}

/// Why it goes; or, as an error, why it stays.
type Judged = Result<String, String>;

/// Of a System V segment.
pub(crate) fn on_segment(segment: &Segment, unread: bool) -> Judged {
    let exchange = exchange_in(&segment.contents)?;
    belongs_to_us(&segment.owner)?;
    if segment.removed {
        return Err("removed already: goes with the last detach".into());
    }
    if segment.attachments > 0 {
        return Err(format!("attached {}", count(segment.attachments, "time")));
    }
    is_done(exchange, unread).map(|what| format!("nobody is attached, {what}"))
}

/// Of a POSIX object or a file.
pub(crate) fn on_named(object: &Named, holders: &Holders, unread: bool) -> Judged {
    let exchange = exchange_in(&object.contents)?;
    belongs_to_us(&object.owner)?;
    if object.links > 1 {
        return Err(format!("known by {} names (hard links)", object.links));
    }
    if !object.holders.is_empty() {
        return Err(format!("in use by {}", names(&object.holders)));
    }
    // It may be shared with a container, whose processes are not to be seen from here.
    for (side, role) in [("writer", &exchange.writer), ("reader", &exchange.reader)] {
        if let Role { state: State::Held, tid: Some(tid), .. } = role {
            return Err(format!("thread {tid} is its {side}, says its word"));
        }
    }
    if holders.hidden > 0 {
        let hidden = count(holders.hidden as u64, "process");
        return Err(format!("{hidden} of ours cannot be looked into, and may have it"));
    }
    is_done(exchange, unread).map(|what| format!("nobody has it open, {what}"))
}

fn exchange_in(contents: &Contents) -> Result<&Exchange, String> {
    contents.exchange().ok_or_else(|| match contents {
        Contents::Blank { .. } => "all new: nobody has marked it as an exchange".into(),
        other => line(other),
    })
}

pub(crate) fn belongs_to_us(owner: &Account) -> Result<(), String> {
    match owner.id == effective_user() {
        true => Ok(()),
        false => Err(format!("belongs to {owner}")),
    }
}

fn is_done(exchange: &Exchange, lose_unread: bool) -> Judged {
    if let Some(fault) = exchange.faults.first() {
        return Err(format!("{fault}; if nobody needs it, remove it by hand"));
    }
    if !exchange.steady {
        return Err("it changes while we look".into());
    }
    match exchange.unread_slots {
        0 => Ok("nothing unread".into()),
        _ if lose_unread => Ok(format!("{}, which is lost", unread(exchange))),
        _ => Err(format!("{}: see --unread", unread(exchange))),
    }
}
