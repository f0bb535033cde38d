//! The exchange in some memory: in a line, and slot by slot.

use handoff_proto::TEXT_BYTES;

use crate::facts::exchange::{Contents, Exchange, Role, State};
use crate::facts::slot::{self, Slot};
use crate::facts::{holders::Holder, process};

use super::visible::visible;
use super::{count, hex};

/// What is in an object, in a line.
pub(crate) fn line(contents: &Contents) -> String {
    match contents {
        Contents::Exchange(exchange) => exchange_line(exchange),
        Contents::Blank { slots } => {
            format!("all new: {} would fit", count(*slots as u64, "slot"))
        }
        Contents::Other { why } => why.clone(),
        Contents::Unreadable { why } => format!("contents unknown: {why}"),
    }
}

fn exchange_line(exchange: &Exchange) -> String {
    let mut line = format!(
        "exchange: {}, {}, {}, {}",
        count(exchange.slots as u64, "slot"),
        role_in_short("writer", &exchange.writer),
        role_in_short("reader", &exchange.reader),
        unread(exchange),
    );
    if !exchange.faults.is_empty() {
        line.push_str(", CORRUPT");
    }
    line
}

/// "10 bytes unread", "nothing unread".
pub(crate) fn unread(exchange: &Exchange) -> String {
    let ends = match exchange.ends {
        0 => String::new(),
        ends => {
            format!(" and {}", count(ends as u64, "end of a stream").replace("streams", "stream"))
        }
    };
    match (exchange.unread_slots, exchange.ends) {
        (0, 0) => "nothing unread".into(),
        (0, _) => format!("nothing unread but {}", ends.trim_start_matches(" and ")),
        (slots, _) => format!(
            "{} unread in {}{ends}",
            count(exchange.unread_bytes as u64, "byte"),
            count(slots as u64, "slot")
        ),
    }
}

fn role_in_short(side: &str, role: &Role) -> String {
    let tid = role.tid.unwrap_or_default();
    match role.state {
        State::Vacant => format!("no {side}"),
        State::Held => format!("{side} {tid}"),
        State::Died => format!("{side} died"),
        State::Abandoned => format!("{side} {tid} gave up"),
        State::Closed => format!("{side} closed"),
    }
}

/// A role word in words.
pub(crate) fn role(role: &Role) -> String {
    let tid = role.tid.unwrap_or_default();
    let name = || match &role.process {
        Some(name) => format!(" ({})", visible(name.as_bytes())),
        None => " (no such thread here: of another PID namespace, or forged)".into(),
    };
    match role.state {
        State::Vacant => "nobody".into(),
        State::Held => format!("thread {tid}{}", name()),
        State::Died => "nobody: the last one died".into(),
        State::Abandoned => {
            format!("nobody: the last one, thread {tid}, left something half done")
        }
        State::Closed => "closed: nobody will come in here any more".into(),
    }
}

/// "; asleep until ...", for a holder that can be seen.
fn doing(role: &Role) -> String {
    let holder = role.tid.filter(|_| role.state == State::Held && role.process.is_some());
    holder.and_then(process::doing).map_or_else(String::new, |doing| format!("; {doing}"))
}

/// "process 17 (writer), process 18 (reader)".
pub(crate) fn holders(holders: &[Holder]) -> String {
    let one = |holder: &Holder| format!("{} ({})", holder.pid, visible(holder.name.as_bytes()));
    let all: Vec<_> = holders.iter().map(one).collect();
    if all.is_empty() { "no process that can be seen".into() } else { all.join(", ") }
}

/// The header, field by field.
pub(crate) fn header(exchange: &Exchange) -> String {
    let word = |role: &Role| format!("{:#010x}", role.word);
    let slot = |slot: Option<usize>| slot.map_or("?".into(), |slot| slot.to_string());
    let wakes = |role: &Role| match (role.state, role.wakes) {
        (State::Held, false) => "; should it die, the kernel wakes nobody: no FUTEX_WAITERS",
        _ => "",
    };
    let sense = match (&exchange.faults[..], exchange.steady) {
        ([], true) => "all words fit together".into(),
        ([], false) => {
            "it changes faster than it can be looked at: words of different moments".into()
        }
        (faults, _) => faults.join("; "),
    };
    [
        ("magic", "\"handoff\", version 1".into()),
        ("slots", format!("{} of {TEXT_BYTES} bytes of text", exchange.slots)),
        ("writer", writer_and_reader(&exchange.writer, &word, &wakes)),
        ("reader", writer_and_reader(&exchange.reader, &word, &wakes)),
        ("text", unread(exchange)),
        (
            "next",
            format!(
                "text goes into slot {}, and is read from slot {}",
                slot(exchange.next_to_write),
                slot(exchange.next_to_read)
            ),
        ),
        ("sense", sense),
    ]
    .map(|(name, value): (&str, String)| format!("  {name:<8} {value}\n"))
    .concat()
}

fn writer_and_reader(
    of: &Role,
    word: &impl Fn(&Role) -> String,
    wakes: &impl Fn(&Role) -> &'static str,
) -> String {
    format!("{}  {}{}{}", word(of), role(of), doing(of), wakes(of))
}

/// Every slot: those with text with a dump of it, equal ones in one line.
pub(crate) fn slots(slots: &[Slot]) -> String {
    let mut lines = String::new();
    let mut rest = slots;
    while let Some(first) = rest.first() {
        let is_like = |slot: &&Slot| {
            slot.text.is_empty()
                && (slot.word, slot.length, &slot.text) == (first.word, first.length, &first.text)
        };
        let alike = rest.iter().take_while(is_like).count().max(1);
        lines.push_str(&slot_line(first, &rest[alike - 1]));
        lines.push_str(&hex::dump("      ", &first.text));
        let shown = first.text.len();
        let believed = (first.length as usize).min(TEXT_BYTES);
        if shown > 0 && shown < believed {
            lines.push_str(&format!(
                "      and {} more: see --all\n",
                count((believed - shown) as u64, "byte")
            ));
        }
        rest = &rest[alike..];
    }
    lines
}

fn slot_line(first: &Slot, last: &Slot) -> String {
    let which = match (first.slot, last.slot) {
        (one, same) if one == same => format!("slot {one}"),
        (from, to) => format!("slots {from} to {to}"),
    };
    let state = match first.state {
        slot::State::Free if first.length > 0 => {
            format!("free; the last text, {}, was read", count(first.length, "byte"))
        }
        slot::State::Free => "free".into(),
        slot::State::Text => format!("text waits: {}", count(first.length, "byte")),
        slot::State::End => "the end of a stream waits".into(),
    };
    let lie = match first.length as usize > TEXT_BYTES {
        true => ", which is more than fits: not believed",
        false => "",
    };
    let sleeper = first.sleeper.as_ref();
    let sleeper = sleeper.map_or_else(String::new, |side| format!("; the {side} sleeps on it"));
    let Slot { word, lap, .. } = first;
    format!("  {which:<14} {word:#010x}  lap {lap:<4} {state}{lie}{sleeper}\n")
}
