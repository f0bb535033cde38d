//! From the first read to the end of the stream.

use handoff_cli::{Exit, Failure};
use handoff_proto::{Corrupt, Error, Exchange, Interrupt, RoleState, Room, Sender, Side, Taken};
use handoff_shm::{AttachError, Attached, Finish, Segment};

use crate::args::Args;
use crate::input::{Input, PROMPT, Read};
use crate::news::News;

/// Reads stdin and hands it over, to its end.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let input = Input::new(&args.until).map_err(|error| Failure::of("cannot use stdin", error))?;
    let interrupt = handoff_cli::on_ctrl_c()?;
    let exchange = &args.exchange;
    handoff_cli::start_stepping("writer", exchange, &interrupt, Some(PROMPT))?;
    handoff_cli::look_elsewhere(exchange, "reader");
    let kind = exchange.kind();
    let wait = exchange.wait.into();
    let attached = match handoff_shm::attach_writer(&*kind, &exchange.request(), &interrupt, wait) {
        Err(AttachError::Interrupted) => return Ok(Exit::Interrupted),
        attached => attached?,
    };
    if attached.endpoint.is_broken() {
        log::warn!("the last writer did not end its stream; going on behind what it handed over");
    } else if attached.found.is_orphaned() {
        log::info!("the last writer died; it left nothing unfinished");
    }
    let reader = exchange.command("reader");
    let Attached { endpoint: sender, segment, .. } = attached;
    Stream { sender, segment: &*segment, news: News::new(reader.clone()), reader, interrupt }
        .hand_over_all(input)
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
        if !segment.persists() {
            return stay(segment, &exchange, news, &interrupt);
        }
        tidied_up(segment, handoff_shm::tidy_if_drained(segment, &exchange, &interrupt))?;
        Ok(Exit::Ended)
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
            self.sender.leave().map_err(|error| Failure::of_corrupt(segment, error))?;
            tidied_up(segment, handoff_shm::tidy(segment, &exchange, &self.interrupt))?;
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
        let Self { sender, segment, interrupt, .. } = self;
        let exchange = sender.exchange().clone();
        drop(sender);
        tidied_up(segment, handoff_shm::tidy(segment, &exchange, &interrupt))
    }

    fn failed(&self, error: Error) -> Failure {
        Failure::of_exchange(self.segment, error)
    }
}

fn tidied_up(segment: &dyn Segment, result: Result<Finish, Corrupt>) -> Result<(), Failure> {
    match result {
        Ok(Finish::Stays(error)) => log::warn!("{error}: it stays, empty"),
        Ok(Finish::Removed | Finish::LivesOn) => {}
        Err(error) => return Err(Failure::of_corrupt(segment, error)),
    }
    Ok(())
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
