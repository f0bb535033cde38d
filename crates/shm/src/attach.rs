//! The newcomer's way in, and the last one's way out, with any kind of memory.
//!
//! A key leads to one object at a time, but objects come and go: the reader that
//! ends a stream closes the exchange, removes the object, and closes its own role
//! word last. A newcomer can meet it at any step of that, and a reader can die at
//! any step. What a newcomer does then is here, and what it relies on is in
//! [`handoff_proto`]'s `closing` module.

use std::rc::Rc;

use handoff_proto::{
    ClaimError, Closing, Corrupt, Error, Exchange, Interrupt, Receiver, RoleState, Sender, Side,
    Strategy,
};

use crate::segment::{Kind, Newcomer, Request, Segment, SegmentError};

/// A role in an exchange, and the memory it lies in.
pub struct Attached<T> {
    /// The sender or receiver.
    pub endpoint: T,
    /// What became of the one before us.
    pub found: RoleState,
    /// The object.
    pub segment: Rc<dyn Segment>,
}

/// No role could be had.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// No memory.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Memory, but no role in it.
    #[error("cannot use {object}")]
    Claim {
        /// Which memory.
        object: String,
        /// The command that removes it.
        removal: String,
        /// Why.
        source: ClaimError,
    },
    /// No role could be had in any memory.
    #[error(transparent)]
    Unable(ClaimError),
    /// While an old exchange was being closed, we could not even wait.
    #[error(transparent)]
    Wait(#[from] Error),
    /// Somebody wants us to leave.
    #[error("interrupted")]
    Interrupted,
}

impl AttachError {
    /// What a person can do about it.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Segment(error) => error.advice(),
            Self::Claim { source: ClaimError::Held { .. }, .. } => {
                Some("wait until it has ended, or choose another key with -k".into())
            }
            Self::Claim { source: ClaimError::Corrupt(_), removal, .. } => {
                Some(format!("choose another key with -k, or remove it with: {removal}"))
            }
            Self::Claim { .. } | Self::Unable(_) | Self::Wait(_) | Self::Interrupted => None,
        }
    }
}

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

/// Takes the writer's role under the request's key.
///
/// # Errors
/// See [`AttachError`]; nothing that was there is changed then.
pub fn attach_writer(
    kind: &dyn Kind,
    request: &Request,
    interrupt: &Interrupt,
    strategy: Strategy,
) -> Result<Attached<Sender>, AttachError> {
    handoff_proto::can_claim().map_err(AttachError::Unable)?;
    let newcomer = Newcomer { side: Side::Writer, interrupt };
    loop {
        let (segment, exchange) = open(kind, request, &newcomer)?;
        match Sender::claim(&exchange, interrupt.clone(), strategy) {
            Ok(claimed) if segment.is_current() => {
                return Ok(Attached { endpoint: claimed.endpoint, found: claimed.found, segment });
            }
            // Removed before we had the role: nobody will look for us there.
            Ok(_) => {}
            Err(ClaimError::Closed) => settle(&exchange, &segment, interrupt)?,
            Err(error) => return Err(refused(&*segment, error)),
        }
        check(interrupt)?;
    }
}

/// Takes the reader's role under the request's key.
///
/// # Errors
/// See [`AttachError`]; nothing that was there is changed then.
pub fn attach_reader(
    kind: &dyn Kind,
    request: &Request,
    interrupt: &Interrupt,
    strategy: Strategy,
) -> Result<Attached<Receiver>, AttachError> {
    handoff_proto::can_claim().map_err(AttachError::Unable)?;
    let newcomer = Newcomer { side: Side::Reader, interrupt };
    let mut met = None;
    loop {
        let (segment, exchange) = open(kind, request, &newcomer)?;
        match Receiver::claim(&exchange, interrupt.clone(), strategy) {
            Ok(claimed) if segment.is_current() => {
                if exchange.role(Side::Writer) == RoleState::Closed {
                    log::info!(
                        "the last reader died while it closed the exchange; going on with it"
                    );
                    claimed.endpoint.reopen();
                }
                return Ok(Attached { endpoint: claimed.endpoint, found: claimed.found, segment });
            }
            // A reader removed it and died before it could say so: we say it.
            Ok(claimed) => claimed.endpoint.into_closed().finish(),
            // Who leaves may hold the role for a moment, to close the exchange: look again.
            Err(ClaimError::Held { pid, .. }) if met != Some(pid) || is_closing(&exchange) => {
                met = Some(pid);
                settle(&exchange, &segment, interrupt)?;
            }
            Err(ClaimError::Closed) => settle(&exchange, &segment, interrupt)?,
            Err(error) => return Err(refused(&*segment, error)),
        }
        check(interrupt)?;
    }
}

