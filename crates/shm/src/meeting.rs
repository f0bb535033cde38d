//! Memory that no key leads to: the two sides meet at a socket, and one passes it on.
//!
//! The socket is `handoff-KEY.sock` in a directory of mode 0700: `$XDG_RUNTIME_DIR`, or
//! else `/tmp/handoff-UID`. Nobody but the user gets there, and each side asks the
//! kernel who the other is (SO_PEERCRED) before it believes a word.
//!
//! # Who does what
//! - A *host* listens at the socket. It has the memory, or is a reader that waits for it.
//! - A *guest* has connected. A writer that finds no host waits for one to come.
//!
//! ```text
//! guest                           host
//! lacks  ───────────────────────▶         "I have no memory"; or "has"
//!        ◀─────────────────────── takes   with its descriptors; or "lacks"
//! takes  ───────────────────────▶         a writer has made it; or the guest had it
//! ```
//! Then both have it, and the connection stays. It says nothing more but, by its end,
//! that the other is gone. When a host is gone, however it went, the guest that has the
//! memory becomes the host, unless a new reader listens there already: then it gives that
//! one the memory. So whoever survives keeps the memory and passes it on, and a reader or
//! writer that comes back goes on in it. That is what the thread of a [`Keeper`] does; it
//! sleeps as long as nobody comes or goes.
//!
//! # What is promised
//! As with System V nothing is lost, as long as one side lives. So a writer stays after
//! the end of its input until the text is read. Where both die the memory is gone, and
//! with it what was in it: that is the difference, and nothing can be done about it.
//!
//! # The socket's name
//! A host that was killed leaves its socket's name. It is replaced, but only if nobody
//! answers there. From the question to the listening a lock is held, flock(2) on the
//! directory, so that two do not replace each other; the kernel lets it go when its
//! holder dies. Who reads "closed" in the reader's word has removed nothing else: an
//! exchange that ends this way is not passed on any more.
//!
//! | module | owns |
//! |---|---|
//! | `name` | the socket's name: who listens there |
//! | `message` | the words that host and guest say |
//! | `host` | answering guests |
//! | `keeper` | keeping the memory, and passing it on |

mod host;
mod keeper;
mod message;
mod name;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

use handoff_proto::{Exchange, Keep, Mapping, RoleState, Side};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::key::Key;
use crate::segment::{Newcomer, Request, Segment, SegmentError};
use host::Host;
use keeper::{Keeper, Seat};
use message::{Message, Verb};
use name::{Found, Name};

/// Memory that can be passed on as descriptors.
pub(crate) trait Goods: Mapping + Send + Sync + Sized + 'static {
    /// By which both sides know that they mean the same: the name on the command line.
    const KIND: &'static str;

    /// New memory.
    fn make(request: &Request) -> Result<Self, SegmentError>;

    /// What is sent.
    fn descriptors(&self) -> Vec<BorrowedFd<'_>>;

    /// What came, if it is what it has to be; else what is wrong with it. It was said to
    /// have `size` bytes.
    fn judge(fds: Vec<OwnedFd>, size: usize) -> Result<Self, String>;
}

/// Descriptors that a message may carry at most, whatever the kind.
const MOST: usize = 2;

/// The socket of a key.
pub(crate) fn path(key: Key) -> PathBuf {
    Name::of(key).path().to_owned()
}

/// [`Kind::attach`](crate::Kind::attach) for memory that is passed on.
pub(crate) fn attach<G: Goods>(
    request: &Request,
    newcomer: &Newcomer<'_>,
) -> Result<Rc<dyn Segment>, SegmentError> {
    let name = Name::of(request.key);
    let mut told = false;
    loop {
        if newcomer.interrupt.is_raised() {
            return Err(SegmentError::Interrupted);
        }
        let met = match name.find(newcomer.side == Side::Reader) {
            Ok(Found::Answer(host)) => visit::<G>(&name, host, request, newcomer)?,
            Ok(Found::Listening(listener)) => {
                log::info!("waiting for a writer to come to {}", name.path().display());
                Some(receive::<G>(Host::new(listener, request.any_owner, None), newcomer, &name)?)
            }
            Ok(Found::Nobody(notice)) => {
                if !std::mem::replace(&mut told, true) {
                    log::info!("waiting for a reader to listen at {}", name.path().display());
                }
                notice.wait().or_else(again_after_a_signal).map_err(|error| name.failed(error))?;
                None
            }
            Err(error) => {
                again_after_a_signal(error).map_err(|error| name.failed(error))?;
                None
            }
        };
        if let Some((goods, seat)) = met {
            let keeper = Keeper::start(Arc::clone(&goods), name.clone(), seat, request.any_owner)
                .map_err(|error| name.failed(error))?;
            return Ok(Rc::new(Met { keeper, goods, name }));
        }
    }
}

