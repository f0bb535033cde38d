//! System V segments as a kind of memory for an exchange.
//!
//! A segment is made zeroed, whole and exclusively (IPC_CREAT|IPC_EXCL), with exactly the mode
//! that was asked for, whatever the umask; its size never changes. So who finds one finds a
//! whole one, and no peer can take memory away from under another.

use std::io;
use std::ptr::NonNull;
use std::rc::Rc;

use handoff_proto::Mapping;

use super::{Attach, Error, Options, Status, Writable, attachment, listing};
use crate::limits;
use crate::segment::{Kind, Namespace, Newcomer, Request, Segment, SegmentError};
use crate::user;

const MODE_DENIES: &str = "its mode denies even its owner: see shmctl(2), IPC_SET";

/// System V shared memory, found by its key.
#[derive(Clone, Copy, Debug)]
pub struct Sysv;

impl Kind for Sysv {
    fn attach(
        &self,
        request: &Request,
        _newcomer: &Newcomer<'_>,
    ) -> Result<Rc<dyn Segment>, SegmentError> {
        Ok(attach_by_key(request)?)
    }

    fn namespace(&self) -> Namespace {
        Namespace::Ipc
    }
}

/// The segment that the key leads to, made if there is none.
pub(crate) fn attach_by_key(request: &Request) -> Result<Rc<SysvSegment>, SegmentError> {
    loop {
        if let Some(new) = create(request)? {
            // Nothing is left behind that nobody could use.
            if let Some(segment) = use_segment(new, request).inspect_err(|_| unmake(new))? {
                return Ok(Rc::new(segment));
            }
        } else if let Some(found) = find(request)?
            && let Some(segment) = use_segment(found, request)?
        {
            return Ok(Rc::new(segment));
        }
        // It kept us from creating, but was removed since: it is our turn again.
    }
}

/// A new segment of exactly the asked size and mode; none if the key is taken.
fn create(request: &Request) -> Result<Option<super::Segment>, SegmentError> {
    let Request { key, mode, .. } = *request;
    let size = request.size();
    match Options::new(size).mode(mode).create(key.into()) {
        Ok(segment) => Ok(Some(segment)),
        Err(error) if error.errno() == libc::EEXIST => Ok(None),
        Err(error) => {
            let source = io::Error::from(error);
            let advice = limits::advice(&source, size);
            let object = format!("a segment of {size} bytes for key {key}");
            Err(SegmentError::Create { object, advice, source })
        }
    }
}

/// The segment that the key leads to, if there is one. Asks for no permission yet.
fn find(request: &Request) -> Result<Option<super::Segment>, SegmentError> {
    match super::Segment::open(request.key.into(), 0) {
        Ok(segment) => Ok(Some(segment)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(not_found(request, error)),
    }
}

fn not_found(request: &Request, error: Error) -> SegmentError {
    SegmentError::Find {
        object: format!("the segment of key {}", request.key),
        source: error.into(),
    }
}

/// Attaches the segment if it is one that we may use; none if it is gone.
fn use_segment(
    segment: super::Segment,
    request: &Request,
) -> Result<Option<SysvSegment>, SegmentError> {
    match segment.status() {
        Ok(status) => check(&Found { status, request })?,
        Err(error) if error.is_gone() => return Ok(None),
        Err(error) => return Err(denied(segment, request, error)),
    }
    attach(segment, request)
}

/// A segment, and what was looked for.
struct Found<'a> {
    status: Status,
    request: &'a Request,
}

impl Found<'_> {
    fn object(&self) -> String {
        let Status { id, size, mode, owner, creator, .. } = self.status;
        let maker = match creator == owner {
            true => String::new(),
            false => format!(", creator {}", user::name(creator)),
        };
        let (key, owner) = (self.request.key, user::name(owner));
        format!("segment {id} of key {key} ({size} bytes, owner {owner}{maker}, mode {mode:04o})")
    }
}

