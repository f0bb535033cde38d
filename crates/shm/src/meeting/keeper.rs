//! Keeping the memory for whoever comes, beside the thread that uses it.

use std::io::{self, PipeReader, PipeWriter, pipe};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use handoff_proto::Exchange;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::host::{Host, Turn};
use super::message::{Message, Verb};
use super::name::{Found, Listener, Name, check_peer};
use super::{Goods, is_closed};

/// How a process has the memory.
pub(super) enum Seat<G> {
    /// It listens.
    Host(Host<G>),
    /// It is connected to who does.
    Guest(UnixStream),
}

/// What the two threads of this process have in common.
#[derive(Default)]
struct Shared {
    /// Other processes that have the memory, as far as we know.
    others: AtomicUsize,
    /// What we listen at, if we do.
    listener: Mutex<Option<Arc<Listener>>>,
}

impl Shared {
    fn set(&self, others: usize, listener: Option<Arc<Listener>>) {
        self.others.store(others, Relaxed);
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }
}

/// A thread that keeps the memory, until this is dropped.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    /// Closed, it tells the thread to stop.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start<G: Goods>(
        goods: Arc<G>,
        name: Name,
        seat: Seat<G>,
        any_owner: bool,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (stopped, stop) = pipe()?;
        let work = Work { goods, name, any_owner, stopped, shared: Arc::clone(&shared) };
        work.note(&seat);
        let thread = Builder::new().name("keeper".into()).spawn(move || work.run(seat))?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Nobody finds the memory at our socket any more.
    pub(super) fn retire(&self) {
        let listener = self.shared.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = &*listener {
            listener.retire();
        }
    }

    pub(super) fn has_others(&self) -> bool {
        self.shared.others.load(Relaxed) > 0
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed, and the memory is unmapped all the same.
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Work<G> {
    goods: Arc<G>,
    name: Name,
    any_owner: bool,
    stopped: PipeReader,
    shared: Arc<Shared>,
}

impl<G: Goods> Work<G> {
    fn note(&self, seat: &Seat<G>) {
        match seat {
            Seat::Host(host) => self.shared.set(host.guests(), Some(host.listener())),
            Seat::Guest(_) => self.shared.set(1, None),
        }
    }

    fn run(self, mut seat: Seat<G>) {
        loop {
            self.note(&seat);
            let next = match seat {
                Seat::Host(mut host) => match host.turn(Some(self.stopped.as_fd())) {
                    Ok(Turn::Taken) => {
                        self.tell();
                        Ok(Some(Seat::Host(host)))
                    }
                    Ok(Turn::Stopped) => return host.retire(),
                    Err(error) => Err(error),
                },
                Seat::Guest(host) => match self.is_over(&host) {
                    Ok(true) => return,
                    Ok(false) => {
                        self.tell();
                        self.succeed()
                    }
                    Err(error) => Err(error),
                },
            };
            seat = match next {
                Ok(Some(next)) => next,
                Ok(None) => return self.shared.set(0, None),
                Err(error) => {
                    log::warn!("cannot keep the memory for the other side: {error}");
                    return self.shared.set(0, None);
                }
            };
        }
    }

    /// Somebody has come or gone: the other thread may wait for just that.
    fn tell(&self) {
        if let Ok(exchange) = Exchange::new(Arc::clone(&self.goods)) {
            exchange.look_again();
        }
    }

    /// Sleeps until the host is gone, or we are to stop: true then.
    fn is_over(&self, host: &UnixStream) -> io::Result<bool> {
        loop {
            let readable = |fd| PollFd::new(fd, PollFlags::POLLIN);
            let mut fds = [readable(host.as_fd()), readable(self.stopped.as_fd())];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(nix::Error::EINTR) => continue,
                result => result?,
            };
            if fds[1].any().unwrap_or(true) {
                return Ok(true);
            }
            // A host that has said its word has nothing more to say.
            return Ok(false);
        }
    }

    /// The host is gone: becomes the host, or the guest of the next one. None if nobody
    /// needs the memory any more.
    fn succeed(&self) -> io::Result<Option<Seat<G>>> {
        loop {
            if is_closed(&self.goods) {
                return Ok(None);
            }
            let host = match self.name.find(true) {
                Ok(Found::Answer(host)) => host,
                Ok(Found::Listening(listener)) => {
                    log::debug!("keeping the memory at {}", self.name.path().display());
                    let goods = Some(Arc::clone(&self.goods));
                    return Ok(Some(Seat::Host(Host::new(listener, self.any_owner, goods))));
                }
                Ok(Found::Nobody(_)) => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            check_peer(&host, self.any_owner)?;
            if Message::of::<G>(Verb::Has, self.goods.size()).send(&host, &[]).is_err() {
                continue;
            }
            if self.is_over(&host)? {
                return Ok(None);
            }
            let Ok((answer, _theirs)) = Message::receive::<G>(&host)? else { continue };
            if answer.verb == Verb::Lacks {
                let ours = Message::of::<G>(Verb::Takes, self.goods.size());
                if ours.send(&host, &self.goods.descriptors()).is_err() {
                    continue;
                }
            }
            return Ok(Some(Seat::Guest(host)));
        }
    }
}
