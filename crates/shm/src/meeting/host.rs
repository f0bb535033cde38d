//! The one that listens: answers guests, one turn after the other.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use handoff_proto::step::{Step, step_with};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::message::{Message, Verb};
use super::name::{Listener, check_peer};
use super::{Goods, is_closed};

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Guests were answered, or a signal came.
    Taken,
    /// We are to stop.
    Stopped,
}

/// How far we are with a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has said nothing yet.
    Come,
    /// It has said what it has, and waits for an answer.
    Waiting,
    /// It knows that we lack the memory, and is about to give it: the only one, lest two
    /// writers each make one.
    Giving,
    /// It has the memory.
    Seated,
}

/// Who has connected.
struct Guest {
    stream: UnixStream,
    stage: Stage,
}

/// A listener, its guests, and the memory if it has any yet.
pub(super) struct Host<G> {
    listener: Arc<Listener>,
    guests: Vec<Guest>,
    any_owner: bool,
    goods: Option<Arc<G>>,
}

impl<G: Goods> Host<G> {
    pub(super) fn new(listener: Listener, any_owner: bool, goods: Option<Arc<G>>) -> Self {
        Self { listener: Arc::new(listener), guests: Vec::new(), any_owner, goods }
    }

    pub(super) fn goods(&self) -> Option<Arc<G>> {
        self.goods.clone()
    }

    pub(super) fn listener(&self) -> Arc<Listener> {
        Arc::clone(&self.listener)
    }

    /// How many others have come to have the memory.
    pub(super) fn guests(&self) -> usize {
        self.guests.iter().filter(|guest| guest.stage == Stage::Seated).count()
    }

    pub(super) fn retire(&self) {
        self.listener.retire();
    }

    /// Sleeps until somebody comes, says something or goes, and answers.
    pub(super) fn turn(&mut self, stop: Option<BorrowedFd<'_>>) -> io::Result<Turn> {
        let readable = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut fds = vec![readable(self.listener.socket.as_fd())];
        fds.extend(stop.map(readable));
        let before_guests = fds.len();
        fds.extend(self.guests.iter().map(|guest| readable(guest.stream.as_fd())));
        match poll(&mut fds, PollTimeout::NONE) {
            Err(nix::Error::EINTR) => return Ok(Turn::Taken),
            result => result?,
        };
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
        if stop.is_some() && ready[1] {
            return Ok(Turn::Stopped);
        }
        let mut ready_guests = ready[before_guests..].iter();
        let mut guests = std::mem::take(&mut self.guests);
        guests.retain_mut(|guest| !ready_guests.next().is_some_and(|&it| it) || self.hear(guest));
        self.guests = guests;
        self.answer_all();
        if ready[0] {
            self.let_in();
        }
        Ok(Turn::Taken)
    }

    fn let_in(&mut self) {
        step_with(Step::Accept, || format!("accept({})", self.listener.path().display()));
        let checked = self.listener.socket.accept().and_then(|(stream, _)| {
            stream.set_nonblocking(false)?;
            check_peer(&stream, self.any_owner).map(|_| stream)
        });
        match checked {
            Ok(stream) => self.guests.push(Guest { stream, stage: Stage::Come }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                log::warn!("refused who came to {}: {error}", self.listener.path().display());
                // It may still be there, with our table of files full: do not ask at once again.
                if error.raw_os_error() == Some(libc::EMFILE) {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }

    /// Hears what a guest says and answers. False if it is gone, or not to be believed.
    fn hear(&mut self, guest: &mut Guest) -> bool {
        let (message, fds) = match Message::receive::<G>(&guest.stream) {
            Ok(Ok(heard)) => heard,
            Ok(Err(_gone)) => return false,
            Err(error) => {
                log::warn!("refused who came to {}: {error}", self.listener.path().display());
                return false;
            }
        };
        match (message.verb, guest.stage) {
            (Verb::Has | Verb::Lacks, Stage::Come) => guest.stage = Stage::Waiting,
            (Verb::Takes, Stage::Giving) if self.goods.is_none() => {
                match G::judge(fds, message.size) {
                    Ok(goods) => self.goods = Some(Arc::new(goods)),
                    Err(why) => {
                        let path = self.listener.path().display();
                        log::warn!("refused memory that came to {path}: {why}");
                        return false;
                    }
                }
                guest.stage = Stage::Seated;
            }
            _ => return false,
        }
        true
    }

    /// Answers who waits, as far as we can.
    fn answer_all(&mut self) {
        let mut guests = std::mem::take(&mut self.guests);
        for at in 0..guests.len() {
            let giving = guests.iter().any(|guest| guest.stage == Stage::Giving);
            let guest = &mut guests[at];
            if guest.stage == Stage::Waiting && (self.goods.is_some() || !giving) {
                guest.stage = match self.answer(&guest.stream) {
                    Some(stage) => stage,
                    None => {
                        // Closed for sending and receiving: the next turn finds it gone.
                        let _ = guest.stream.shutdown(Shutdown::Both);
                        Stage::Come
                    }
                };
            }
        }
        self.guests = guests;
    }

    /// The guest's next stage; none if it is to go, or has gone.
    fn answer(&self, guest: &UnixStream) -> Option<Stage> {
        let (answer, fds, stage) = match &self.goods {
            None => (Message::of::<G>(Verb::Lacks, 0), Vec::new(), Stage::Giving),
            Some(goods) if is_closed(goods) => {
                // It is for nobody any more; the guest is to look who comes next.
                self.listener.retire();
                return None;
            }
            Some(goods) => {
                (Message::of::<G>(Verb::Takes, goods.size()), goods.descriptors(), Stage::Seated)
            }
        };
        answer.send(guest, &fds).is_ok().then_some(stage)
    }
}
