//! Memory found by a name in a file system: what POSIX objects and files have in common.
//!
//! Nobody ever meets half an object. It is made without a name (O_TMPFILE), gets its
//! mode and its size, and only then its name, by link(2), which fails if there is
//! one. Whoever loses that race opens the winner's object; and a creator that dies
//! on the way has left nothing behind. The rejected way, O_CREAT|O_EXCL and then
//! ftruncate, has a moment in which the loser finds an object of no size, and no
//! way to tell a slow creator from a dead one.
//!
//! A name, unlike the id of a System V segment, can come to mean another object. So
//! what is behind it is compared with ours (device and inode) before it is removed.
//! Nobody else changes it in between: only who holds the reader's role removes, and
//! nobody can create while there is the name.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::ptr::NonNull;
use std::rc::Rc;

use handoff_proto::step::{Step, step_with};
use handoff_proto::{Mapping, NotAnExchange, slots_in};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat};
use nix::unistd::linkat;

use crate::limits;
use crate::mapped::{Mapped, reserve};
use crate::segment::{Request, Segment, SegmentError};
use crate::shrunk::Watch;
use crate::user;

/// A name, and what leads to it.
pub(crate) trait Place {
    /// Where the name is, as a path.
    fn path(&self) -> &Path;
    /// Opens what has the name, for reading and writing; never a symbolic link's target.
    fn open(&self) -> nix::Result<OwnedFd>;
    /// Takes the name away.
    fn unlink(&self) -> nix::Result<()>;
    /// The object, for messages: "file /run/user/0/handoff-1234".
    fn label(&self) -> String;

    /// The command that removes it.
    fn removal(&self) -> String {
        format!("rm {}", self.path().display())
    }
}

/// [`Kind::attach`](crate::Kind::attach) for a place.
pub(crate) fn attach(
    place: impl Place + 'static,
    request: &Request,
) -> Result<Rc<dyn Segment>, SegmentError> {
    loop {
        let segment = match look(&place)? {
            None => create(&place, request)?,
            Some(status) => {
                check(&place, &status, request)?;
                open(&place, &status)?
            }
        };
        // None: it was there, and is gone; or was not, and is there. It is our turn again.
        if let Some((fd, status, memory)) = segment {
            let watch = Watch::begin(fd, &memory, &place.label(), &place.removal());
            return Ok(Rc::new(Object { _watch: watch, memory, place, status }));
        }
    }
}

/// A descriptor, what it is open on, and where that is mapped.
type Opened = (OwnedFd, FileStat, Mapped);

/// What has the name, if anything has.
fn look(place: &impl Place) -> Result<Option<FileStat>, SegmentError> {
    step_with(Step::Status, || format!("fstatat({})", place.path().display()));
    let result = fstatat(AT_FDCWD, place.path(), AtFlags::AT_SYMLINK_NOFOLLOW);
    let shown = result.as_ref().map(|status| status.st_ino);
    log::debug!("fstatat({}) = {shown:?}", place.path().display());
    match result {
        Ok(status) => Ok(Some(status)),
        Err(Errno::ENOENT) => Ok(None),
        Err(source) => Err(SegmentError::Find { object: place.label(), source: source.into() }),
    }
}

/// Refuses what we must not use.
fn check(place: &impl Place, status: &FileStat, request: &Request) -> Result<(), SegmentError> {
    let (object, removal) = (described(place, status), place.removal());
    if file_type(status) != SFlag::S_IFREG {
        let reason = format!("{}, and no regular file", type_name(status));
        return Err(SegmentError::Unfit { object, removal, reason });
    }
    if !request.any_owner && status.st_uid != user::effective() {
        return Err(SegmentError::NotOurs { object, denied: false });
    }
    // Behind a second name it would live on when removed, and who gave it that name may have
    // meant us to write into a file of our own that is no exchange.
    if status.st_nlink > 1 {
        let reason = format!("known by {} names (hard links), not one", status.st_nlink);
        return Err(SegmentError::Unfit { object, removal, reason });
    }
    let size = size_of_object(status);
    match slots_in(size) {
        Some(_) => Ok(()),
        None => {
            Err(SegmentError::Foreign { object, removal, source: NotAnExchange::Size { size } })
        }
    }
}

/// Opens and maps what was looked at; none if it is gone, or another one by now.
fn open(place: &impl Place, looked_at: &FileStat) -> Result<Option<Opened>, SegmentError> {
    let object = described(place, looked_at);
    step_with(Step::Find, || format!("open({})", place.path().display()));
    let result = place.open();
    log::debug!("open({}) = {result:?}", place.path().display());
    let fd = match result {
        Ok(fd) => fd,
        Err(Errno::ENOENT | Errno::ELOOP) => return Ok(None),
        Err(Errno::EACCES) if looked_at.st_uid != user::effective() => {
            return Err(SegmentError::NotOurs { object, denied: true });
        }
        Err(errno) => {
            let advice = (errno == Errno::EACCES)
                .then(|| format!("its mode denies us: chmod 600 {}", place.path().display()));
            return Err(SegmentError::Attach { object, advice, source: errno.into() });
        }
    };
    step_with(Step::Status, || "fstat of what was opened".to_owned());
    let status = fstat(&fd).map_err(|errno| attach_error(&object, errno))?;
    if !is_same(&status, looked_at) || status.st_size != looked_at.st_size || status.st_nlink == 0 {
        return Ok(None);
    }
    let memory = Mapped::new(&fd, size_of_object(&status));
    Ok(Some((fd, status, memory.map_err(|errno| attach_error(&object, errno))?)))
}

