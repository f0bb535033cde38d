//! There and back, timed.

use std::io;
use std::time::{Duration, Instant};

use super::message::{LAST, check, fill, number_of, wrong};
use super::outcome::{Meter, Outcome, histogram, median, pairs};
use super::{Channel, Failure};
use crate::row::Clock;

/// Trips that are checked or passed by before any is timed: both sides are in step
/// behind them.
const WARM_UP: u32 = 100;

/// Trips between two looks at the clock, where it is not read for each.
const BATCH: u64 = 256;

/// One side of a trip.
pub trait Trip {
    /// Goes there and back once. The last time, the other side is told so.
    ///
    /// # Errors
    /// The row's own; an answer that is none.
    fn go(&mut self, last: bool) -> io::Result<()>;
}

/// The other side.
pub trait Answer {
    /// Answers once; whether that was the last time.
    ///
    /// # Errors
    /// The row's own; a message that was not sent.
    fn answer(&mut self) -> io::Result<bool>;
}

/// Goes there and back for a while, and ends it.
pub(super) fn go(mut trip: impl Trip, clock: Clock, time: Duration) -> Result<Outcome, Failure> {
    let start = Instant::now();
    for _ in 0..WARM_UP {
        trip.go(false)?;
        if start.elapsed() > time / 4 {
            break;
        }
    }
    let outcome = match clock {
        Clock::Mean => {
            let mean = mean(&mut trip, time)?;
            Outcome { times: each(&mut trip, time / 2)?.times, ..mean }
        }
        Clock::Each => each(&mut trip, time)?,
    };
    trip.go(true)?;
    Ok(outcome)
}

/// For what is shorter than reading a clock: so many at once. The figure is the median
/// of these, as the machine's other users come and go in between.
fn mean(trip: &mut impl Trip, time: Duration) -> Result<Outcome, Failure> {
    let meter = Meter::start()?;
    let mut batches = Vec::new();
    while meter.elapsed() < time {
        let start = Instant::now();
        for _ in 0..BATCH {
            trip.go(false)?;
        }
        batches.push(start.elapsed().as_nanos() as f64 / BATCH as f64);
    }
    let outcome = meter.stop(batches.len() as u64 * BATCH)?;
    Ok(Outcome { nanos: median(batches), ..outcome })
}

/// Each trip by itself. The figure is the median: a side that is answered before it
/// has fallen asleep is much faster, and a mean would be of two things.
fn each(trip: &mut impl Trip, time: Duration) -> Result<Outcome, Failure> {
    let meter = Meter::start()?;
    let mut times = histogram();
    let start = Instant::now();
    let mut last = start;
    while last - start < time || times.len() < 5 {
        trip.go(false)?;
        let now = Instant::now();
        times.record((now - last).as_nanos() as u64)?;
        last = now;
    }
    let outcome = meter.stop(times.len())?;
    Ok(Outcome { nanos: times.value_at_quantile(0.5) as f64, times: pairs(&times), ..outcome })
}

/// Answers until the last time.
pub(super) fn answer(mut answer: impl Answer) -> Result<(), Failure> {
    while !answer.answer()? {}
    Ok(())
}

/// A message that goes through a channel and must come back as it was.
pub(super) struct Message<C> {
    channel: C,
    number: u64,
    sent: Vec<u8>,
    came: Vec<u8>,
}

impl<C: Channel> Message<C> {
    pub(super) fn new(channel: C, size: usize) -> Self {
        Self { channel, number: 0, sent: vec![0; size], came: vec![0; size] }
    }
}

impl<C: Channel> Trip for Message<C> {
    #[inline]
    fn go(&mut self, last: bool) -> io::Result<()> {
        self.number += 1;
        let number = if last { self.number | LAST } else { self.number };
        fill(&mut self.sent, number);
        self.channel.send(&self.sent)?;
        self.channel.receive(&mut self.came)?;
        self.channel.done()?;
        if self.came == self.sent { Ok(()) } else { Err(wrong("the answer is not the message")) }
    }
}

/// Sends each message back.
pub(super) struct Echo<C> {
    channel: C,
    came: Vec<u8>,
    /// Messages that came.
    number: u64,
}

impl<C: Channel> Echo<C> {
    pub(super) fn new(channel: C, size: usize) -> Self {
        Self { channel, came: vec![0; size], number: 0 }
    }
}

impl<C: Channel> Answer for Echo<C> {
    #[inline]
    fn answer(&mut self) -> io::Result<bool> {
        self.channel.receive(&mut self.came)?;
        self.channel.send(&self.came)?;
        // Behind the answer, where nobody waits for it.
        self.channel.done()?;
        let number = number_of(&self.came);
        self.number += 1;
        if number & !LAST != self.number {
            return Err(wrong("a message is not the next one"));
        }
        if self.number <= u64::from(WARM_UP) {
            check(&self.came, number)?;
        }
        Ok(number & LAST != 0)
    }
}
