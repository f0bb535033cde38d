//! A receiver's steps, with anything changed between them.

use std::fs::OpenOptions;
use std::os::fd::AsFd;

use handoff_proto::position::Position;
use handoff_proto::{
    Arrival, Closing, Error, Exchange, Interrupt, Receiver, Side, Strategy, TEXT_BYTES,
};

use crate::input::Input;
use crate::memory::Memory;
use crate::watch::Watch;

struct Reader<'a> {
    receiver: Receiver,
    exchange: &'a Exchange,
    memory: &'a Memory,
    watch: Watch,
    has_text: bool,
}

/// Claims the reader's role, and goes on until the input or the exchange is at its end.
pub(crate) fn drive(
    exchange: &Exchange,
    memory: &Memory,
    interrupt: Interrupt,
    input: &mut Input<'_>,
) {
    let interrupted = interrupt.is_raised();
    let position = Position::of_receiver(memory.all_written());
    let Ok(claimed) = Receiver::claim(exchange, interrupt, Strategy::FutexOnly) else { return };
    let position = position.expect("who has the role has a position");
    let watch = Watch { position, peer: Side::Writer, told: None, interrupted };
    let receiver = claimed.endpoint;
    let mut reader = Reader { receiver, exchange, memory, watch, has_text: false };
    while !input.is_over() {
        if reader.step(input).is_err() {
            // As the programs do: with a corrupt exchange nothing more is done.
            return;
        }
    }
    reader.end(input);
}

impl Reader<'_> {
    fn step(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        match input.below(8) {
            0 | 1 => self.memory.change(input),
            2 | 3 => self.wait()?,
            4 => self.look(),
            5 if self.has_text => self.acknowledge()?,
            6 => self.write()?,
            _ => {
                let unread = self.receiver.unread();
                assert!(unread.slots <= self.exchange.slots());
                assert!(unread.bytes <= unread.slots * TEXT_BYTES);
            }
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Error> {
        let not_yet = self.watch.position.free();
        if !self.has_text && !self.watch.says_something(not_yet, self.memory, self.exchange) {
            return Ok(());
        }
        match self.receiver.wait()? {
            Arrival::Text => self.has_text = true,
            Arrival::Peer(state) => self.watch.told = Some(state),
            Arrival::End(_) => {
                self.receiver.acknowledge_end()?;
                self.watch.advance(1);
            }
            Arrival::Interrupted => assert!(self.watch.interrupted),
        }
        Ok(())
    }

    fn look(&self) {
        let mut buffer = [0; TEXT_BYTES];
        let text = self.receiver.first_text(&mut buffer);
        assert_eq!(text.is_empty(), !self.has_text);
        assert!(self.memory.text(self.watch.position.slot()).starts_with(text));
    }

    fn acknowledge(&mut self) -> Result<(), Error> {
        self.receiver.acknowledge_first()?;
        self.has_text = false;
        self.watch.advance(1);
        Ok(())
    }

    /// All that is there goes to a sink that takes all.
    fn write(&mut self) -> Result<(), Error> {
        let sink = OpenOptions::new().write(true).open("/dev/null").expect("there is one");
        let before = self.memory.all_written();
        self.receiver.write_to(sink.as_fd()).expect("it takes all")?;
        let after = self.memory.all_written();
        self.watch
            .advance(before.iter().zip(after).filter(|(before, after)| *before != after).count());
        self.has_text = false;
        Ok(())
    }

    fn end(self, input: &mut Input<'_>) {
        let [finish, ..] = input.flags();
        if let Ok(Closing::Closed(closed)) = self.receiver.close() {
            if finish {
                closed.finish();
            } else {
                // It may be corrupt, and say so.
                let _ = closed.undo();
            }
        }
    }
}
