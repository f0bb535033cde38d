//! `show`: one object, every field explained, and the exchange in it decoded.

use std::fs;
use std::io;
use std::time::SystemTime;

use handoff_cli::{Exit, Failure};
use handoff_proto::TEXT_BYTES;
use handoff_proto::snapshot::{Glance, Snapshot};
use serde::Serialize;

use crate::args::{Number, ShowArgs};
use crate::facts::exchange::{Contents, Exchange};
use crate::facts::holders::Holders;
use crate::facts::memory::{self, Read};
use crate::facts::named::{self, Named};
use crate::facts::nameless;
use crate::facts::seconds;
use crate::facts::segment::Segment;
use crate::facts::slot::{self, Extent, Slot};
use crate::print::{self, failure, hex};
use crate::target::{self, Found, Place};

/// What is shown, as JSON: the object's facts, and what is in it.
#[derive(Debug, Serialize)]
struct Shown<F: Serialize> {
    #[serde(flatten)]
    facts: F,
    slots: Vec<Slot>,
    /// The first bytes of what is no exchange, in hex.
    #[serde(skip_serializing_if = "String::is_empty")]
    first_bytes: String,
}

/// What is in some memory, in full.
#[derive(Debug)]
struct Inside {
    contents: Contents,
    slots: Vec<Slot>,
    /// Of what is no exchange.
    first: Vec<u8>,
}

/// Bytes of a text, or of what is no exchange, that are shown if nobody asks for all.
const FIRST: usize = 32;
const FIRST_OF_OTHERS: usize = 256;
/// And if somebody does: the rest may be terabytes that nobody has ever touched.
const MOST_OF_OTHERS: usize = 1 << 16;

pub(crate) fn run(args: &ShowArgs) -> Result<Exit, Failure> {
    match Place::of(&args.object) {
        Place::Number(number) => {
            let found = target::find(number).map_err(failure::of_sysv)?;
            segment(args, &found.ok_or_else(|| no_segment(number))?)
        }
        place @ Place::Id(id) => {
            let found = target::find_by_id(id).map_err(failure::of_sysv)?;
            segment(args, &found.ok_or_else(|| failure::missing(&place.to_string()))?)
        }
        place @ Place::Path { .. } => named(args, &place),
        place @ Place::Socket { .. } => nameless(args, &place),
    }
}

fn no_segment(number: Number) -> Failure {
    match number {
        Number::Key(key) => failure::missing(&format!("segment with key or id {key}")),
        Number::Zero => failure::missing("segment with id 0"),
    }
}

fn segment(args: &ShowArgs, found: &Found) -> Result<Exit, Failure> {
    let inside = match memory::attach(&found.segment, &found.status) {
        Ok(memory) => look_inside(&memory, args),
        Err(error) => unreadable(error.to_string()),
    };
    let mut facts = Segment::with(&found.status, inside.contents.clone());
    facts.holders = Some(Holders::scan().of_segment(found.status.id));
    let by_id = match found.by_id {
        true => " (no segment has this key: taken for an id)",
        false => "",
    };
    let head = format!("System V segment {}{by_id}", facts.id);
    let fields = print::segment::fields(&facts, seconds(SystemTime::now()));
    finish(args, facts, &head, &fields, inside)
}

fn named(args: &ShowArgs, place: &Place) -> Result<Exit, Failure> {
    let Place::Path { path, key, .. } = place else { unreachable!("asked for a path") };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => failure::missing(&place.to_string()),
        _ => Failure::of(format!("cannot look at {place}"), error),
    };
    fs::symlink_metadata(path).map_err(failed)?;
    let facts = Named::at(path, key.map(named::number), &Holders::scan()).map_err(failed)?;
    let inside = match Read::open(path) {
        Ok(memory) => look_inside(&memory, args),
        Err(error) => unreadable(error.to_string()),
    };
    let fields = print::object::named(&facts, seconds(SystemTime::now()));
    finish(args, facts, &place.to_string(), &fields, inside)
}

fn nameless(args: &ShowArgs, place: &Place) -> Result<Exit, Failure> {
    let Place::Socket { key, .. } = place else { unreachable!("asked for a socket") };
    let facts = nameless::at_socket(*key).ok_or_else(|| {
        Failure::from_error(format!("no process that can be seen has a {place}")).advise(
            "it is there only while writer or reader is, and only their user and root can see it",
        )
    })?;
    let inside = match Read::open_held(&facts.link) {
        Ok(memory) => look_inside(&memory, args),
        Err(error) => unreadable(error.to_string()),
    };
    let fields = print::object::nameless(&facts);
    finish(args, facts, &place.to_string(), &fields, inside)
}

fn unreadable(why: String) -> Inside {
    Inside { contents: Contents::Unreadable { why }, slots: Vec::new(), first: Vec::new() }
}

fn look_inside(memory: &dyn Glance, args: &ShowArgs) -> Inside {
    let most = if args.all { TEXT_BYTES } else { FIRST };
    match Snapshot::take(memory) {
        Ok(seen) => Inside {
            contents: Contents::Exchange(Exchange::of(&seen)),
            slots: slot::all(memory, &seen, Extent { most, old: args.all }),
            first: Vec::new(),
        },
        Err(_) => {
            let most = if args.all { MOST_OF_OTHERS } else { FIRST_OF_OTHERS };
            let mut first = vec![0; memory.size().min(most)];
            if !memory.copy(0, &mut first) {
                first.clear();
            }
            Inside { contents: Contents::of(memory), slots: Vec::new(), first }
        }
    }
}

fn finish<F: Serialize>(
    args: &ShowArgs,
    facts: F,
    head: &str,
    fields: &str,
    inside: Inside,
) -> Result<Exit, Failure> {
    let Inside { contents, slots, first } = inside;
    if args.json {
        let first_bytes = first.iter().map(|byte| format!("{byte:02x}")).collect();
        return print::json(&Shown { facts, slots, first_bytes });
    }
    let decoded = match &contents {
        Contents::Exchange(exchange) => format!(
            "the exchange\n{}\nthe slots\n{}",
            print::exchange::header(exchange),
            print::exchange::slots(&slots)
        ),
        other => print::segment::not_decoded(other) + &hex::dump("  ", &first),
    };
    print::out(&format!("{head}\n{fields}\n{decoded}"))
}
