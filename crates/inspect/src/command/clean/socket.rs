//! Names of sockets at which nobody answers.
//!
//! The kernel's list is asked first, which disturbs nobody. But it has one network namespace's
//! sockets, and a name in a file system may be another's: in a container that shares the
//! directory. So a name that is not listed is asked, too: to connect to a socket whose owner is
//! gone is ECONNREFUSED, in whatever namespace. Should somebody answer after all, it sees a
//! guest that leaves at once.
//!
//! From the question to the removal we hold the lock that writer and reader hold, flock(2) on
//! the directory: nobody comes to listen in between.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::facts::socket::{self, Listed, Socket};
use crate::print::exchange::holders;

use super::verdict::{Fate, Verdict, belongs_to_us};

/// Judges all that are where writer and reader put them, and removes the dead ones.
pub(crate) fn all(dry_run: bool) -> Vec<Verdict> {
    let listed = Listed::read();
    socket::of_ours(&listed).iter().map(|socket| judge(socket, dry_run)).collect()
}

fn judge(socket: &Socket, dry_run: bool) -> Verdict {
    let (fate, why) = match is_dead(socket, dry_run) {
        Ok(fate) => (fate, "nobody answers".into()),
        Err(why) => (Fate::Kept, why),
    };
    Verdict { object: format!("socket {}", socket.path.display()), fate, why }
}

fn is_dead(socket: &Socket, dry_run: bool) -> Result<Fate, String> {
    belongs_to_us(&socket.owner)?;
    if socket.listening {
        return Err(format!("somebody listens: {}", holders(&socket.holders)));
    }
    let directory = socket.path.parent().unwrap_or(Path::new("/"));
    let lock = lock(directory)?;
    match UnixStream::connect(&socket.path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) => return Err(error.to_string()),
        Ok(_) => return Err("somebody answers, of another network namespace".into()),
    }
    if dry_run {
        return Ok(Fate::WouldBeRemoved);
    }
    fs::remove_file(&socket.path).map_err(|error| error.to_string())?;
    // Writer and reader make this directory, and take it away when it is empty.
    if directory.parent() == Some(Path::new("/tmp")) {
        let _ = fs::remove_dir(directory);
    }
    drop(lock);
    Ok(Fate::Removed)
}

/// Keeps others from listening there, until it is dropped.
fn lock(directory: &Path) -> Result<Flock<File>, String> {
    let failed = |error: io::Error| format!("cannot lock {}: {error}", directory.display());
    let file = File::open(directory).map_err(failed)?;
    let lock =
        Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
            Errno::EWOULDBLOCK => "somebody is just coming or going there".into(),
            errno => failed(errno.into()),
        })?;
    let id = |status: fs::Metadata| (status.dev(), status.ino());
    let now = fs::metadata(directory).map(id).map_err(failed)?;
    match lock.metadata().map(id).map_err(failed)? == now {
        true => Ok(lock),
        false => Err("its directory was taken away meanwhile".into()),
    }
}
