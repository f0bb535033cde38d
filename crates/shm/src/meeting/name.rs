//! The socket's name: who listens there, and who may.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use handoff_proto::step::{Step, step_with};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::unlink;

use crate::key::Key;
use crate::segment::SegmentError;
use crate::user;

/// Where the two sides of a key meet.
#[derive(Clone, Debug)]
pub(super) struct Name {
    directory: PathBuf,
    path: PathBuf,
    /// The directory is one that we make, and take away when it is empty.
    is_of_our_making: bool,
}

/// What is at a name.
pub(super) enum Found {
    /// Somebody listens, and this leads to them.
    Answer(UnixStream),
    /// Nobody did, so we do.
    Listening(Listener),
    /// Nobody, and this tells when the directory changes.
    Nobody(Notice),
}

impl Name {
    /// The name for a key.
    pub(super) fn of(key: Key) -> Self {
        let file = format!("handoff-{key}.sock");
        let runtime = env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
        let is_of_our_making = runtime.is_none();
        let directory = match runtime {
            Some(directory) => directory.into(),
            None => PathBuf::from(format!("/tmp/handoff-{}", user::effective())),
        };
        Self { path: directory.join(file), directory, is_of_our_making }
    }

    /// Sees to it that there is a directory, and that it is ours alone.
    fn prepare(&self) -> io::Result<()> {
        if self.is_of_our_making {
            match fs::DirBuilder::new().mode(0o700).create(&self.directory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Whatever the umask.
                made => made.and_then(|()| {
                    fs::set_permissions(&self.directory, fs::Permissions::from_mode(0o700))
                })?,
            }
        }
        let status = fs::symlink_metadata(&self.directory)?;
        let (mode, owner, directory) =
            (status.mode() & 0o7777, status.uid(), self.directory.display());
        let ours = status.is_dir() && owner == user::effective() && mode & 0o077 == 0;
        let why = format!(
            "{directory} must be a directory of ours with mode 0700, and is of {} with mode {mode:04o}",
            user::name(owner)
        );
        if ours { Ok(()) } else { Err(io::Error::new(io::ErrorKind::PermissionDenied, why)) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn label(&self) -> String {
        format!("socket {}", self.path.display())
    }

    /// Nobody could be met.
    pub(super) fn failed(&self, source: io::Error) -> SegmentError {
        SegmentError::Meet { object: self.label(), source }
    }

    /// What was met is not to be believed.
    pub(super) fn refused(&self, why: &str) -> SegmentError {
        self.failed(io::Error::new(io::ErrorKind::InvalidData, why))
    }

    /// Connects to whoever listens; if nobody does, listens, or says so.
    ///
    /// # Errors
    /// EINTR among others.
    pub(super) fn find(&self, listen: bool) -> io::Result<Found> {
        let lock = self.lock()?;
        // Before the question: who comes right behind the answer is noticed.
        let notice = if listen { None } else { Some(self.notice()?) };
        step_with(Step::Find, || format!("connect({})", self.path.display()));
        match UnixStream::connect(&self.path) {
            Ok(stream) => {
                log::debug!("connect({}) = 0", self.path.display());
                Ok(Found::Answer(stream))
            }
            Err(error) if is_nobody(&error) => {
                log::debug!("connect({}): {error}", self.path.display());
                match notice {
                    Some(notice) => Ok(Found::Nobody(notice)),
                    None => Ok(Found::Listening(self.listen(&lock)?)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps others from asking and replacing as well, until it is dropped.
    fn lock(&self) -> io::Result<Flock<File>> {
        loop {
            match self.prepare().and_then(|()| File::open(&self.directory)) {
                // Whoever was last has just taken it away.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.is_of_our_making => {}
                opened => {
                    let lock = Flock::lock(opened?, FlockArg::LockExclusive);
                    let lock = lock.map_err(|(_, errno)| errno)?;
                    // Locked when it was taken away, it keeps nobody from the next one.
                    let now = fs::metadata(&self.directory);
                    if now.ok().map(|now| id_of(&now)) == Some(id_of(&lock.metadata()?)) {
                        return Ok(lock);
                    }
                }
            }
        }
    }

    fn listen(&self, _lock: &Flock<File>) -> io::Result<Listener> {
        step_with(Step::Remove, || format!("unlink({}), should it be there", self.path.display()));
        match unlink(&self.path) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        step_with(Step::Listen, || format!("bind, listen({})", self.path.display()));
        let socket = UnixListener::bind(&self.path)?;
        step_with(Step::Mode, || format!("chmod({}, 0600)", self.path.display()));
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o600))?;
        socket.set_nonblocking(true)?;
        log::debug!("bind, listen({}) = 0", self.path.display());
        let status = fs::symlink_metadata(&self.path)?;
        Ok(Listener { socket, name: self.clone(), id: id_of(&status) })
    }

    fn notice(&self) -> io::Result<Notice> {
        let changes = Inotify::init(InitFlags::IN_CLOEXEC)?;
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE_SELF;
        changes.add_watch(&self.directory, flags)?;
        Ok(Notice { changes })
    }
}

fn id_of(status: &fs::Metadata) -> (u64, u64) {
    (status.dev(), status.ino())
}

/// Nobody listens: there is no such name, or whoever had it is gone.
fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Refuses who is another user, and says which process it is.
pub(super) fn check_peer(stream: &UnixStream, any_owner: bool) -> io::Result<i32> {
    let peer = getsockopt(&stream.as_fd(), PeerCredentials)?;
    log::debug!("getsockopt(SO_PEERCRED) = pid {}, uid {}", peer.pid(), peer.uid());
    if any_owner || peer.uid() == user::effective() {
        return Ok(peer.pid());
    }
    let (pid, name) = (peer.pid(), user::name(peer.uid()));
    let why = format!("process {pid} there belongs to another user, {name}");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// A change of the directory, to be waited for.
pub(super) struct Notice {
    changes: Inotify,
}

impl Notice {
    /// # Errors
    /// EINTR among others.
    pub(super) fn wait(&self) -> io::Result<()> {
        self.changes.read_events().map(drop).map_err(io::Error::from)
    }
}

/// A socket that listens, and its name.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: UnixListener,
    name: Name,
    /// Device and inode, by which we know whether the name is still ours.
    id: (u64, u64),
}

impl Listener {
    pub(super) fn path(&self) -> &Path {
        &self.name.path
    }

    /// Takes the name away, if it still leads to us; and the directory, if it is one that we
    /// make and nothing else is in it.
    pub(super) fn retire(&self) {
        let _lock = loop {
            match self.name.lock() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Where we may not even lock, we can remove nothing either.
                Err(_) => return,
                Ok(lock) => break lock,
            }
        };
        let found = fs::symlink_metadata(&self.name.path);
        if found.is_ok_and(|status| id_of(&status) == self.id) {
            step_with(Step::Remove, || format!("unlink({})", self.name.path.display()));
            let result = unlink(&self.name.path);
            log::debug!("unlink({}) = {result:?}", self.name.path.display());
        }
        if self.name.is_of_our_making {
            let _ = fs::remove_dir(&self.name.directory);
        }
    }
}
