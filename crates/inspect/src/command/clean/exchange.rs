//! Closing an exchange as its last reader, and removing the object.

use std::rc::Rc;

use handoff_cli::Failure;
use handoff_proto::{Arrival, Exchange, Interrupt, Receiver, Side, Strategy};
use handoff_shm::{Finish, Key, Kind, Newcomer, Request, Segment, tidy};

use super::verdict::Fate;

/// What an object was judged to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    /// Slots of the exchange in it.
    pub(crate) slots: usize,
    /// How many texts, and ends of streams, may be lost.
    pub(crate) may_lose: usize,
}

/// Removes what the key leads to, if nobody has come meanwhile.
pub(crate) fn remove(kind: &dyn Kind, key: Key, judged: Judged) -> Result<Fate, Failure> {
    let interrupt = Interrupt::never();
    // Should it be gone by now, a new one is made, and removed again.
    let slots = Some(judged.slots);
    let request = Request { slots, ..Request::new(key) };
    let newcomer = Newcomer { side: Side::Reader, interrupt: &interrupt };
    let segment = kind.attach(&request, &newcomer).map_err(Failure::from_error)?;
    let exchange = Exchange::new(Rc::clone(&segment)).map_err(Failure::from_error)?;
    discard(&exchange, &interrupt, judged.may_lose)?;
    finish(&*segment, &exchange, &interrupt)
}

/// Acknowledges so many texts, and not what has come behind them.
fn discard(exchange: &Exchange, interrupt: &Interrupt, texts: usize) -> Result<(), Failure> {
    if texts == 0 {
        return Ok(());
    }
    let claimed = Receiver::claim(exchange, interrupt.clone(), Strategy::FutexOnly);
    // Held, or closed: then it is somebody else's to remove.
    let Ok(claimed) = claimed else { return Ok(()) };
    let mut receiver = claimed.endpoint;
    let mut left = texts;
    // Not drained, there is something for us, and no wait is a long one.
    while left > 0 && !exchange.is_drained() {
        let done = match receiver.wait().map_err(Failure::from_error)? {
            Arrival::Text => receiver.acknowledge_first(),
            Arrival::End(_) => receiver.acknowledge_end(),
            Arrival::Peer(_) | Arrival::Interrupted => continue,
        };
        done.map_err(Failure::from_error)?;
        left -= 1;
    }
    Ok(())
}

fn finish(
    segment: &dyn Segment,
    exchange: &Exchange,
    interrupt: &Interrupt,
) -> Result<Fate, Failure> {
    match tidy(segment, exchange, interrupt).map_err(Failure::from_error)? {
        Finish::Removed => Ok(Fate::Removed),
        Finish::LivesOn => Ok(Fate::Kept),
        Finish::Stays(error) => Err(Failure::from_error(error)),
    }
}
