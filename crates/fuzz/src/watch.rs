//! When a wait has something to say at once: the same rule as the waiting side's, stated from
//! outside.

use handoff_proto::position::Position;
use handoff_proto::{Exchange, RoleState, Side};

use crate::memory::Memory;

/// What the waiting side knows.
pub(crate) struct Watch {
    pub(crate) position: Position,
    pub(crate) peer: Side,
    /// What it was last told of its peer.
    pub(crate) told: Option<RoleState>,
    /// It was interrupted before it began, and so never sleeps.
    pub(crate) interrupted: bool,
}

impl Watch {
    /// Whether a wait for a word that is not `not_yet` any more would return without sleep.
    pub(crate) fn says_something(
        &self,
        not_yet: u32,
        memory: &Memory,
        exchange: &Exchange,
    ) -> bool {
        self.interrupted
            || memory.written(self.position.slot()) & 0x7fff_ffff != not_yet
            || self.told != Some(exchange.role(self.peer))
    }

    pub(crate) fn advance(&mut self, slots: usize) {
        for _ in 0..slots {
            self.position = self.position.plus(1);
        }
    }
}
