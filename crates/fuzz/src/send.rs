//! A sender's steps, with anything changed between them.

use std::fs::File;
use std::os::fd::AsFd;

use handoff_proto::position::Position;
use handoff_proto::{Error, Exchange, Interrupt, Room, Sender, Side, Strategy, TEXT_BYTES};

use crate::input::Input;
use crate::memory::Memory;
use crate::watch::Watch;

struct Writer<'a> {
    sender: Sender,
    exchange: &'a Exchange,
    memory: &'a Memory,
    watch: Watch,
}

/// Claims the writer's role, and goes on until the input or the exchange is at its end.
pub(crate) fn drive(
    exchange: &Exchange,
    memory: &Memory,
    interrupt: Interrupt,
    input: &mut Input<'_>,
) {
    let interrupted = interrupt.is_raised();
    let position = Position::of_sender(memory.all_written());
    let Ok(claimed) = Sender::claim(exchange, interrupt, Strategy::FutexOnly) else { return };
    let position = position.expect("who has the role has a position");
    let watch = Watch { position, peer: Side::Reader, told: None, interrupted };
    let mut writer = Writer { sender: claimed.endpoint, exchange, memory, watch };
    while !input.is_over() {
        if writer.step(input).is_err() {
            return;
        }
    }
    writer.end(input);
}

impl Writer<'_> {
    fn step(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        match input.below(8) {
            0 | 1 => self.memory.change(input),
            2 | 3 => self.wait()?,
            4 if self.sender.free_slots() > 0 => self.send(input)?,
            5 if self.sender.free_slots() > 0 => self.read(input)?,
            _ => {
                let unread = self.sender.unread();
                assert!(unread.bytes <= unread.slots * TEXT_BYTES);
                assert!(self.sender.free_slots() <= self.exchange.slots());
                assert!(!self.sender.is_drained() || unread.slots == 0);
            }
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Error> {
        let not_yet = self.watch.position.lapped();
        let free = self.sender.free_slots() > 0;
        if !free && !self.watch.says_something(not_yet, self.memory, self.exchange) {
            return Ok(());
        }
        match self.sender.wait()? {
            Room::Free => assert!(free, "a slot became free by itself"),
            Room::Peer(state) => self.watch.told = Some(state),
            Room::Interrupted => assert!(self.watch.interrupted),
        }
        Ok(())
    }

    fn send(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        let text = vec![input.byte(); input.below(256) * 8 + input.below(9)];
        let slot = self.watch.position.slot();
        self.sender.send(&text)?;
        assert!(self.memory.text(slot).starts_with(&text));
        // Nothing is not handed over: it would be the end.
        self.watch.advance(usize::from(!text.is_empty()));
        Ok(())
    }

    /// As many bytes as fit, of which some are handed over.
    fn read(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        let source = File::open("/dev/zero").expect("there is one");
        let bytes = self.sender.read_from(source.as_fd()).expect("it has bytes for all");
        assert!(bytes <= self.exchange.slots() * TEXT_BYTES);
        let mut look = [1; TEXT_BYTES];
        self.sender.look_at_read(0, &mut look);
        let bytes = bytes.min(input.below(256) * 64);
        self.sender.hand_over_read(bytes)?;
        self.watch.advance(bytes.div_ceil(TEXT_BYTES));
        Ok(())
    }

    /// Each of the ways to leave. What they say of a corrupt exchange is theirs to say.
    fn end(mut self, input: &mut Input<'_>) {
        let [end, retire, ..] = input.flags();
        if end && self.sender.free_slots() > 0 {
            let _ = self.sender.end();
        } else if retire {
            let exchange = self.sender.exchange().clone();
            drop(self.sender);
            let _ = exchange.close_if_last(&Interrupt::never());
        }
    }
}
