//! The writer's word in the hands of a reader that closes the exchange: kept from writers,
//! and given back.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::exchange::Exchange;
use crate::order::Pair::LetGo;
use crate::order::at;
use crate::role::{CLOSED, OWNER_DIED, RoleState, Side, VACANT, changing};
use crate::step::{Step, step_with};

/// Takes the writer's word over, so that no writer can come: the reader's to do.
/// Or finds that another reader, dead since, had done it.
pub(crate) fn close_writer(exchange: &Exchange) -> Result<(), RoleState> {
    let word = exchange.role_word(Side::Writer);
    let mut current = word.load(at(LetGo, Acquire));
    loop {
        match RoleState::of(current) {
            RoleState::Closed => return Ok(()),
            held @ RoleState::Held(_) => return Err(held),
            RoleState::Vacant | RoleState::Died | RoleState::Abandoned(_) => {}
        }
        let closed = CLOSED | current & OWNER_DIED;
        step_with(Step::Close, || changing(Side::Writer, current, closed));
        match word.compare_exchange(current, closed, at(LetGo, Acquire), at(LetGo, Acquire)) {
            Ok(_) => {
                log::debug!("writer's role: {:?} -> closed", RoleState::of(current));
                return Ok(());
            }
            Err(changed) => current = changed,
        }
    }
}

/// Whether a death that the writer's word was closed over has been told to whom it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The exchange is empty: who read the last of it has told, or there was nothing to tell.
    Told,
    /// There may be text, with no end behind it.
    Untold,
}

/// Gives the writer's word back: text came in before it was closed, or it cannot be removed.
///
/// Nobody is to be woken: on this word sleeps only the reader, which we are, and newcomers
/// that were kept out sleep on the reader's, which we give up next.
pub(crate) fn reopen_writer(exchange: &Exchange, death: Death) {
    let word = exchange.role_word(Side::Writer);
    let current = word.load(Relaxed);
    if RoleState::of(current) != RoleState::Closed {
        return;
    }
    let open = if death == Death::Untold { current & OWNER_DIED } else { VACANT };
    step_with(Step::Reopen, || changing(Side::Writer, current, open));
    if word.compare_exchange(current, open, Relaxed, Relaxed).is_ok() {
        log::debug!("writer's role: closed -> {:?}", RoleState::of(open));
    }
}
