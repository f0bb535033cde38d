//! From the first text to the end of the stream.

use std::ops::ControlFlow::{self, Break, Continue};

use handoff_cli::{Exit, Failure};
use handoff_proto::{Arrival, Corrupt, Ending, Error, Interrupt, Receiver, RoleState, Unread};
use handoff_shm::{AttachError, Attached, Finish, Segment};

use crate::args::Args;
use crate::output::{Output, Printed};

/// Receives text and prints it, to the end of the stream.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let output = Output::new().map_err(|error| Failure::of("cannot use stdout", error))?;
    let interrupt = handoff_cli::on_ctrl_c()?;
    let exchange = &args.exchange;
    handoff_cli::start_stepping("reader", exchange, &interrupt, None)?;
    handoff_cli::look_elsewhere(exchange, "writer");
    let kind = exchange.kind();
    let wait = exchange.wait.into();
    let attached = match handoff_shm::attach_reader(&*kind, &exchange.request(), &interrupt, wait) {
        Err(AttachError::Interrupted) => return Ok(Exit::Interrupted),
        attached => attached?,
    };
    let Attached { endpoint: receiver, found, segment } = attached;
    tell_of_the_last_reader(found, receiver.unread());
    let commands = ["reader", "writer"].map(|program| exchange.command(program));
    Stream { receiver, segment: &*segment, output, keep: args.keep, commands, interrupt }
        .print_all()
}

/// What is printed twice, is announced.
fn tell_of_the_last_reader(found: RoleState, unread: Unread) {
    match found {
        RoleState::Died if unread.slots == 0 => {
            log::warn!("the last reader died; going on behind it");
        }
        RoleState::Died => {
            log::warn!("the last reader died; it may have printed some of this: {unread}");
        }
        RoleState::Abandoned(_) if unread.slots > 0 => {
            log::warn!("the last reader left in the middle; it has printed some of this: {unread}");
        }
        _ => {}
    }
}

/// Why there is nothing more to print.
enum Stop {
    /// The stream is at its end.
    End(Ending),
    /// The writer is gone without ending it.
    Orphaned,
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads our output any more.
    Closed,
}

struct Stream<'a> {
    receiver: Receiver,
    segment: &'a dyn Segment,
    output: Output,
    keep: bool,
    /// How to start another reader, and a writer.
    commands: [String; 2],
    interrupt: Interrupt,
}

impl Stream<'_> {
    fn print_all(mut self) -> Result<Exit, Failure> {
        loop {
            let arrival = match self.receiver.is_interrupted() {
                true => Arrival::Interrupted,
                false => self.receiver.wait().map_err(|error| self.failed(error))?,
            };
            let step = match arrival {
                Arrival::Text => self.print()?,
                Arrival::End(ending) => self.end(ending)?,
                Arrival::Peer(state) => self.news(state),
                Arrival::Interrupted => Break(Stop::Interrupted),
            };
            if let Break(stop) = step {
                self.output.end();
                return self.stop(stop);
            }
        }
    }

    fn print(&mut self) -> Result<ControlFlow<Stop>, Failure> {
        match self.output.print(&mut self.receiver) {
            Printed::Out | Printed::Interrupted => Ok(Continue(())),
            Printed::Closed => Ok(Break(Stop::Closed)),
            Printed::Failed(error) => {
                Err(Failure::of("cannot write to stdout", error).advise(self.rest()))
            }
            Printed::Corrupt(error) => Err(self.failed(error.into())),
        }
    }

    fn end(&mut self, ending: Ending) -> Result<ControlFlow<Stop>, Failure> {
        if ending.broken {
            log::warn!("a writer died before it ended its stream, and the next went on with it");
        }
        if !self.keep {
            return Ok(Break(Stop::End(ending)));
        }
        self.output.end();
        self.receiver.acknowledge_end().map_err(|error| self.failed(error.into()))?;
        Ok(Continue(()))
    }

    fn news(&self, writer: RoleState) -> ControlFlow<Stop> {
        match writer {
            RoleState::Vacant => log::info!("waiting for a writer: {}", self.commands[1]),
            RoleState::Held(pid) => log::info!("the writer is process {pid}"),
            RoleState::Died => log::warn!("the writer died before it ended its stream"),
            RoleState::Abandoned(pid) => {
                log::warn!("the writer (process {pid}) has left without ending its stream");
            }
            // A reader before us closed it and died: it is ours to open again.
            RoleState::Closed => self.receiver.reopen(),
        }
        if writer.is_orphaned() && !self.keep { Break(Stop::Orphaned) } else { Continue(()) }
    }

    fn stop(self, stop: Stop) -> Result<Exit, Failure> {
        match stop {
            Stop::End(Ending { by, broken, .. }) => {
                let waited = self.receiver.wait_for_writer_to_go(by);
                waited.map_err(|error| self.failed(error))?;
                if self.receiver.is_interrupted() {
                    return self.leave();
                }
                self.finish()?;
                Ok(if broken { Exit::WriterDied } else { Exit::Ended })
            }
            Stop::Orphaned => {
                self.finish()?;
                Ok(Exit::WriterDied)
            }
            Stop::Interrupted => self.leave(),
            Stop::Closed => {
                log::info!("nobody reads our output any more; {}", self.rest());
                Ok(Exit::Ended)
            }
        }
    }

    /// Ctrl-C: leaves no segment behind, unless there is text in it or a writer.
    fn leave(self) -> Result<Exit, Failure> {
        if self.receiver.unread().slots > 0 {
            log::info!("{}", self.rest());
            return Ok(Exit::Interrupted);
        }
        let Self { receiver, segment, interrupt, .. } = self;
        let exchange = receiver.exchange().clone();
        drop(receiver);
        ended(segment, handoff_shm::tidy(segment, &exchange, &interrupt))?;
        Ok(Exit::Interrupted)
    }

    /// What the next reader will find.
    fn rest(&self) -> String {
        let (unread, reader) = (self.receiver.unread(), &self.commands[0]);
        if !self.segment.is_kept_by_others() {
            return format!("{unread} lost with {}, which nobody else has", self.segment.name());
        }
        match self.receiver.written_out() {
            0 => format!("{unread} kept for the next: {reader}"),
            twice => {
                format!("{unread} kept for the next, {twice} of them printed already: {reader}")
            }
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let Self { receiver, segment, interrupt, .. } = self;
        let finish = handoff_shm::finish(segment, receiver, &interrupt);
        if matches!(finish, Ok(Finish::LivesOn)) {
            log::info!("{} has another stream already", segment.name());
        }
        ended(segment, finish)
    }

    fn failed(&self, error: Error) -> Failure {
        Failure::of_exchange(self.segment, error)
    }
}

fn ended(segment: &dyn Segment, result: Result<Finish, Corrupt>) -> Result<(), Failure> {
    match result {
        Ok(Finish::Removed | Finish::LivesOn) => Ok(()),
        Ok(Finish::Stays(error)) => {
            log::warn!("{error}: it stays, empty");
            Ok(())
        }
        Err(error) => Err(Failure::of_corrupt(segment, error)),
    }
}
