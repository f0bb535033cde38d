//! What the screen shows: the last look, what changed since the one before, and how fast.

use std::ops::Range;
use std::time::{Duration, Instant};

use handoff_proto::snapshot::{SlotWords, Snapshot};
use handoff_proto::{RoleState, Side};

use crate::facts::process;

use super::pace::Pace;
use super::source::{Inside, Look, Seen};

/// How long a change stays marked.
const MARKED: Duration = Duration::from_millis(500);

/// What there is to see.
#[derive(Debug)]
pub(crate) enum State {
    /// No object yet.
    Waiting,
    /// It cannot be looked at.
    Denied(String),
    /// It is there.
    There,
    /// It is gone; what was seen last is still shown.
    Gone,
}

/// What happened to a word, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change(Option<Instant>);

impl Change {
    pub(crate) fn is_marked(self, now: Instant) -> bool {
        self.0.is_some_and(|at| now.saturating_duration_since(at) < MARKED)
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Model {
    /// What is watched.
    pub(crate) place: String,
    pub(crate) state: State,
    pub(crate) seen: Option<Seen>,
    pub(crate) pace: Pace,
    /// When each slot changed, and the writer's and the reader's word.
    pub(crate) slot_changes: Vec<Change>,
    pub(crate) role_changes: [Change; 2],
    /// What the holders are doing.
    pub(crate) doing: [String; 2],
    /// The first slot on the screen, and how many there is room for.
    pub(crate) top: usize,
    pub(crate) room: usize,
    pub(crate) now: Instant,
}

/// Both, in the order of the header.
pub(crate) const SIDES: [Side; 2] = [Side::Writer, Side::Reader];

impl Model {
    pub(crate) fn new(place: String) -> Self {
        Self {
            place,
            state: State::Waiting,
            seen: None,
            pace: Pace::default(),
            slot_changes: Vec::new(),
            role_changes: [Change::default(); 2],
            doing: [String::new(), String::new()],
            top: 0,
            room: 0,
            now: Instant::now(),
        }
    }

    /// The slots on the screen.
    pub(crate) fn visible(&self) -> Range<usize> {
        self.top..self.top + self.room
    }

    /// Takes a look in.
    pub(crate) fn take(&mut self, look: Look, now: Instant) {
        self.now = now;
        match look {
            Look::Seen(seen) => self.see(*seen),
            Look::Removed => self.state = State::Gone,
            Look::Nothing if self.seen.is_some() => self.state = State::Gone,
            Look::Nothing => self.state = State::Waiting,
            Look::Denied(why) => self.state = State::Denied(why),
        }
        self.pace.tick(now);
    }

    fn see(&mut self, seen: Seen) {
        self.state = State::There;
        let before = self.seen.take().filter(|_| !seen.is_new);
        if seen.is_new {
            self.pace = Pace::default();
            self.slot_changes.clear();
            self.role_changes = [Change::default(); 2];
        }
        if let Inside::Exchange { words, .. } = &seen.inside {
            let before = before.as_ref().and_then(|seen| words_of(seen));
            self.compare(before, words);
            self.doing = SIDES.map(|side| doing(words, side));
        }
        self.seen = Some(seen);
        self.scroll(0);
    }

    fn compare(&mut self, before: Option<&Snapshot>, words: &Snapshot) {
        self.slot_changes.resize(words.slots().len(), Change::default());
        let Some(before) = before.filter(|it| it.slots().len() == words.slots().len()) else {
            return;
        };
        let changed = Change(Some(self.now));
        let slots = before.slots().iter().zip(words.slots()).zip(&mut self.slot_changes);
        for ((before, now), change) in slots {
            if before != now {
                *change = changed;
            }
        }
        for (side, change) in SIDES.into_iter().zip(&mut self.role_changes) {
            if before.role(side) != words.role(side) {
                *change = changed;
            }
        }
        self.pace.count(before.slots(), words.slots());
    }

    /// The exchange as it was seen last.
    pub(crate) fn words(&self) -> Option<&Snapshot> {
        self.seen.as_ref().and_then(|seen| words_of(seen))
    }

    /// Moves the slots on the screen, as far as there are any.
    pub(crate) fn scroll(&mut self, by: isize) {
        let slots = self.words().map_or(0, |words| words.slots().len());
        let last = slots.saturating_sub(self.room);
        self.top = self.top.saturating_add_signed(by).min(last);
    }
}

fn words_of(seen: &Seen) -> Option<&Snapshot> {
    match &seen.inside {
        Inside::Exchange { words, .. } => Some(words),
        Inside::Other { .. } => None,
    }
}

/// What a role's holder is doing, and on which words it sleeps.
fn doing(words: &Snapshot, side: Side) -> String {
    let state = words.role(side).state();
    let RoleState::Held(tid) = state else { return said(state) };
    let name = process::name(tid);
    let Some(doing) = process::doing(tid) else {
        return format!("{tid}, no thread here: of another PID namespace, or forged");
    };
    let name = crate::print::visible::visible(name.unwrap_or_default().as_bytes());
    let on = match doing {
        process::ASLEEP_IN_FUTEX => on_what(words.slots(), side),
        _ => String::new(),
    };
    format!("{tid} ({name}): {doing}{on}")
}

fn said(state: RoleState) -> String {
    match state {
        RoleState::Held(_) | RoleState::Vacant => "nobody".into(),
        RoleState::Died => "nobody: the last one died".into(),
        RoleState::Abandoned(tid) => format!("nobody: thread {tid} left something half done"),
        RoleState::Closed => "closed".into(),
    }
}

/// Where its sleep bit is set. Who sleeps on a slot sleeps on the peer's role word as well.
fn on_what(slots: &[SlotWords], side: Side) -> String {
    let mut on = slots.iter().enumerate().filter(|(_, slot)| slot.sleeper() == Some(side));
    match on.next() {
        Some((slot, _)) => format!(" on slot {slot}, {}'s word", side.peer()),
        None => String::new(),
    }
}
