//! What no hand-off can beat: the hardware, and the kernel's barest call.

use std::hint::{black_box, spin_loop};
use std::io;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Instant;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

use super::words;
use crate::row::Clock::{Each, Mean};
use crate::row::Group::Limit;
use crate::row::{Row, SIZES};
use crate::side::{Answer, Failure, Part, Side, Trip};
use crate::sys::Words;

pub(super) const ROWS: &[Row] = &[
    Row::trip(Limit, Mean, "clock", "reading the clock", clock),
    Row::trip(Limit, Mean, "line", "one cache line there and back", line),
    Row::trip(Limit, Each, "futex", "one bare futex there and back", bare_futex),
    Row::stream(Limit, SIZES, "memcpy", "memcpy", memcpy),
];

/// Something that one side does by itself.
struct Alone<F>(F);

impl<F: FnMut()> Trip for Alone<F> {
    #[inline]
    fn go(&mut self, _last: bool) -> io::Result<()> {
        (self.0)();
        Ok(())
    }
}

fn clock(side: &Side) -> Result<(), Failure> {
    let read = || {
        black_box(Instant::now());
    };
    side.go(Alone(read), None)
}

/// What two buffers are apart from a multiple of a page: where they are not, a store and
/// a load behind it look the same to some processors, and wait for each other.
const APART: usize = 2048;

/// From one buffer to another, as often as fits in the time: in the caches, if it fits.
fn memcpy(side: &Side) -> Result<(), Failure> {
    let from: Vec<u8> = (0..side.plan.size).map(|at| at as u8).collect();
    let mut memory = vec![0; side.plan.size + 4096];
    let distance = (from.as_ptr() as usize + APART).wrapping_sub(memory.as_ptr() as usize) % 4096;
    let to = &mut memory[distance..][..side.plan.size];
    to.copy_from_slice(&from);
    if to != &from[..] {
        return Err("memcpy copies something else".into());
    }
    side.go(Alone(|| black_box(&mut *to).copy_from_slice(black_box(&from))), None)
}

/// What the word says: nobody's turn, the other's, or the other's for the last time.
const BACK: u32 = 0;
const THERE: u32 = 1;
const FOR_THE_LAST_TIME: u32 = 2;

/// How the two sides wait for each other: the word as a line, or as a futex.
trait Word {
    fn tell(word: &AtomicU32, value: u32) -> io::Result<()>;
    /// Waits until it is no longer `value`, and says what it is.
    fn wait(word: &AtomicU32, value: u32) -> io::Result<u32>;
}

struct Bare<W>(Words, W);

impl<W: Word> Trip for Bare<W> {
    #[inline]
    fn go(&mut self, last: bool) -> io::Result<()> {
        let (word, value) = (self.0.futex(1), if last { FOR_THE_LAST_TIME } else { THERE });
        W::tell(word, value)?;
        W::wait(word, value).map(drop)
    }
}

impl<W: Word> Answer for Bare<W> {
    #[inline]
    fn answer(&mut self) -> io::Result<bool> {
        let word = self.0.futex(1);
        let value = W::wait(word, BACK)?;
        W::tell(word, BACK)?;
        Ok(value == FOR_THE_LAST_TIME)
    }
}

fn bare<W: Word>(side: &Side, how: W) -> Result<(), Failure> {
    let bare = Bare(words(&side.plan.scene)?, how);
    match side.plan.part {
        Part::There => side.go(bare, side.peer_by_name()?),
        Part::Back => side.answer(bare),
    }
}

struct Line;

impl Word for Line {
    #[inline]
    fn tell(word: &AtomicU32, value: u32) -> io::Result<()> {
        word.store(value, Release);
        Ok(())
    }

    #[inline]
    fn wait(word: &AtomicU32, value: u32) -> io::Result<u32> {
        loop {
            match word.load(Acquire) {
                current if current == value => spin_loop(),
                current => return Ok(current),
            }
        }
    }
}

fn line(side: &Side) -> Result<(), Failure> {
    bare(side, Line)
}

struct Futex;

impl Word for Futex {
    #[inline]
    fn tell(word: &AtomicU32, value: u32) -> io::Result<()> {
        word.store(value, Release);
        // No PRIVATE: the word is another process's too.
        futex::wake(word, Flags::empty(), 1)?;
        Ok(())
    }

    #[inline]
    fn wait(word: &AtomicU32, value: u32) -> io::Result<u32> {
        loop {
            match word.load(Acquire) {
                current if current == value => {
                    match futex::wait(word, Flags::empty(), value, None) {
                        // Too late to sleep, or woken by a signal: look again.
                        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => {}
                        Err(errno) => return Err(errno.into()),
                    }
                }
                current => return Ok(current),
            }
        }
    }
}

fn bare_futex(side: &Side) -> Result<(), Failure> {
    bare(side, Futex)
}
