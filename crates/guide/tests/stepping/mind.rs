//! What a program keeps in mind: it decides what comes next, and no look at the memory shows it.
//!
//! Two runs that meet in the same words go on alike only if the programs remember alike, so
//! this is part of the state. It is known from what the program has said, and from what was in
//! the memory when it last looked.

use crate::actor::Place;
use crate::memory::{ASLEEP, Memory, SLOTS};
use crate::words::Side;

/// One program's memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Mind {
    /// What it has said of those before it.
    before_us: Vec<String>,
    /// What it has said last: each thing is told once.
    last: String,
    /// It has its role for good, and is no newcomer any more.
    is_in: bool,
    /// How often a newcomer has asked for the segment: first, or again.
    rounds: u8,
    /// Texts that it prints at once, and has not acknowledged yet.
    batch: usize,
    /// It will wake the writer when the batch is acknowledged.
    owes_wake: bool,
    /// A role word as it was at the last look, if the next step depends on it.
    pub(crate) saw: Option<u32>,
}

impl Mind {
    /// What it says on stderr.
    pub(crate) fn hears(&mut self, notices: &str) {
        for notice in notices.lines() {
            let (_, text) = notice.split_once(": ").unwrap_or(("", notice));
            if text.starts_with("the last ") {
                self.before_us.push(notice.to_owned());
            }
            notice.clone_into(&mut self.last);
        }
    }

    /// It has come to a place, from another where the memory was as `before`.
    pub(crate) fn comes_to(
        &mut self,
        (from, to): (Option<Place>, Place),
        before: Option<&Memory>,
        now: Option<&Memory>,
    ) {
        match to {
            Place::Before("Create") if !self.is_in => self.rounds = (self.rounds + 1).min(2),
            Place::Before("Read" | "Output" | "SleepBit") => (self.is_in, self.rounds) = (true, 0),
            _ => {}
        }
        let acknowledged = from == Some(Place::Before("Acknowledge"));
        if acknowledged && to == from.expect("just compared") {
            self.batch = self.batch.saturating_sub(1);
            self.owes_wake |= before.is_some_and(has_sleeping_writer);
        } else if to == Place::Before("Output") {
            self.batch = now.map_or(0, texts);
        } else if to != Place::Before("Acknowledge") {
            (self.batch, self.owes_wake) = (0, false);
        }
    }

    /// The role word that it has looked at, coming here, and whose value its next step expects.
    pub(crate) fn looks_at(&self, side: Side, place: Place, memory: &Memory) -> Option<Side> {
        let Place::Before(step) = place else { return None };
        match step {
            "Claim" if self.is_in || memory.is_closed() => Some(Side::Reader),
            "Claim" => Some(side),
            "SleepBit" => Some(side.peer()),
            "WaitForWriter" | "Close" | "Reopen" => Some(Side::Writer),
            "WaitForReader" => Some(Side::Reader),
            _ => None,
        }
    }
}

/// Texts that wait, up to the end of the stream.
fn texts(memory: &Memory) -> usize {
    let next = memory.acknowledged();
    let slots = (next..next + SLOTS).map(|at| &memory.2[at % SLOTS]);
    slots.take_while(|slot| slot.0 & 1 == 1 && slot.1 > 0).count()
}

fn has_sleeping_writer(memory: &Memory) -> bool {
    memory.2[memory.acknowledged() % SLOTS].0 & ASLEEP != 0
}
