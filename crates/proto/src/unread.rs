//! Text that lies in an exchange and that nobody has acknowledged.

use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::exchange::Exchange;
use crate::layout::TEXT_BYTES;
use crate::order::Pair::HandOver;
use crate::order::at;
use crate::written::is_full;

/// Text that nobody has acknowledged yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Slots that hold any.
    pub slots: usize,
    /// Bytes in them, as far as the lengths can be believed.
    pub bytes: usize,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let Self { slots, bytes } = *self;
        write!(f, "{bytes} byte{} in {slots} slot{}", plural(bytes), plural(slots))
    }
}

impl Unread {
    pub(crate) fn in_exchange(exchange: &Exchange) -> Self {
        (0..exchange.slots()).map(|index| exchange.slot(index)).fold(
            Self::default(),
            |sum, slot| {
                let full = is_full(slot.written.load(at(HandOver, Acquire)));
                match slot.len.load(Relaxed) as usize {
                    bytes @ 1.. if full => {
                        Self { slots: sum.slots + 1, bytes: sum.bytes + bytes.min(TEXT_BYTES) }
                    }
                    _ => sum,
                }
            },
        )
    }
}
