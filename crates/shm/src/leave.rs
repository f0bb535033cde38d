//! The last one's way out, with any kind of memory.
//!
//! Who may close an exchange and when is proto's `closing` module; here the object goes
//! between its two steps.

use handoff_proto::{Closed, Closing, Corrupt, Exchange, Interrupt, Receiver};

use crate::segment::{Segment, SegmentError};

/// What [`finish`] came to.
#[derive(Debug)]
pub enum Finish {
    /// The object is removed.
    Removed,
    /// Another writer came, or text: it is the next reader's.
    LivesOn,
    /// It is empty, but not ours to remove.
    Stays(SegmentError),
}

/// Ends our part of the exchange: closes it and removes the object, if nothing is
/// left to be done in it.
///
/// # Errors
/// A corrupt exchange.
pub fn finish(
    segment: &dyn Segment,
    receiver: Receiver,
    interrupt: &Interrupt,
) -> Result<Finish, Corrupt> {
    let exchange = receiver.exchange().clone();
    match receiver.close()? {
        Closing::Closed(closed) => remove(segment, closed),
        // The writer that was there may have left meanwhile, and have seen us.
        Closing::LivesOn => tidy_if_drained(segment, &exchange, interrupt),
    }
}

/// For a writer that has ended its stream: removes the object, if the reader has seen the
/// end and left before the writer had let go.
///
/// # Errors
/// A corrupt exchange.
pub fn tidy_if_drained(
    segment: &dyn Segment,
    exchange: &Exchange,
    interrupt: &Interrupt,
) -> Result<Finish, Corrupt> {
    close(segment, exchange.close_if_drained(interrupt)?)
}

/// For one that leaves by Ctrl-C, or alone, and has given its role up: removes the object,
/// if nobody else is there and nothing in it is unread.
///
/// # Errors
/// A corrupt exchange.
pub fn tidy(
    segment: &dyn Segment,
    exchange: &Exchange,
    interrupt: &Interrupt,
) -> Result<Finish, Corrupt> {
    close(segment, exchange.close_if_last(interrupt)?)
}

fn close(segment: &dyn Segment, closed: Option<Closed>) -> Result<Finish, Corrupt> {
    closed.map_or(Ok(Finish::LivesOn), |closed| remove(segment, closed))
}

fn remove(segment: &dyn Segment, closed: Closed) -> Result<Finish, Corrupt> {
    match segment.remove() {
        Ok(()) => {
            closed.finish();
            Ok(Finish::Removed)
        }
        Err(error) => {
            closed.undo()?;
            Ok(Finish::Stays(error))
        }
    }
}
