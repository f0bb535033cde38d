//! System V segments: shmget(2), shmat(2), shmctl(2), shmdt(2).
//!
//! A segment is found by its key, has an id for as long as the machine is up, and
//! lives until it is removed. It is made zeroed, whole and exclusively
//! (IPC_CREAT|IPC_EXCL), with exactly the mode that was asked for, whatever the
//! umask; its size never changes.

use std::io;
use std::ptr::{self, NonNull};
use std::rc::Rc;

use handoff_proto::Mapping;
use handoff_proto::step::{Step, step};

use crate::key::Key;
use crate::limits;
use crate::segment::{Kind, Namespace, Newcomer, Request, Segment, SegmentError};
use crate::user;

mod status;

use status::{Status, stat, status, status_by_listing};

/// `shm_perm.mode`: removed, and gone with the last detach. <linux/shm.h>, not in libc.
const SHM_DEST: u32 = 0o1000;

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
        loop {
            if let Some(id) = create(request)? {
                // Nothing is left behind that nobody could use.
                if let Some(segment) = use_segment(id, request).inspect_err(|_| unmake(id))? {
                    return Ok(segment);
                }
            } else if let Some(id) = find(request.key)?
                && let Some(segment) = use_segment(id, request)?
            {
                return Ok(segment);
            }
            // It kept us from creating, but was removed since: it is our turn again.
        }
    }

    fn namespace(&self) -> Namespace {
        Namespace::Ipc
    }
}

/// Attaches the segment if it is one that we may use; none if it is gone.
fn use_segment(id: i32, request: &Request) -> Result<Option<Rc<dyn Segment>>, SegmentError> {
    let status = match status(id, request.key) {
        Ok(None) => return Ok(None),
        Ok(Some(status)) => status,
        Err(error) => {
            let status = status_by_listing(id, request.key, error)?;
            let object = status.object();
            let us = user::effective();
            return Err(match status.owner == us && status.creator == us {
                true => SegmentError::Attach {
                    object,
                    advice: Some(MODE_DENIES.into()),
                    source: io::Error::from_raw_os_error(libc::EACCES),
                },
                false => SegmentError::NotOurs { object, denied: true },
            });
        }
    };
    status.check(request)?;
    Ok(attach(id, status)?.map(|segment| Rc::new(segment) as Rc<dyn Segment>))
}

/// Removes a segment that we have made and cannot attach, unless somebody else could.
fn unmake(id: i32) {
    if stat(id).is_ok_and(|ds| ds.shm_nattch == 0) {
        let result = remove(id);
        log::debug!("shmctl({id}, IPC_RMID) = {}", shown(&result));
    }
}

/// A new segment of exactly the asked size and mode; none if the key is taken.
fn create(request: &Request) -> Result<Option<i32>, SegmentError> {
    let Request { key, mode, .. } = *request;
    let size = request.size();
    let flags = libc::IPC_CREAT | libc::IPC_EXCL | mode.cast_signed();
    step(Step::Create);
    // SAFETY: shmget takes no pointers.
    let id = unsafe { libc::shmget(key.as_key_t(), size, flags) };
    let result = outcome(id);
    log::debug!(
        "shmget(key={key}, size={size}, IPC_CREAT|IPC_EXCL|{mode:04o}) = {}",
        shown(&result)
    );
    match result {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(None),
        Err(source) => {
            let advice = limits::advice(&source, size);
            let object = format!("a segment of {size} bytes for key {key}");
            Err(SegmentError::Create { object, advice, source })
        }
    }
}

/// The segment that the key leads to, if there is one. Asks for no permission yet.
fn find(key: Key) -> Result<Option<i32>, SegmentError> {
    step(Step::Find);
    // SAFETY: shmget takes no pointers.
    let id = unsafe { libc::shmget(key.as_key_t(), 0, 0) };
    let result = outcome(id);
    log::debug!("shmget(key={key}, size=0, 0) = {}", shown(&result));
    match result {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(source) => Err(SegmentError::Find { object: sought(key), source }),
    }
}