/// Refuses what we must not use. The creator counts as well as the owner: who made a segment
/// can change and remove it for ever, whomever it gave it to.
fn check(found: &Found<'_>) -> Result<(), SegmentError> {
    let us = user::effective();
    let Status { id, size, owner, creator, .. } = found.status;
    if !found.request.any_owner && (owner != us || creator != us) {
        return Err(SegmentError::NotOurs { object: found.object(), denied: false });
    }
    found.request.check_size(size).map_err(|source| SegmentError::Foreign {
        object: found.object(),
        removal: removal(id),
        source,
    })
}

/// Who may not read a segment may not IPC_STAT it either, but anybody may see it in the list of
/// all: enough to say whose it is.
fn denied(segment: super::Segment, request: &Request, error: Error) -> SegmentError {
    let Ok(Some(status)) = listing::status_of(segment) else { return not_found(request, error) };
    let us = user::effective();
    let ours = status.owner == us && status.creator == us;
    let object = Found { status, request }.object();
    match ours {
        true => SegmentError::Attach {
            object,
            advice: Some(MODE_DENIES.into()),
            source: io::Error::from_raw_os_error(libc::EACCES),
        },
        false => SegmentError::NotOurs { object, denied: true },
    }
}

/// Attaches wherever the kernel finds room; none if the segment is gone.
fn attach(segment: super::Segment, request: &Request) -> Result<Option<SysvSegment>, SegmentError> {
    match attachment::attach(segment, &Attach::new()) {
        Ok((attachment, status)) => {
            let found = Found { status, request };
            // Between the first look and the attaching, the id may have come to mean another.
            check(&found)?;
            let description = found.object();
            let memory = Writable::try_from(attachment).expect("attached to read and write");
            Ok(Some(SysvSegment { memory, key: request.key, description }))
        }
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(not_attached(segment, request, error)),
    }
}

fn not_attached(segment: super::Segment, request: &Request, error: Error) -> SegmentError {
    let Ok(Some(status)) = listing::status_of(segment) else { return not_found(request, error) };
    let source = io::Error::from(error);
    let advice = match source.raw_os_error() {
        Some(libc::EACCES) if status.owner == user::effective() => Some(MODE_DENIES.into()),
        Some(libc::EACCES) => Some("ask its owner to create it with --mode 0660 or 0666".into()),
        _ => limits::advice(&source, status.size),
    };
    SegmentError::Attach { object: Found { status, request }.object(), advice, source }
}

/// Removes a segment that we have made and cannot attach, unless somebody else could.
fn unmake(segment: super::Segment) {
    if segment.status().is_ok_and(|status| status.attachments == 0) {
        let _ = segment.remove();
    }
}

fn removal(id: i32) -> String {
    format!("ipcrm -m {id}")
}

/// An attached System V segment; detached on drop.
#[derive(Debug)]
pub(crate) struct SysvSegment {
    memory: Writable,
    key: crate::Key,
    /// As it was when we attached it.
    description: String,
}

// SAFETY: what it has is one, and stays where it is.
unsafe impl Mapping for SysvSegment {
    fn base(&self) -> NonNull<u8> {
        self.memory.base()
    }
    fn size(&self) -> usize {
        self.memory.size()
    }
}

impl SysvSegment {
    pub(crate) fn segment(&self) -> super::Segment {
        self.memory.segment()
    }
}

/// IPC_RMID of the segment that messages call `name`. Removed before is fine.
pub(crate) fn remove(
    segment: super::Segment,
    name: impl FnOnce() -> String,
) -> Result<(), SegmentError> {
    match segment.remove() {
        Err(error) if !error.is_gone() => {
            Err(SegmentError::Remove { object: name(), source: error.into() })
        }
        _ => Ok(()),
    }
}

impl Segment for SysvSegment {
    fn remove(&self) -> Result<(), SegmentError> {
        remove(self.segment(), || self.name())
    }

    fn is_current(&self) -> bool {
        match self.memory.segment().status() {
            Ok(status) => !status.is_removed,
            // Permission was taken away since we attached, but the segment is there.
            Err(error) => !error.is_gone(),
        }
    }

    fn name(&self) -> String {
        format!("segment {} of key {}", self.memory.segment().id(), self.key)
    }

    fn description(&self) -> String {
        self.description.clone()
    }

    fn removal(&self) -> String {
        removal(self.memory.segment().id())
    }
}