fn attach_error(object: &str, errno: Errno) -> SegmentError {
    SegmentError::Attach { object: object.to_owned(), advice: None, source: errno.into() }
}

/// Makes a whole object and gives it the name; none if another one has it by then.
fn create(place: &impl Place, request: &Request) -> Result<Option<Opened>, SegmentError> {
    let size = request.size();
    let failed = |errno: Errno| {
        let source = io::Error::from(errno);
        let advice = limits::file_advice(&source, directory_of(place.path()));
        let object = format!("{} of {size} bytes for key {}", place.label(), request.key);
        SegmentError::Create { object, advice, source }
    };
    let fd = nameless(directory_of(place.path())).map_err(failed)?;
    step_with(Step::Mode, || format!("fchmod to {:04o}", request.mode));
    fchmod(&fd, Mode::from_bits_truncate(request.mode)).map_err(failed)?;
    reserve(&fd, size).map_err(failed)?;
    let memory = Mapped::new(&fd, size).map_err(failed)?;
    let ours = format!("/proc/self/fd/{}", fd.as_raw_fd());
    step_with(Step::Publish, || format!("linkat to {}", place.path().display()));
    let result =
        linkat(AT_FDCWD, ours.as_str(), AT_FDCWD, place.path(), AtFlags::AT_SYMLINK_FOLLOW);
    log::debug!("linkat({ours}, {}) = {result:?}", place.path().display());
    match result.and_then(|()| fstat(&fd)) {
        Ok(status) => Ok(Some((fd, status, memory))),
        Err(Errno::EEXIST) => Ok(None),
        Err(errno) => Err(failed(errno)),
    }
}

/// A file that no name leads to, and that goes when nobody has it open.
fn nameless(directory: &Path) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC;
    step_with(Step::Create, || format!("openat({}, O_TMPFILE)", directory.display()));
    let result = openat(AT_FDCWD, directory, flags, Mode::S_IRUSR | Mode::S_IWUSR);
    log::debug!("openat({}, O_TMPFILE) = {result:?}", directory.display());
    result
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != OsStr::new("") => directory,
        _ => Path::new("."),
    }
}

fn size_of_object(status: &FileStat) -> usize {
    usize::try_from(status.st_size).unwrap_or(0)
}

fn is_same(one: &FileStat, other: &FileStat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

fn file_type(status: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT
}

fn type_name(status: &FileStat) -> &'static str {
    match file_type(status) {
        SFlag::S_IFLNK => "a symbolic link",
        SFlag::S_IFDIR => "a directory",
        SFlag::S_IFIFO => "a named pipe",
        SFlag::S_IFSOCK => "a socket",
        _ => "a device",
    }
}

fn described(place: &impl Place, status: &FileStat) -> String {
    let (size, owner, mode) = (status.st_size, user::name(status.st_uid), status.st_mode & 0o777);
    format!("{} ({size} bytes, owner {owner}, mode {mode:04o})", place.label())
}

/// A mapped object; unmapped on drop.
struct Object<P: Place> {
    /// Dropped first: it looks at the size once more, and knows the address.
    _watch: Option<Watch>,
    memory: Mapped,
    place: P,
    /// As it was when we attached it.
    status: FileStat,
}

// SAFETY: Mapped mapped st_size bytes shared, readable and writable, page-aligned and zeroed
// when the object was made; only its drop unmaps them. A peer can take pages away by
// ftruncate: an access then is a SIGBUS, which ends the process, and no undefined behaviour.
unsafe impl<P: Place> Mapping for Object<P> {
    fn base(&self) -> NonNull<u8> {
        self.memory.base()
    }
    fn size(&self) -> usize {
        self.memory.size()
    }
}

impl<P: Place> Segment for Object<P> {
    fn remove(&self) -> Result<(), SegmentError> {
        if !self.is_current() {
            return Ok(());
        }
        step_with(Step::Remove, || format!("unlink({})", self.place.path().display()));
        let result = self.place.unlink();
        log::debug!("unlink({}) = {result:?}", self.place.path().display());
        match result {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(SegmentError::Remove { object: self.name(), source: errno.into() }),
        }
    }

    fn is_current(&self) -> bool {
        match look(&self.place) {
            Ok(found) => found.is_some_and(|found| is_same(&found, &self.status)),
            // We may not look any more, but the object may well be there.
            Err(_) => true,
        }
    }

    fn name(&self) -> String {
        self.place.label()
    }

    fn description(&self) -> String {
        described(&self.place, &self.status)
    }

    fn removal(&self) -> String {
        self.place.removal()
    }
}