/// IPC_RMID.
fn remove(id: i32) -> io::Result<i32> {
    step(Step::Remove);
    // SAFETY: IPC_RMID takes no buffer.
    outcome(unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) })
}

/// Attaches wherever the kernel finds room; none if the segment is gone.
fn attach(id: i32, status: Status) -> Result<Option<SysvSegment>, SegmentError> {
    step(Step::Attach);
    // SAFETY: no address asked for, so nothing that is mapped can be replaced.
    let address = unsafe { libc::shmat(id, ptr::null(), 0) };
    let result = match address.addr() {
        usize::MAX => Err(io::Error::last_os_error()),
        _ => Ok(address),
    };
    log::debug!(
        "shmat({id}) = {}",
        result.as_ref().map_or_else(errno_name, |&at| format!("{at:p}"))
    );
    match result {
        Ok(address) => {
            let base = NonNull::new(address.cast()).expect("shmat(2) maps no page at address 0");
            Ok(Some(SysvSegment { status, base }))
        }
        Err(error) if is_gone(&error) => Ok(None),
        Err(source) => {
            let advice = match source.raw_os_error() {
                Some(libc::EACCES) if status.owner == user::effective() => Some(MODE_DENIES.into()),
                Some(libc::EACCES) => {
                    Some("ask its owner to create it with --mode 0660 or 0666".into())
                }
                _ => limits::advice(&source, status.size),
            };
            Err(SegmentError::Attach { object: status.object(), advice, source })
        }
    }
}

fn outcome(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn shown(result: &io::Result<i32>) -> String {
    result.as_ref().map_or_else(errno_name, i32::to_string)
}

fn errno_name(error: &io::Error) -> String {
    let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or_default());
    format!("-1 {errno:?}")
}

/// EINVAL: no such id any more. EIDRM: marked for removal.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::EIDRM))
}

fn sought(key: Key) -> String {
    format!("the segment of key {key}")
}

fn removal(id: i32) -> String {
    format!("ipcrm -m {id}")
}

/// An attached System V segment; detached on drop.
#[derive(Debug)]
struct SysvSegment {
    /// As it was when we attached it; id, key and size do not change.
    status: Status,
    base: NonNull<u8>,
}

// SAFETY: shmat mapped shm_segsz bytes readable and writable, page-aligned and zeroed
// when the segment was made; only drop unmaps them.
unsafe impl Mapping for SysvSegment {
    fn base(&self) -> NonNull<u8> {
        self.base
    }
    fn size(&self) -> usize {
        self.status.size
    }
}

impl Segment for SysvSegment {
    fn remove(&self) -> Result<(), SegmentError> {
        let result = remove(self.status.id);
        log::debug!("shmctl({}, IPC_RMID) = {}", self.status.id, shown(&result));
        match result {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(source) => Err(SegmentError::Remove { object: self.name(), source }),
        }
    }

    fn is_current(&self) -> bool {
        match status(self.status.id, self.status.key) {
            Ok(Some(status)) => status.mode & SHM_DEST == 0,
            Ok(None) => false,
            // Permission was taken away since we attached, but the segment is there.
            Err(_) => true,
        }
    }

    fn name(&self) -> String {
        format!("segment {} of key {}", self.status.id, self.status.key)
    }

    fn description(&self) -> String {
        self.status.object()
    }

    fn removal(&self) -> String {
        removal(self.status.id)
    }
}

impl Drop for SysvSegment {
    fn drop(&mut self) {
        step(Step::Detach);
        // SAFETY: attached at this address, and whoever used it kept this value alive.
        let result = outcome(unsafe { libc::shmdt(self.base.as_ptr().cast()) });
        log::debug!("shmdt({:p}) = {}", self.base, shown(&result));
    }
}
