//! Text in shared memory, and one of the kernel's signals beside it: how programs
//! do it that do not know the futex.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::words;
use crate::row::Clock::Each;
use crate::row::Group::Kernel;
use crate::row::Row;
use crate::side::{Channel, Failure, Part, Side};
use crate::sys::{Semaphores, Words};

pub(super) const ROWS: &[Row] = &[
    Row::trip(Kernel, Each, "eventfd", "shared memory and eventfd", eventfd),
    Row::trip(Kernel, Each, "sysv-semaphore", "shared memory and System V semaphores", semaphores),
];

/// Tells the other side that it is its turn. System calls order what is around them.
trait Signal {
    fn raise(&mut self) -> io::Result<()>;
    fn wait(&mut self) -> io::Result<()>;
}

/// A line of text for each direction.
struct Beside<S> {
    words: Words,
    /// The lines that this side reads, and writes.
    lines: [usize; 2],
    signal: S,
}

impl<S: Signal> Channel for Beside<S> {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let (chunks, rest) = message.as_chunks::<8>();
        assert!(rest.is_empty() && chunks.len() <= 8);
        for (word, bytes) in self.words.line(self.lines[1]).iter().zip(chunks) {
            word.store(u64::from_ne_bytes(*bytes), Relaxed);
        }
        self.signal.raise()
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.signal.wait()?;
        let (chunks, rest) = into.as_chunks_mut::<8>();
        assert!(rest.is_empty() && chunks.len() <= 8);
        for (bytes, word) in chunks.iter_mut().zip(self.words.line(self.lines[0])) {
            *bytes = word.load(Relaxed).to_ne_bytes();
        }
        Ok(())
    }
}

/// The lines that a side reads and writes.
fn lines(part: Part) -> [usize; 2] {
    match part {
        Part::There => [1, 2],
        Part::Back => [2, 1],
    }
}

struct Eventfds {
    from: File,
    to: File,
}

impl Signal for Eventfds {
    #[inline]
    fn raise(&mut self) -> io::Result<()> {
        self.to.write_all(&1u64.to_ne_bytes())
    }

    #[inline]
    fn wait(&mut self) -> io::Result<()> {
        self.from.read_exact(&mut [0; 8])
    }
}

fn eventfd(side: &Side) -> Result<(), Failure> {
    let (words, lines) = (words(&side.plan.scene)?, lines(side.plan.part));
    if side.plan.part == Part::Back {
        let from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let to = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        return side.run(Beside { words, lines, signal: Eventfds { from, to } }, None);
    }
    let make = || EventFd::from_flags(EfdFlags::EFD_CLOEXEC).map(OwnedFd::from);
    let (there, back) = (make()?, make()?);
    let peer = side.peer(there.try_clone()?, back.try_clone()?)?;
    let signal = Eventfds { from: File::from(back), to: File::from(there) };
    side.run(Beside { words, lines, signal }, peer)
}

struct Semaphore {
    set: Semaphores,
    from: u16,
    to: u16,
}

impl Signal for Semaphore {
    #[inline]
    fn raise(&mut self) -> io::Result<()> {
        self.set.change(self.to, 1)
    }

    #[inline]
    fn wait(&mut self) -> io::Result<()> {
        self.set.change(self.from, -1)
    }
}

fn semaphores(side: &Side) -> Result<(), Failure> {
    let words = words(&side.plan.scene)?;
    let (from, to) = match side.plan.part {
        Part::There => (0, 1),
        Part::Back => (1, 0),
    };
    let set = Semaphores::open(side.plan.scene.key(5))?;
    let lines = lines(side.plan.part);
    let signal = Semaphore { set, from, to };
    side.run(Beside { words, lines, signal }, side.peer_by_name()?)
}
