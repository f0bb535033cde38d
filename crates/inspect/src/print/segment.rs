//! One System V segment, every field of it in words.

use crate::facts::account::Account;
use crate::facts::exchange::Contents;
use crate::facts::segment::Segment;

use super::time::moment;
use super::{count, exchange};

/// "rw-r-----".
pub(crate) fn permissions(mode: u32) -> String {
    let bit = |at: u32, letter| if mode >> at & 1 == 1 { letter } else { '-' };
    [(2, 1), (1, 0), (0, 0)]
        .into_iter()
        .flat_map(|(class, _)| {
            [bit(class * 3 + 2, 'r'), bit(class * 3 + 1, 'w'), bit(class * 3, 'x')]
        })
        .collect()
}

pub(crate) fn account(account: &Account) -> String {
    match &account.name {
        Some(name) => format!("{name} ({})", account.id),
        None => format!("{} (no name)", account.id),
    }
}

/// "locked, removed", or nothing.
pub(crate) fn status(segment: &Segment) -> String {
    let words = [(segment.removed, "dest"), (segment.locked, "locked")];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

/// Name, value, meaning.
type Field = (&'static str, String, &'static str);

/// All fields of shmid_ds(3type).
pub(crate) fn fields(segment: &Segment, now: u64) -> String {
    let mut lines = String::new();
    for (name, value, meaning) in identity(segment).into_iter().chain(history(segment, now)) {
        lines.push_str(format!("  {name:<12} {value:<34} {meaning}").trim_end());
        lines.push('\n');
    }
    lines
}

fn identity(segment: &Segment) -> Vec<Field> {
    let Segment { key, key_hex, id, bytes, mode, .. } = segment;
    let key = match key {
        0 => ("0 (IPC_PRIVATE)".into(), "none: found by its id alone"),
        key => (format!("{key_hex} ({key})"), "by which processes find it: shmget(2)"),
    };
    let pages = bytes.div_ceil(4096);
    let mode = format!("{mode:04o} {}", permissions(*mode));
    let owners = (account(&segment.owner), account(&segment.owner_group));
    let creators = (account(&segment.creator), account(&segment.creator_group));
    let status = match &*status(segment) {
        "" => "-".to_owned(),
        words => words.to_owned(),
    };
    vec![
        ("key", key.0, key.1),
        ("id", id.to_string(), "what shmget(2) gave; as long as it is there"),
        (
            "size",
            count(*bytes as u64, "byte"),
            if pages == 1 {
                "exactly as asked for; one page in memory"
            } else {
                "exactly as asked for; whole pages in memory"
            },
        ),
        ("owner", owners.0, "may use it as mode says, change and remove it"),
        ("group", owners.1, "whose members may use it as mode says"),
        ("creator", creators.0, "who made it; may change and remove it, too"),
        ("its group", creators.1, "counts as the owner's group does"),
        ("mode", mode, "read and write, for owner, group, others; x means nothing"),
        ("status", status, meaning_of_status(segment)),
    ]
}

fn meaning_of_status(segment: &Segment) -> &'static str {
    match (segment.removed, segment.locked) {
        (true, false) => "marked for removal (SHM_DEST): goes with the last detach",
        (false, true) => "in memory for good (SHM_LOCKED): never swapped out",
        (true, true) => "goes with the last detach (SHM_DEST); never swapped out (SHM_LOCKED)",
        (false, false) => "neither marked for removal nor locked",
    }
}

fn history(segment: &Segment, now: u64) -> Vec<Field> {
    let moment_or_never = |at: Option<u64>| at.map_or("never".into(), |at| moment(at, now));
    let mut fields = vec![
        (
            "attached",
            segment.attachments.to_string(),
            "times, by all processes; a fork inherits it",
        ),
        ("made by", format!("process {}", segment.creator_pid), "may be gone long since"),
        ("last used by", format!("process {}", segment.last_pid), "the last to attach or detach"),
        ("attached at", moment_or_never(segment.attached_at), ""),
        ("detached at", moment_or_never(segment.detached_at), ""),
        ("changed at", moment(segment.changed_at, now), "made, or owner or mode changed"),
    ];
    if let Some(holders) = &segment.holders {
        fields.insert(1, ("by", exchange::holders(holders), ""));
    }
    fields
}

/// Why what is in it is not decoded.
pub(crate) fn not_decoded(contents: &Contents) -> String {
    match contents {
        Contents::Exchange(_) => String::new(),
        Contents::Blank { .. } => format!("it begins with zeroes: {}\n", exchange::line(contents)),
        Contents::Other { why } => format!("no exchange: {why}\n"),
        Contents::Unreadable { why } => format!("contents unknown: {why}\n"),
    }
}
