//! The words of an exchange as people read them.

use std::fmt;

use crate::role::RoleState;
use crate::written::{count, has_sleeper};

/// A role word: `0x80006184 (held by 24964)`.
pub(crate) struct RoleWord(pub(crate) u32);

impl fmt::Display for RoleWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(word) = *self;
        match RoleState::of(word) {
            RoleState::Vacant => write!(f, "{word:#x} (vacant)"),
            RoleState::Held(id) => write!(f, "{word:#x} (held by {id})"),
            RoleState::Died => write!(f, "{word:#x} (its holder died)"),
            RoleState::Abandoned(id) => write!(f, "{word:#x} (left half done by {id})"),
            RoleState::Closed => write!(f, "{word:#x} (closed)"),
        }
    }
}

/// A slot's `written`: `7`, or `7 with the sleep bit`.
pub(crate) struct SlotWord(pub(crate) u32);

impl fmt::Display for SlotWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(word) = *self;
        let bit = if has_sleeper(word) { " with the sleep bit" } else { "" };
        write!(f, "{}{bit}", count(word))
    }
}
