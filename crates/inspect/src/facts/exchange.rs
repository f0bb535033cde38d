//! What is in some memory: an exchange, something that may become one, or something else.

use handoff_proto::snapshot::{Glance, RoleWord, Snapshot, Unseen};
use handoff_proto::{RoleState, Side};
use serde::Serialize;

use super::process;

/// What is in an object.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Contents {
    /// It has our magic.
    Exchange(Exchange),
    /// It has an exchange's size and begins with zeroes: new, or somebody else's.
    Blank {
        /// As many slots would fit.
        slots: usize,
    },
    /// It is something else.
    Other {
        /// By which we know.
        why: String,
    },
    /// It was not looked at.
    Unreadable {
        /// What kept us from it.
        why: String,
    },
}

/// An exchange in short.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Exchange {
    pub(crate) slots: usize,
    pub(crate) writer: Role,
    pub(crate) reader: Role,
    pub(crate) unread_bytes: usize,
    pub(crate) unread_slots: usize,
    /// Slots in which nothing but the end of a stream waits.
    pub(crate) ends: usize,
    /// The slot of the next text, and of the next to be read.
    pub(crate) next_to_write: Option<usize>,
    pub(crate) next_to_read: Option<usize>,
    /// Whether all words are of the same moment; else they change too fast.
    pub(crate) steady: bool,
    /// What no honest pair leaves behind.
    pub(crate) faults: Vec<String>,
}

/// A role word in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Role {
    pub(crate) word: u32,
    pub(crate) state: State,
    /// The holder's thread id, or that of who left something half done, as counted in its own
    /// PID namespace.
    pub(crate) tid: Option<u32>,
    /// What the thread of that id is called here, if there is one.
    pub(crate) process: Option<String>,
    /// Whether the kernel wakes somebody when the holder dies.
    pub(crate) wakes: bool,
}

/// What a role word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Vacant,
    Held,
    Died,
    Abandoned,
    Closed,
}

impl Role {
    pub(crate) fn of(word: RoleWord) -> Self {
        let (state, tid) = match word.state() {
            RoleState::Vacant => (State::Vacant, None),
            RoleState::Held(tid) => (State::Held, Some(tid)),
            RoleState::Died => (State::Died, None),
            RoleState::Abandoned(tid) => (State::Abandoned, Some(tid)),
            RoleState::Closed => (State::Closed, None),
        };
        let holder = tid.filter(|_| state == State::Held);
        let process = holder.and_then(process::name);
        Self { word: word.bits(), state, tid, process, wakes: word.wants_wake() }
    }
}

impl Contents {
    /// Looks.
    pub(crate) fn of(memory: &dyn Glance) -> Self {
        match Snapshot::take(memory) {
            Ok(seen) => Self::Exchange(Exchange::of(&seen)),
            Err(Unseen::Blank { slots }) => Self::Blank { slots },
            Err(Unseen::NotAnExchange(error)) => Self::Other { why: error.to_string() },
            Err(gone @ Unseen::Gone { .. }) => Self::Unreadable { why: gone.to_string() },
        }
    }

    /// The exchange, if there is one.
    pub(crate) fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Exchange(exchange) => Some(exchange),
            Self::Blank { .. } | Self::Other { .. } | Self::Unreadable { .. } => None,
        }
    }
}

impl Exchange {
    pub(crate) fn of(seen: &Snapshot) -> Self {
        let unread = seen.unread();
        let next = |side| seen.next(side).ok().map(|position| position.slot());
        Self {
            slots: seen.slots().len(),
            writer: Role::of(seen.role(Side::Writer)),
            reader: Role::of(seen.role(Side::Reader)),
            unread_bytes: unread.bytes,
            unread_slots: unread.slots,
            ends: seen.slots().iter().filter(|slot| slot.is_end()).count(),
            next_to_write: next(Side::Writer),
            next_to_read: next(Side::Reader),
            steady: seen.is_steady(),
            faults: seen.faults().iter().map(ToString::to_string).collect(),
        }
    }
}
