//! The newcomer's way in, with any kind of memory.
//!
//! A key leads to one object at a time, but objects come and go: the reader that
//! ends a stream closes the exchange, removes the object, and closes its own role
//! word last. A newcomer can meet it at any step of that, and a reader can die at
//! any step. What a newcomer does then is here, and what it relies on is in
//! [`handoff_proto`]'s `closing` module.

use std::rc::Rc;

use handoff_proto::{
    ClaimError, Corrupt, Error, Exchange, Interrupt, Receiver, RoleState, Sender, Side, Strategy,
};

use crate::leave::finish;
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
            Self::Claim { source: ClaimError::Held { .. }, removal, .. } => Some(format!(
                "wait until it has ended, or choose another key with -k (if no such process \
                 lives, in any container, somebody forged this: remove it with {removal})"
            )),
            Self::Claim { source: ClaimError::Corrupt(_), removal, .. } => {
                Some(format!("choose another key with -k, or remove it with: {removal}"))
            }
            Self::Claim { .. } | Self::Unable(_) | Self::Wait(_) | Self::Interrupted => None,
        }
    }
}

/// Takes the writer's role under the request's key.
///
/// # Errors
/// See [`AttachError`]; an object that was there stays as it was then, but that an all new
/// one gets its magic.
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
/// See [`attach_writer`].
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

/// Lets the exchange in our way come to its end: waits for a live reader to close it, or
/// does so for a dead one. The caller attaches anew.
fn settle(
    exchange: &Exchange,
    segment: &Rc<dyn Segment>,
    interrupt: &Interrupt,
) -> Result<(), AttachError> {
    match exchange.role(Side::Reader) {
        RoleState::Held(pid) => wait_for_closer(exchange, segment, interrupt, pid),
        RoleState::Closed => is_removed(segment),
        RoleState::Vacant | RoleState::Died | RoleState::Abandoned(_) => {
            close_for_a_dead_reader(exchange, segment, interrupt)
        }
    }
}

/// Waits for the reader `pid` as long as it closes the exchange; else only a moment.
fn wait_for_closer(
    exchange: &Exchange,
    segment: &Rc<dyn Segment>,
    interrupt: &Interrupt,
    pid: u32,
) -> Result<(), AttachError> {
    let mut told = false;
    loop {
        if exchange.wait_for_reader_to_finish()? {
            return is_removed(segment);
        }
        let still_closing = exchange.role(Side::Reader) == RoleState::Held(pid)
            && is_closing(exchange)
            && segment.is_current();
        if !still_closing {
            return Ok(());
        }
        check(interrupt)?;
        if !std::mem::replace(&mut told, true) {
            log::info!("waiting for the last reader (process {pid}) to end its exchange");
        }
    }
}

/// Who reads "closed" in the reader's word finds the object removed, or nobody ever will.
fn is_removed(segment: &Rc<dyn Segment>) -> Result<(), AttachError> {
    match segment.is_current() {
        true => Err(refused(&**segment, Corrupt::Closed.into())),
        false => Ok(()),
    }
}

fn close_for_a_dead_reader(
    exchange: &Exchange,
    segment: &Rc<dyn Segment>,
    interrupt: &Interrupt,
) -> Result<(), AttachError> {
    match Receiver::claim(exchange, interrupt.clone(), Strategy::FutexOnly) {
        Ok(mut claimed) if is_closing(exchange) => {
            log::debug!("{}: closing it for a reader that died", segment.name());
            claimed.endpoint.take_end_for_seen();
            finish(&**segment, claimed.endpoint, interrupt).map_err(Error::from)?;
            Ok(())
        }
        // Somebody else has seen to it, or does.
        Ok(_) | Err(ClaimError::Held { .. } | ClaimError::Closed) => Ok(()),
        Err(error) => Err(refused(&**segment, error)),
    }
}

fn check(interrupt: &Interrupt) -> Result<(), AttachError> {
    if interrupt.is_raised() { Err(AttachError::Interrupted) } else { Ok(()) }
}

fn refused(segment: &dyn Segment, source: ClaimError) -> AttachError {
    AttachError::Claim { object: segment.name(), removal: segment.removal(), source }
}