/// A signal may be Ctrl-C: the caller looks.
fn again_after_a_signal(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}

/// Memory, and how we have it.
type MetAt<G> = (Arc<G>, Seat<G>);

/// Gets the memory from a host, or makes it and gives it to one. None if the host has gone.
fn visit<G: Goods>(
    name: &Name,
    host: UnixStream,
    request: &Request,
    newcomer: &Newcomer<'_>,
) -> Result<Option<MetAt<G>>, SegmentError> {
    let pid = name::check_peer(&host, request.any_owner).map_err(|error| name.failed(error))?;
    let failed = |error: io::Error| name.failed(error);
    if Message::of::<G>(Verb::Lacks, 0).send(&host, &[]).is_err() {
        return Ok(None);
    }
    while !is_readable(&host).map_err(failed)? {
        if newcomer.interrupt.is_raised() {
            return Err(SegmentError::Interrupted);
        }
    }
    let Ok((answer, fds)) = Message::receive::<G>(&host).map_err(failed)? else { return Ok(None) };
    let goods = match answer.verb {
        Verb::Takes => G::judge(fds, answer.size).map_err(|why| name.refused(&why))?,
        Verb::Lacks if newcomer.side == Side::Writer => {
            let goods = G::make(request)?;
            if Message::of::<G>(Verb::Takes, goods.size())
                .send(&host, &goods.descriptors())
                .is_err()
            {
                return Ok(None);
            }
            goods
        }
        Verb::Lacks => return Err(SegmentError::Waiting { object: name.label(), pid }),
        Verb::Has => return Err(name.refused("it answered out of turn")),
    };
    Ok(Some((Arc::new(goods), Seat::Guest(host))))
}

/// Whether there is something to receive; false after a signal.
fn is_readable(stream: &UnixStream) -> io::Result<bool> {
    let mut fds = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
    match poll(&mut fds, PollTimeout::NONE) {
        Ok(_) => Ok(true),
        Err(nix::Error::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits, as the host, until somebody gives us the memory.
fn receive<G: Goods>(
    mut host: Host<G>,
    newcomer: &Newcomer<'_>,
    name: &Name,
) -> Result<MetAt<G>, SegmentError> {
    loop {
        if newcomer.interrupt.is_raised() {
            host.retire();
            return Err(SegmentError::Interrupted);
        }
        host.turn(None).map_err(|error| name.failed(error))?;
        if let Some(goods) = host.goods() {
            return Ok((goods, Seat::Host(host)));
        }
    }
}

/// Whether the exchange in this memory has come to its end: nobody needs it any more.
fn is_closed<G: Goods>(goods: &Arc<G>) -> bool {
    Exchange::new(Arc::clone(goods))
        .is_ok_and(|exchange| exchange.role(Side::Reader) == RoleState::Closed)
}

/// Memory that we have, and keep for others.
struct Met<G: Goods> {
    /// Dropped first: its thread has the memory too.
    keeper: Keeper,
    goods: Arc<G>,
    name: Name,
}

// SAFETY: the same memory, kept by what is pointed to.
unsafe impl<G: Goods> Mapping for Met<G> {
    fn base(&self) -> NonNull<u8> {
        self.goods.base()
    }
    fn size(&self) -> usize {
        self.goods.size()
    }
    fn text_base(&self) -> NonNull<u8> {
        self.goods.text_base()
    }
    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        self.goods.access_text(writes)
    }
}

impl<G: Goods> Segment for Met<G> {
    /// From now on nobody finds it at the socket. Where another process is the host, it
    /// sees that the exchange is closed.
    fn remove(&self) -> Result<(), SegmentError> {
        self.keeper.retire();
        Ok(())
    }

    fn is_current(&self) -> bool {
        !is_closed(&self.goods)
    }

    fn persists(&self) -> bool {
        false
    }

    fn is_kept_by_others(&self) -> bool {
        self.keeper.has_others()
    }

    fn name(&self) -> String {
        format!("{} from {}", G::KIND, self.name.path().display())
    }

    fn description(&self) -> String {
        format!("{} ({} bytes)", self.name(), self.size())
    }

    fn removal(&self) -> String {
        format!("rm {}", self.name.path().display())
    }
}
