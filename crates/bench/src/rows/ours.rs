//! This project's hand-off, as the programs do it, but from and to a buffer.

use std::io;

use handoff_proto::{
    Arrival, Corrupt, Error, Exchange, Interrupt, Receiver, RoleState, Room, Sender, Side as Role,
    Strategy, TEXT_BYTES,
};
use handoff_shm::Kind;
use handoff_shm::file::File;
use handoff_shm::memfd::Memfd;
use handoff_shm::posix::Posix;
use handoff_shm::sysv::Sysv;

use super::{attach, request};
use crate::row::Clock::{Each, Mean};
use crate::row::Group::Ours;
use crate::row::{Row, SIZES, TRIP_BYTES};
use crate::side::{Answer, Channel, Failure, LAST, Part, Scene, Side, Trip};
use crate::sys::{GivenAway, second_role};

/// What a pair's second exchange is for: the way back.
const WAY: [u32; 2] = [0, 1];

const ONE: &[usize] = &[64];

pub(super) const ROWS: &[Row] = &[
    // One exchange of one slot: a hand-off, and its acknowledgement.
    Row::trip(Ours, Mean, "ack/spin", "hand-off and acknowledgement, --wait spin", |side| {
        acknowledged(side, &Sysv, Strategy::Spin)
    }),
    Row::trip(Ours, Mean, "ack/futex", "hand-off and acknowledgement, --wait futex", |side| {
        acknowledged(side, &Sysv, Strategy::Futex)
    }),
    Row::trip(Ours, Each, "ack/asleep", "hand-off and acknowledgement, always asleep", |side| {
        acknowledged(side, &Sysv, Strategy::FutexOnly)
    }),
    Row::trip(Ours, Each, "ack/sleep", "hand-off and acknowledgement, --wait sleep", |side| {
        acknowledged(side, &Sysv, Strategy::Sleep)
    }),
    // Two exchanges: a message there, the same back.
    Row::trip(Ours, Mean, "sysv/spin", "two exchanges, --wait spin", |side| {
        two_ways(side, &Sysv, Strategy::Spin, 16)
    }),
    Row::trip(Ours, Mean, "sysv/futex", "two exchanges, --wait futex", |side| {
        two_ways(side, &Sysv, Strategy::Futex, 16)
    }),
    Row::trip(Ours, Each, "sysv/asleep", "two exchanges, always asleep", |side| {
        two_ways(side, &Sysv, Strategy::FutexOnly, 16)
    }),
    Row::trip(Ours, Each, "sysv/sleep", "two exchanges, --wait sleep", |side| {
        two_ways(side, &Sysv, Strategy::Sleep, 16)
    }),
    // The same with each other kind of memory, a line here.
    Row::trip(Ours, Mean, "posix/spin", "two exchanges, --wait spin, --via posix", |side| {
        two_ways(side, &Posix, Strategy::Spin, 16)
    }),
    Row::trip(Ours, Mean, "file/spin", "two exchanges, --wait spin, --via file", |side| {
        two_ways(side, &File { path: None }, Strategy::Spin, 16)
    }),
    Row::trip(Ours, Mean, "memfd/spin", "two exchanges, --wait spin, --via memfd", |side| {
        two_ways(side, &Memfd, Strategy::Spin, 16)
    }),
    Row::stream(Ours, ONE, "stream/1", "handed over, 1 slot", |side| {
        two_ways(side, &Sysv, Strategy::Futex, 1)
    }),
    Row::stream(Ours, ONE, "stream/2", "handed over, 2 slots", |side| {
        two_ways(side, &Sysv, Strategy::Futex, 2)
    }),
    Row::stream(Ours, SIZES, "stream/16", "handed over, 16 slots", |side| {
        two_ways(side, &Sysv, Strategy::Futex, 16)
    }),
    Row::stream(Ours, ONE, "stream/64", "handed over, 64 slots", |side| {
        two_ways(side, &Sysv, Strategy::Futex, 64)
    }),
    Row::stream(Ours, ONE, "stream/16/spin", "handed over, 16 slots, --wait spin", |side| {
        two_ways(side, &Sysv, Strategy::Spin, 16)
    }),
    Row::stream(Ours, ONE, "stream/16/sleep", "handed over, 16 slots, --wait sleep", |side| {
        two_ways(side, &Sysv, Strategy::Sleep, 16)
    }),
];

fn wrong(error: Error) -> io::Error {
    io::Error::other(error.to_string())
}

fn corrupt(error: Corrupt) -> io::Error {
    io::Error::other(error.to_string())
}

#[cold]
fn news(state: RoleState) -> io::Result<()> {
    match state.is_orphaned() {
        true => Err(io::Error::other("the other side is gone")),
        false => Ok(()),
    }
}

fn exchange(
    scene: &Scene,
    n: u32,
    kind: &dyn Kind,
    (role, slots): (Role, usize),
) -> Result<Exchange, String> {
    Exchange::new(attach(scene, n, kind, (role, slots))?).map_err(|error| error.to_string())
}

/// The writer's end.
struct Writing(Sender);

impl Writing {
    fn claim(exchange: &Exchange, strategy: Strategy) -> Result<Self, Failure> {
        Ok(Self(Sender::claim(exchange, Interrupt::never(), strategy)?.endpoint))
    }

