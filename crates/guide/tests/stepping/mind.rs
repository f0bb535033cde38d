//! What a program keeps in mind: it decides what comes next, and no look at the memory shows it.
//!
//! Two runs that meet in the same words go on alike only if the programs remember alike, so
//! this is part of the state. It is known from what the program has said, and from what was in
//! the memory when it last looked.

use crate::actor::Place;
use crate::memory::{ASLEEP, Cast, Memory, SLOTS};
use crate::state::LINES;
use crate::words::Side;

/// What a program has said of the other side last: each thing is told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Told {
    #[default]
    Nothing,
    /// It is this process.
    Is(u32),
    Died,
    /// It has left, or was never there.
    Gone,
    /// All slots are full, and nobody comes.
    Stuck,
    /// Somebody closes the exchange, and it waits for that.
    Closing,
}

/// One program's memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Mind {
    told: Told,
    /// It goes on with the stream of a writer that did not end it.
    broken: bool,
    /// What it has read last is the end of its input, or the line that says so.
    has_read_all: bool,
    /// It has its role for good, and is no newcomer any more.
    is_in: bool,
    /// How often a newcomer has tried to take its role, or who leaves has tried that.
    rounds: u8,
    /// Texts that it prints at once, and has not acknowledged yet.
    batch: usize,
    /// Slots of it on which the writer slept, and is to be woken.
    wakes_owed: usize,
    /// The sleep bit was there already when it last looked, and is to sleep.
    has_bit: bool,
    /// A role word as it was at the last look, if the next step depends on it.
    saw: Option<(Side, u32)>,
    /// What the reader's word was when a writer took it, to clear away.
    found: Option<u32>,
}

impl Mind {
    /// What it says on stderr, with process ids as they are.
    pub(crate) fn hears(&mut self, notices: &str) {
        for notice in notices.lines() {
            let is = |words: &str| notice.contains(words);
            self.broken |= is("going on behind what it handed over");
            if let Some((_, pid)) = notice.split_once(" is process ") {
                self.told = Told::Is(pid.trim().parse().expect("a process id"));
            } else if is("the reader died") || is("the writer died") {
                self.told = Told::Died;
            } else if is("the reader has left") || is("waiting for a writer") {
                self.told = Told::Gone;
            } else if is("every slot is full") {
                self.told = Told::Stuck;
            } else if is("waiting for the last reader") {
                self.told = Told::Closing;
            }
        }
    }

    /// It has come to a place, from another where the memory was as `before`.
    pub(crate) fn comes_to(
        &mut self,
        side: Side,
        (from, to): (Option<Place>, Place),
        [before, now]: [Option<&Memory>; 2],
    ) {
        if from == Some(Place::Before("Claim")) && self.is_in {
            self.found = self.saw.map(|(_, word)| word);
        }
        if from == Some(Place::Before("Read")) {
            self.has_read_all = before.is_some_and(|it| it.handed_over() + 1 >= LINES.len());
        }
        match to {
            Place::Before("Claim") if !self.is_in => self.rounds = (self.rounds + 1).min(2),
            Place::Before("Read" | "Output" | "SleepBit") => (self.is_in, self.rounds) = (true, 0),
            // Who has left may have to clear away after the other, and leave again.
            Place::Before("Leave") => self.rounds += 1,
            _ => {}
        }
        self.has_bit = to == Place::Before("SleepBit") && now.is_some_and(|it| has_bit(side, it));
        self.passes_on((from, to), [before, now]);
    }

    /// Prints a batch, acknowledges each of it, and wakes who has slept there, in this order.
    fn passes_on(&mut self, way: (Option<Place>, Place), [before, now]: [Option<&Memory>; 2]) {
        let (from, Place::Before(to)) = way else { return };
        if from == Some(Place::Before("Acknowledge")) {
            self.batch = self.batch.saturating_sub(1);
            self.wakes_owed += usize::from(before.is_some_and(|it| has_bit(Side::Reader, it)));
        } else if from == Some(Place::Before("AcknowledgeWake")) {
            self.wakes_owed = self.wakes_owed.saturating_sub(1);
        }
        match to {
            "Output" => self.batch = now.map_or(0, texts),
            "Acknowledge" | "AcknowledgeWake" => {}
            _ => (self.batch, self.wakes_owed) = (0, 0),
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

    /// The same with who is who in place of process ids; it saw this word.
    pub(crate) fn with(&mut self, saw: Option<(Side, u32)>, cast: &Cast) -> Self {
        self.saw = saw.map(|(side, word)| (side, cast.role(word)));
        let mut mind = self.clone();
        if let Told::Is(pid) = mind.told {
            mind.told = Told::Is(cast.role(pid));
        }
        mind
    }
}

/// Texts that wait, up to the end of the stream.
fn texts(memory: &Memory) -> usize {
    let next = memory.acknowledged();
    let slots = (next..next + SLOTS).map(|at| &memory.2[at % SLOTS]);
    slots.take_while(|slot| slot.0 & 1 == 1 && slot.1 > 0).count()
}

/// Whether the sleep bit is in the word that is next for this side.
fn has_bit(side: Side, memory: &Memory) -> bool {
    let next = match side {
        Side::Writer => memory.handed_over(),
        Side::Reader => memory.acknowledged(),
    };
    memory.2[next % SLOTS].0 & ASLEEP != 0
}
