//! From the first read to the end of the stream.

use handoff_cli::{Exit, Failure};
use handoff_proto::{Error, Exchange, Interrupt, RoleState, Room, Sender, Side, Taken};
use handoff_shm::{AttachError, Attached, Finish, Segment};

use crate::args::Args;
use crate::input::{Input, Read};
use crate::news::News;

/// Reads stdin and hands it over, to its end.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let interrupt = handoff_cli::on_ctrl_c()?;
    let exchange = &args.exchange;
    handoff_cli::look_elsewhere(exchange, "reader");
    let kind = exchange.kind();
    let wait = exchange.wait.into();
    let attached = match handoff_shm::attach_writer(&*kind, &exchange.request(), &interrupt, wait) {
        Err(AttachError::Interrupted) => return Ok(Exit::Interrupted),
        attached => attached?,
    };
    if attached.found.is_orphaned() && !attached.endpoint.is_behind_an_end() {
        log::warn!("the last writer did not end its stream; going on behind what it handed over");
    }
    let reader = exchange.command("reader");
    let Attached { endpoint: sender, segment, .. } = attached;
    Stream { sender, segment: &*segment, news: News::new(reader.clone()), reader, interrupt }
        .hand_over_all(Input::new(&args.until))
}

struct Stream<'a> {
    sender: Sender,
    segment: &'a dyn Segment,
    news: News,
    /// How to start a reader.
    reader: String,
    interrupt: Interrupt,
}

impl Stream<'_> {
    fn hand_over_all(mut self, mut input: Input) -> Result<Exit, Failure> {
        loop {
            self.news.tell(self.sender.reader(), false);
            if !self.wait_for_room()? {
                input.leave_prompt();
                return self.leave();
            }
            let read = match input.read(&mut self.sender) {
                Ok(read) => read,
                Err(failure) => return self.clean_up().and(Err(failure)),
            };
            match read {
                Read::Text(bytes) => self.hand_over(bytes)?,
                Read::Last(bytes) => {
                    self.hand_over(bytes)?;
                    return self.end();
                }
                Read::End => {
                    input.leave_prompt();
                    return self.end();
                }
                Read::Interrupted => {}
            }
        }
    }

    /// False if somebody wants us to leave.
    fn wait_for_room(&mut self) -> Result<bool, Failure> {
        loop {
            if self.sender.is_interrupted() {
                return Ok(false);
            }
            match self.sender.wait().map_err(|error| self.failed(error))? {
                Room::Free => return Ok(!self.sender.is_interrupted()),
                Room::Peer(state) => self.news.tell(state, true),
                Room::Interrupted => return Ok(false),
            }
        }
    }

    fn hand_over(&mut self, bytes: usize) -> Result<(), Failure> {
        self.sender.hand_over_read(bytes).map_err(|error| self.failed(error.into()))
    }

    fn end(mut self) -> Result<Exit, Failure> {
        if !self.wait_for_room()? {
            return self.leave();
        }
        let Self { sender, segment, news, interrupt, .. } = self;
        let exchange = sender.exchange().clone();
        sender.end().map_err(|error| Failure::of_corrupt(segment, error))?;
        match segment.persists() {
            true => Ok(Exit::Ended),
            false => stay(segment, &exchange, news, &interrupt),
        }
    }

    /// Ctrl-C: ends the stream, if there is room for an end and somebody to see it.
    fn leave(mut self) -> Result<Exit, Failure> {
        let (segment, unread) = (self.segment, self.sender.unread());
        if self.is_of_no_use() {
            self.clean_up()?;
            return Ok(Exit::Interrupted);
        }
        if unread.slots > 0 && !segment.is_kept_by_others() {
            log::warn!("{unread} lost with {}, which nobody else has", segment.name());
        } else if unread.slots > 0 && !self.has_reader() {
            log::info!("{unread} kept in {}: {}", segment.name(), self.reader);
        }
        if self.sender.free_slots() > 0 {
            let exchange = self.sender.exchange().clone();
            let corrupt = |error| Failure::of_corrupt(segment, error);
            self.sender.end().map_err(corrupt)?;
            handoff_shm::tidy(segment, &exchange, &self.interrupt).map_err(corrupt)?;
        } else {
            log::warn!("every slot is full: the stream has no end");
        }
        Ok(Exit::Interrupted)
    }

    fn has_reader(&self) -> bool {
        matches!(self.sender.reader(), RoleState::Held(_))
    }

    /// Nobody is there, and nobody who comes would find anything.
    fn is_of_no_use(&self) -> bool {
        !self.has_reader() && self.sender.is_drained()
    }

    /// Leaves without an end, and leaves no segment behind that is of no use.
    fn clean_up(self) -> Result<(), Failure> {
        if !self.is_of_no_use() {
            return Ok(());
        }
        let Self { sender, segment, .. } = self;
        let Some(receiver) = sender.retire() else { return Ok(()) };
        let finish = handoff_shm::finish(segment, receiver);
        if let Finish::Stays(error) = finish.map_err(|error| Failure::of_corrupt(segment, error))? {
            log::warn!("{error}: it stays, empty");
        }
        Ok(())
    }

    fn failed(&self, error: Error) -> Failure {
        Failure::of_exchange(self.segment, error)
    }
}

/// The memory goes with its last process: stays until all is read.
fn stay(
    segment: &dyn Segment,
    exchange: &Exchange,
    mut news: News,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let mut known = exchange.role(Side::Reader);
    loop {
        news.tell(known, false);
        let taken = exchange.wait_until_taken(interrupt, known);
        match taken.map_err(|error| Failure::of_exchange(segment, error))? {
            Taken::All => return Ok(Exit::Ended),
            Taken::Peer(state) => known = state,
            Taken::Interrupted => {
                if !segment.is_kept_by_others() {
                    log::warn!("what nobody has read is lost with {}", segment.name());
                }
                return Ok(Exit::Interrupted);
            }
        }
    }
}