    #[inline]
    fn wait(&mut self) -> io::Result<()> {
        loop {
            match self.0.wait().map_err(wrong)? {
                Room::Free => return Ok(()),
                Room::Peer(state) => news(state)?,
                Room::Interrupted => {}
            }
        }
    }

    #[inline]
    fn send(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.send(text).map_err(corrupt)
    }
}

/// Waits for text, and copies it out.
#[inline]
fn receive<'a>(receiver: &mut Receiver, buffer: &'a mut [u8; TEXT_BYTES]) -> io::Result<&'a [u8]> {
    loop {
        match receiver.wait().map_err(wrong)? {
            Arrival::Text => return Ok(receiver.first_text(buffer)),
            Arrival::Peer(state) => news(state)?,
            _ => return Err(io::Error::other("the stream is at its end")),
        }
    }
}

/// One exchange of one slot: text there, and its acknowledgement back.
fn acknowledged(side: &Side, kind: &dyn Kind, strategy: Strategy) -> Result<(), Failure> {
    let exchange = |role| exchange(&side.plan.scene, WAY[0], kind, (role, 1));
    match side.plan.part {
        Part::There => {
            let exchange = exchange(Role::Writer)?;
            let mut writing = Writing::claim(&exchange, strategy)?;
            writing.wait()?;
            side.go(Acknowledged { writing, number: 0 }, side.peer_by_name()?)
        }
        Part::Back => {
            let exchange = exchange(Role::Reader)?;
            let claimed = Receiver::claim(&exchange, Interrupt::never(), strategy)?;
            let buffer = [0; TEXT_BYTES];
            side.answer(Acknowledging { receiver: claimed.endpoint, buffer, number: 0 })
        }
    }
}

struct Acknowledged {
    writing: Writing,
    number: u64,
}

impl Trip for Acknowledged {
    #[inline]
    fn go(&mut self, last: bool) -> io::Result<()> {
        self.number += 1;
        let mut text = [0; TRIP_BYTES];
        let number = if last { self.number | LAST } else { self.number };
        text[..8].copy_from_slice(&number.to_ne_bytes());
        text[8..].copy_from_slice(&(!number).to_ne_bytes());
        self.writing.send(&text)?;
        self.writing.wait()
    }
}

struct Acknowledging {
    receiver: Receiver,
    buffer: [u8; TEXT_BYTES],
    number: u64,
}

impl Answer for Acknowledging {
    #[inline]
    fn answer(&mut self) -> io::Result<bool> {
        let text = receive(&mut self.receiver, &mut self.buffer)?;
        let (words, rest) = text.as_chunks::<8>();
        let &[number, inverse] = words else { return Err(io::Error::other("not 16 bytes")) };
        let (number, inverse) = (u64::from_ne_bytes(number), u64::from_ne_bytes(inverse));
        self.number += 1;
        if number & !LAST != self.number || inverse != !number || !rest.is_empty() {
            return Err(io::Error::other("a text is not the one that was sent"));
        }
        self.receiver.acknowledge_first().map_err(corrupt)?;
        Ok(number & LAST != 0)
    }
}

/// An exchange for each direction.
fn two_ways(
    side: &Side,
    kind: &'static (dyn Kind + Sync),
    strategy: Strategy,
    slots: usize,
) -> Result<(), Failure> {
    // Started first: memory without a name is had only where two meet.
    let peer = side.peer_by_name()?;
    let (scene, there) = (&side.plan.scene, side.plan.part == Part::There);
    let [out, back] = if there { WAY } else { [WAY[1], WAY[0]] };
    let receiver = || second_role(kind, request(scene, back, slots), strategy);
    let sender = || -> Result<_, Failure> {
        Writing::claim(&exchange(scene, out, kind, (Role::Writer, slots))?, strategy)
    };
    // Memory without a name takes both sides of one exchange to meet before the other's.
    let (writing, receiver) = if there {
        let writing = sender()?;
        (writing, receiver()?)
    } else {
        let receiver = receiver()?;
        (sender()?, receiver)
    };
    let ways = TwoWays { writing, receiver, buffer: [0; TEXT_BYTES], unacknowledged: false };
    side.run(ways, peer)
}

struct TwoWays {
    writing: Writing,
    receiver: GivenAway,
    buffer: [u8; TEXT_BYTES],
    unacknowledged: bool,
}

impl Channel for TwoWays {
    /// A message that is longer than a slot goes through several.
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        for text in message.chunks(TEXT_BYTES) {
            self.writing.wait()?;
            self.writing.send(text)?;
        }
        Ok(())
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        for part in into.chunks_mut(TEXT_BYTES) {
            self.done()?;
            let text = receive(self.receiver.get(), &mut self.buffer)?;
            if text.len() != part.len() {
                return Err(io::Error::other("a text is not as long as what was sent"));
            }
            part.copy_from_slice(text);
            self.unacknowledged = true;
        }
        Ok(())
    }

    #[inline]
    fn done(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.unacknowledged) {
            self.receiver.get().acknowledge_first().map_err(corrupt)?;
        }
        Ok(())
    }
}
