//! How the two find each other: a Unix socket by a path, for two processes of one user.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use handoff_cli::Failure;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::Uid;

/// How long a message that has begun may take to arrive or to be taken. They are small: who
/// does not get on with one is stopped, or wants to do harm.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where we wait, for as long as we do: the path goes when we have met, or at Ctrl-C.
static WAITING: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Waits at the path for the other side.
pub(crate) fn wait_at(path: &Path) -> Result<UnixStream, Failure> {
    let failed = |error| Failure::of(format!("cannot wait at {}", path.display()), error);
    let listener = bind(path).map_err(|error| {
        let busy = error.kind() == io::ErrorKind::AddrInUse;
        let failure = failed(error);
        if busy { failure.advise("choose another path with --socket") } else { failure }
    })?;
    *waiting() = Some(path.to_owned());
    let met = meet(&listener);
    no_longer_wait();
    met.map_err(failed)
}

fn meet(listener: &UnixListener) -> io::Result<UnixStream> {
    ctrlc::set_handler(|| {
        no_longer_wait();
        std::process::exit(EXIT_INTERRUPTED);
    })
    .map_err(io::Error::other)?;
    let (stream, _) = listener.accept()?;
    trust(&stream)?;
    Ok(stream)
}

fn waiting() -> MutexGuard<'static, Option<PathBuf>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Once: the path may be somebody else's a moment later.
fn no_longer_wait() {
    if let Some(path) = waiting().take() {
        let _ = fs::remove_file(path);
    }
}

/// Goes to the other side, which waits at the path.
pub(crate) fn go_to(path: &Path) -> Result<UnixStream, Failure> {
    let failed = |error| Failure::of(format!("cannot meet anybody at {}", path.display()), error);
    let stream = UnixStream::connect(path)
        .map_err(|error| failed(error).advise("start `frames export` or `frames fill` first"))?;
    trust(&stream).map_err(failed)?;
    Ok(stream)
}

/// Whether the other side has closed its socket, perhaps by its death: nothing to read
/// any more, nobody to read, or something there that it has not read.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | BrokenPipe | ConnectionReset)
}

/// 128 + SIGINT, as shells say it.
const EXIT_INTERRUPTED: i32 = 130;

/// A socket that nobody answers at is one whose process was killed: it is replaced.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path).or_else(|error| {
        let stale = error.kind() == io::ErrorKind::AddrInUse
            && UnixStream::connect(path)
                .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        if !stale {
            return Err(error);
        }
        fs::remove_file(path)?;
        UnixListener::bind(path)
    })?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Only our own other processes: a frame is what a camera sees.
fn trust(stream: &UnixStream) -> io::Result<()> {
    let peer = getsockopt(stream, PeerCredentials)?;
    if peer.uid() != Uid::effective().as_raw() {
        let stranger = format!("process {} there is of another user", peer.pid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, stranger));
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}
