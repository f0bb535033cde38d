//! Attacks by one that holds a role, as an honest peer would, and does not mean it.

use std::error::Error;

use handoff_proto::{Arrival, Exchange, Interrupt, Receiver, Room, Sender, Strategy};

use crate::args::Args;
use crate::target::Target;

type Done = Result<(), Box<dyn Error>>;

/// Sends letters in all lengths, and makes the changes before each. It holds the role by
/// force, if it must: what it takes for vacant is.
pub(crate) fn stream(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let exchange = Exchange::new(target.segment.clone())?;
    let mut sender = Sender::claim(&exchange, Interrupt::never(), Strategy::Futex)?.endpoint;
    for round in args.rounds() {
        while !matches!(sender.wait()?, Room::Free) {}
        let letter = b'A' + u8::try_from(round % 26)?;
        sender.send(&vec![letter; usize::try_from(round % 2048)? + 1])?;
        args.changes.iter().for_each(|change| change.make(&target));
    }
    Ok(())
}

/// Takes text and makes the changes after each acknowledgement.
pub(crate) fn swallow(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let exchange = Exchange::new(target.segment.clone())?;
    let mut receiver = Receiver::claim(&exchange, Interrupt::never(), Strategy::Futex)?.endpoint;
    for _ in args.rounds() {
        match receiver.wait()? {
            Arrival::Text => receiver.acknowledge_first()?,
            Arrival::End(_) | Arrival::Interrupted => return Ok(()),
            Arrival::Peer(_) => {}
        }
        args.changes.iter().for_each(|change| change.make(&target));
    }
    Ok(())
}