/// Ends our part of the exchange: closes it and removes the object, if nothing is
/// left to be done in it.
///
/// # Errors
/// A corrupt exchange.
pub fn finish(segment: &dyn Segment, receiver: Receiver) -> Result<Finish, Corrupt> {
    match receiver.close()? {
        Closing::LivesOn => Ok(Finish::LivesOn),
        Closing::Closed(closed) => match segment.remove() {
            Ok(()) => {
                closed.finish();
                Ok(Finish::Removed)
            }
            Err(error) => {
                closed.undo()?;
                Ok(Finish::Stays(error))
            }
        },
    }
}

/// For one that leaves by Ctrl-C and has given its role up: removes the object, if
/// nobody else is there and nothing in it is unread.
///
/// # Errors
/// A corrupt exchange.
pub fn tidy(
    segment: &dyn Segment,
    exchange: &Exchange,
    interrupt: &Interrupt,
) -> Result<Finish, Corrupt> {
    match exchange.last_one_out(interrupt) {
        Some(receiver) => finish(segment, receiver),
        None => Ok(Finish::LivesOn),
    }
}

fn open(
    kind: &dyn Kind,
    request: &Request,
    newcomer: &Newcomer<'_>,
) -> Result<(Rc<dyn Segment>, Exchange), AttachError> {
    let segment = match kind.attach(request, newcomer) {
        Err(SegmentError::Interrupted) => return Err(AttachError::Interrupted),
        attached => attached?,
    };
    let exchange = Exchange::new(Rc::clone(&segment)).map_err(|source| SegmentError::Foreign {
        object: segment.description(),
        removal: segment.removal(),
        source,
    })?;
    if let Some(asked) = request.slots.filter(|&asked| asked != exchange.slots()) {
        log::info!("{} has {} slots already, not {asked}", segment.name(), exchange.slots());
    }
    Ok((segment, exchange))
}

/// Whether the holder of the reader's role has kept writers out, to end the exchange.
fn is_closing(exchange: &Exchange) -> bool {
    exchange.role(Side::Writer) == RoleState::Closed
}

/// Lets the exchange in our way come to its end: waits a while for a live reader
/// to close it, or does so for a dead one. The caller attaches anew.
fn settle(
    exchange: &Exchange,
    segment: &Rc<dyn Segment>,
    interrupt: &Interrupt,
) -> Result<(), AttachError> {
    match exchange.role(Side::Reader) {
        RoleState::Held(_) | RoleState::Closed => {
            // Who reads "closed" there finds the object removed, or nobody ever will.
            if exchange.wait_for_reader_to_finish()? && segment.is_current() {
                return Err(refused(&**segment, Corrupt::Closed.into()));
            }
        }
        RoleState::Vacant | RoleState::Died | RoleState::Abandoned(_) => {
            let claimed = Receiver::claim(exchange, interrupt.clone(), Strategy::FutexOnly);
            let claimed = match claimed {
                Ok(claimed) => claimed,
                // Somebody else does it.
                Err(ClaimError::Held { .. } | ClaimError::Closed) => return Ok(()),
                Err(error) => return Err(refused(&**segment, error)),
            };
            if exchange.role(Side::Writer) == RoleState::Closed {
                log::debug!("{}: closing it for a reader that died", segment.name());
                finish(&**segment, claimed.endpoint).map_err(Error::from)?;
            }
        }
    }
    Ok(())
}

fn check(interrupt: &Interrupt) -> Result<(), AttachError> {
    if interrupt.is_raised() { Err(AttachError::Interrupted) } else { Ok(()) }
}

fn refused(segment: &dyn Segment, source: ClaimError) -> AttachError {
    AttachError::Claim { object: segment.name(), removal: segment.removal(), source }
}
