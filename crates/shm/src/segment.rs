//! What every kind of memory can do, and how it can fail.

use std::fmt;
use std::io;
use std::rc::Rc;

use handoff_proto::{Interrupt, Mapping, NotAnExchange, Side, blog, segment_size, slots_in};

use crate::key::Key;

/// Slots of a new exchange for which nobody asked otherwise.
pub const DEFAULT_SLOTS: usize = 16;

/// One way to get the same memory into two processes.
pub trait Kind {
    /// Attaches the object that the key leads to, making it exclusively, with exactly
    /// the asked mode, if there is none.
    ///
    /// # Errors
    /// It cannot be had, or it must not be used: another user's, or no exchange by
    /// its size. An object that was there is as before then.
    fn attach(
        &self,
        request: &Request,
        newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError>;

    /// In which namespace the key means what it means.
    fn namespace(&self) -> Namespace {
        Namespace::Mount
    }
}

/// A namespace that both sides must share: see namespaces(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// Of System V keys.
    Ipc,
    /// Of names in file systems, `/dev/shm` and sockets among them.
    Mount,
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipc => "IPC",
            Self::Mount => "mount",
        })
    }
}

/// Who comes: a kind may have to wait for the other side.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The role that it is going to take.
    pub side: Side,
    /// What ends its waits.
    pub interrupt: &'a Interrupt,
}

/// An object in our address space; dropped, it is detached and lives on.
pub trait Segment: Mapping {
    /// Removes the object: the key leads to it no more. Removed before is fine.
    ///
    /// # Errors
    /// It belongs to another user.
    fn remove(&self) -> Result<(), SegmentError>;

    /// Whether the key still leads to this very object.
    fn is_current(&self) -> bool;

    /// Whether it is there when no process has it.
    fn persists(&self) -> bool {
        true
    }

    /// Whether it is there when we are gone.
    fn is_kept_by_others(&self) -> bool {
        self.persists()
    }

    /// Which object it is, for messages: "segment 5 of key 1234".
    fn name(&self) -> String;

    /// The same, with its size, owner and mode.
    fn description(&self) -> String;

    /// The command that removes it, for messages.
    fn removal(&self) -> String;
}

/// What a newcomer wants.
#[derive(Clone, Debug)]
pub struct Request {
    /// The key that both sides agree on.
    pub key: Key,
    /// Permission bits of a new object, as for chmod(2).
    pub mode: u32,
    /// Slots of a new exchange; an existing one has as many as it has.
    pub slots: Option<usize>,
    /// Whether another user's object will do.
    pub any_owner: bool,
    /// What is to be in the object.
    pub layout: Layout,
}

/// What two programs agree to have in an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A header and slots: [`handoff_proto::layout`].
    #[default]
    Exchange,
    /// The flag and text of the classic C programs: [`handoff_proto::blog`].
    Blog,
}

impl Request {
    /// An exchange of one's own user, with the usual slots, for nobody else.
    pub fn new(key: Key) -> Self {
        Self { key, mode: 0o600, slots: None, any_owner: false, layout: Layout::Exchange }
    }

    /// Bytes of a new object.
    pub fn size(&self) -> usize {
        match self.layout {
            Layout::Exchange => segment_size(self.slots.unwrap_or(DEFAULT_SLOTS)),
            Layout::Blog => blog::SIZE,
        }
    }

    /// Whether an existing object of `size` bytes can be what is asked for.
    ///
    /// # Errors
    /// It cannot.
    pub fn check_size(&self, size: usize) -> Result<(), NotAnExchange> {
        match self.layout {
            Layout::Exchange if slots_in(size).is_none() => Err(NotAnExchange::Size { size }),
            Layout::Blog if size != blog::SIZE => Err(NotAnExchange::BlogSize { size }),
            Layout::Exchange | Layout::Blog => Ok(()),
        }
    }
}

/// An object cannot be had, or must not be used: a variant for each operation.
///
/// `Display` is the attempt, `source` the cause, and [`advice`](Self::advice) what
/// a person can do.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// A new object cannot be made.
    #[error("cannot create {object}")]
    Create {
        /// What it would have been.
        object: String,
        /// Which limit it hit, and how to move it.
        advice: Option<String>,
        /// errno.
        source: io::Error,
    },
    /// The existing object cannot be looked up.
    #[error("cannot look up {object}")]
    Find {
        /// What was looked for.
        object: String,
        /// errno.
        source: io::Error,
    },
    /// It is there, but not to be mapped.
    #[error("cannot attach {object}")]
    Attach {
        /// What is there.
        object: String,
        /// What might help.
        advice: Option<String>,
        /// errno.
        source: io::Error,
    },
    /// Somebody else made it or owns it, and could do with it what they like.
    #[error("{object} belongs to another user, {}", if *.denied { "and its mode denies us permission" } else { "who could read and change all that is handed over" })]
    NotOurs {
        /// What is there.
        object: String,
        /// Its mode does not even let us look.
        denied: bool,
    },
    /// It is no exchange.
    #[error("{object} is in use for something else")]
    Foreign {
        /// What is there.
        object: String,
        /// The command that removes it.
        removal: String,
        /// Why it is no exchange.
        source: NotAnExchange,
    },
    /// It is nothing that an exchange could be in.
    #[error("{object} is {reason}")]
    Unfit {
        /// What is there.
        object: String,
        /// The command that removes it.
        removal: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The other side cannot be met.
    #[error("cannot meet the other side at {object}")]
    Meet {
        /// Where.
        object: String,
        /// Why not.
        source: io::Error,
    },
    /// Another reader waits there.
    #[error("cannot use {object}: there is already a reader: process {pid}")]
    Waiting {
        /// Where.
        object: String,
        /// Which process.
        pid: i32,
    },
    /// Somebody wants us to leave.
    #[error("interrupted")]
    Interrupted,
    /// It cannot be removed.
    #[error("cannot remove {object}")]
    Remove {
        /// What is there.
        object: String,
        /// errno.
        source: io::Error,
    },
}

impl SegmentError {
    /// What a person can do about it.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Create { advice, .. } | Self::Attach { advice, .. } => advice.clone(),
            Self::NotOurs { denied: true, .. } => Some("choose another key with -k".into()),
            Self::NotOurs { denied: false, .. } => {
                Some("choose another key with -k, or trust that user with --any-owner".into())
            }
            Self::Foreign { removal, source, .. } => {
                Some(format!("{}{}", other_layout(source), without(removal)))
            }
            Self::Unfit { removal, .. } => Some(without(removal)),
            Self::Waiting { .. } => {
                Some("wait until it has ended, or choose another key with -k".into())
            }
            Self::Find { .. } | Self::Remove { .. } | Self::Meet { .. } | Self::Interrupted => None,
        }
    }
}

/// How to go on without an object that this command removes.
fn without(removal: &str) -> String {
    format!("choose another key with -k, or if nobody needs it, remove it with: {removal}")
}

/// What is in use for something else may be in use by us.
fn other_layout(found: &NotAnExchange) -> &'static str {
    match found {
        NotAnExchange::Size { size: blog::SIZE } => {
            "it has the size of the classic layout: use --blog on both sides, or "
        }
        NotAnExchange::BlogSize { size } if slots_in(*size).is_some() => {
            "it has the size of an exchange: leave --blog away on both sides, or "
        }
        _ => "",
    }
}
