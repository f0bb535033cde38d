//! One entry, [`drive`], for a fuzzer and for property tests: an exchange of arbitrary bytes,
//! in which anything changes between any two steps of a receiver or a sender.
//!
//! It finds panics, reads and writes outside the exchange (with a sanitizer), texts that are
//! not what the slot holds, and lengths that were believed unchecked. A wait that sleeps would
//! be no finding, for nobody is there to wake it; so a wait is only done where the words, as
//! they are, or Ctrl-C give it something to say at once.
//!
//! | module | owns |
//! |---|---|
//! | `input` | the fuzzer's bytes, taken for choices |
//! | `memory` | an exchange as raw words, to be changed |
//! | `watch` | when a wait has something to say at once |
//! | `receive`, `send` | the steps of the two sides |

mod input;
mod memory;
mod receive;
mod send;
mod watch;

use std::thread;

use handoff_proto::{Exchange, Interrupt};

use input::Input;
use memory::Memory;

/// Builds an exchange from `data`, and uses it as `data` says.
///
/// # Panics
/// When a fault is found.
pub fn drive(data: &[u8]) {
    let mut input = Input::new(data);
    let memory = Memory::new(1 + input.below(5));
    let [as_sender, interrupted, ..] = input.flags();
    memory.fill(&mut input);
    let Ok(exchange) = Exchange::new(memory.shared()) else { return };
    let interrupt = if interrupted { raised() } else { Interrupt::never() };
    if as_sender {
        send::drive(&exchange, &memory, interrupt, &mut input);
    } else {
        receive::drive(&exchange, &memory, interrupt, &mut input);
    }
}

/// An interrupt that was raised, so that no wait sleeps.
fn raised() -> Interrupt {
    thread_local!(static RAISED: Interrupt = raise());
    RAISED.with(Clone::clone)
}

/// Raising returns only when this thread has seen it, so another one must do it.
fn raise() -> Interrupt {
    let interrupt = Interrupt::never();
    let theirs = interrupt.clone();
    let other = thread::spawn(move || theirs.raise());
    while !interrupt.is_raised() {
        thread::yield_now();
    }
    other.join().expect("raising does not panic");
    interrupt
}
