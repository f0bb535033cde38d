//! The same in the classic layout, from a writer that may be one of the C programs.
//!
//! A text that begins with "end" is the last one, as in C. A writer that leaves without it is
//! known by its attachment, which the kernel counts, and only once it has handed something
//! over: who has attached the segment and has said nothing may be anybody. A writer that
//! attaches it anew for each text passes for one that leaves; `--keep` bears with it.

use std::ops::ControlFlow::{self, Break, Continue};

use handoff_cli::{Exit, Failure};
use handoff_proto::blog::{End, Receiver, TEXT_BYTES, Woke, is_end};
use handoff_proto::{Corrupt, Interrupt};
use handoff_shm::blog::{Place, Presence};

use crate::args::Args;
use crate::output::{Output, Printed};

/// Receives text and prints it, to the end of the stream.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let output = Output::new().map_err(|error| Failure::of("cannot use stdout", error))?;
    let interrupt = handoff_cli::on_ctrl_c()?;
    handoff_cli::start_stepping("reader", &args.exchange, &interrupt, None)?;
    handoff_cli::look_elsewhere(&args.exchange, "writer");
    let place = Place::attach(&args.exchange.request(), &interrupt)?;
    let stream = Stream {
        args,
        place,
        output,
        in_stream: false,
        orphaned: false,
        told_of_cuts: false,
        interrupt,
    };
    stream.print_all()
}

/// Why there is nothing more to print.
enum Stop {
    /// The stream is at its end.
    End,
    /// The writer is gone without ending it.
    Orphaned,
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads our output any more.
    Closed,
}

struct Stream<'a> {
    args: &'a Args,
    place: Place<Receiver>,
    output: Output,
    /// There was text, and no end yet.
    in_stream: bool,
    /// A writer has left without an end, and we have removed the segment.
    orphaned: bool,
    told_of_cuts: bool,
    interrupt: Interrupt,
}

impl Stream<'_> {
    fn print_all(mut self) -> Result<Exit, Failure> {
        match self.print_until_stop() {
            Ok(stop) => {
                self.output.end();
                Ok(self.stop(stop))
            }
            Err(failure) => {
                self.leave();
                Err(failure)
            }
        }
    }

    fn print_until_stop(&mut self) -> Result<Stop, Failure> {
        loop {
            let step = match self.place.wait().map_err(|error| self.failed(error))? {
                Woke::Turn => self.print()?,
                Woke::News(now) => self.news(now)?,
                Woke::Interrupted => Break(Stop::Interrupted),
            };
            if let Break(stop) = step {
                return Ok(stop);
            }
        }
    }

    fn print(&mut self) -> Result<ControlFlow<Stop>, Failure> {
        let mut buffer = [0; TEXT_BYTES];
        let text = self.place.end.text(&mut buffer);
        if text.bytes.is_empty() {
            // It only asks whether we are there.
            self.place.end.acknowledge();
            return Ok(Continue(()));
        }
        let is_cut = text.is_cut && !text.bytes.ends_with(b"\n");
        if is_cut && !std::mem::replace(&mut self.told_of_cuts, true) {
            log::warn!("a text fills its place and has no NUL: the rest of its line is lost");
        }
        let at_end = is_end(text.bytes);
        if at_end {
            // The end is a line of its own on the screen, whatever was before it.
            self.output.end();
        }
        if let Break(stop) = self.print_out(text.bytes)? {
            return Ok(Break(stop));
        }
        self.place.end.acknowledge();
        if at_end || is_cut {
            // The next text is another line, also where this one's newline is missing.
            self.output.end();
        }
        self.in_stream = !at_end;
        match at_end && !self.args.keep {
            true => Ok(Break(Stop::End)),
            false => Ok(Continue(())),
        }
    }

    fn print_out(&mut self, text: &[u8]) -> Result<ControlFlow<Stop>, Failure> {
        loop {
            match self.output.print_text(text) {
                Printed::Out => return Ok(Continue(())),
                Printed::Interrupted if self.interrupt.is_raised() => {
                    return Ok(Break(Stop::Interrupted));
                }
                Printed::Interrupted => {}
                Printed::Closed => return Ok(Break(Stop::Closed)),
                Printed::Failed(error) => {
                    return Err(Failure::of("cannot write to stdout", error).advise(self.rest()));
                }
                Printed::Corrupt(error) => return Err(self.failed(error)),
            }
        }
    }

    fn news(&mut self, now: Presence) -> Result<ControlFlow<Stop>, Failure> {
        match now {
            Presence::Alone | Presence::Lost if self.in_stream => return Ok(self.orphan(now)),
            Presence::Lost if self.orphaned => return Ok(Break(Stop::Orphaned)),
            Presence::Lost => {
                log::info!("{} was removed; going on in a new one", self.place.segment().name());
                self.place = Place::attach(&self.args.exchange.request(), &self.interrupt)?;
            }
            Presence::Alone => {
                log::info!("waiting for a writer: {}", self.args.exchange.command("writer"));
            }
            Presence::Other | Presence::Others => self.place.tell_of_others(now),
        }
        Ok(Continue(()))
    }

    /// The writer is gone. A writer may come at this very moment: so the segment is removed
    /// first, and looked at again.
    fn orphan(&mut self, now: Presence) -> ControlFlow<Stop> {
        log::warn!("the writer has left without ending its stream");
        self.in_stream = false;
        if self.args.keep {
            self.output.end();
            return Continue(());
        }
        match now {
            Presence::Alone if self.remove() => {
                self.orphaned = true;
                Continue(())
            }
            _ => Break(Stop::Orphaned),
        }
    }

    fn stop(self, stop: Stop) -> Exit {
        match stop {
            Stop::End => {
                self.remove();
                if self.orphaned { Exit::WriterDied } else { Exit::Ended }
            }
            Stop::Orphaned => Exit::WriterDied,
            Stop::Interrupted => {
                if self.place.end.unread() > 0 {
                    log::info!("{}", self.rest());
                }
                self.leave();
                Exit::Interrupted
            }
            Stop::Closed => {
                log::info!("nobody reads our output any more; {}", self.rest());
                self.leave();
                Exit::Ended
            }
        }
    }

    /// What the next reader will find.
    fn rest(&self) -> String {
        let unread = self.place.end.unread();
        format!("{unread} bytes kept for the next: {}", self.args.exchange.command("reader"))
    }

    /// Whether the segment is removed.
    fn remove(&self) -> bool {
        let removed = self.place.segment().remove();
        removed.inspect_err(|error| log::warn!("{error}: it stays, empty")).is_ok()
    }

    fn leave(self) {
        if let Err(error) = self.place.leave(false) {
            log::warn!("{error}: it stays, empty");
        }
    }

    fn failed(&self, error: Corrupt) -> Failure {
        Failure::of_corrupt(self.place.segment(), error)
    }
}
