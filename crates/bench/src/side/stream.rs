//! One way as fast as it goes, timed until the other side says that it has it all.

use std::time::{Duration, Instant};

use super::message::{LAST, check, fill, number, number_of, wrong};
use super::outcome::{Meter, Outcome, median};
use super::{Channel, Failure};

/// Bytes that are checked to the last one before anything is timed.
const CHECKED: usize = 1 << 20;

/// Bytes of the answer: how many messages came.
const ANSWER: usize = 8;

/// Messages before the clock: every byte of these is checked.
fn checked(size: usize) -> u64 {
    (CHECKED / size).clamp(2, 500) as u64
}

/// Bytes between two looks at the clock, for messages of some size.
const BATCH: usize = 1 << 13;

/// The figure is the median of windows: the machine's other users come and go in
/// between. Long enough that what a pipe or a segment holds does not count.
const WINDOW: Duration = Duration::from_millis(2);

/// Sends for a while, and ends it.
pub(super) fn go(
    mut channel: impl Channel,
    size: usize,
    time: Duration,
) -> Result<Outcome, Failure> {
    let mut message = vec![0; size];
    let checked = checked(size);
    for n in 1..=checked {
        fill(&mut message, n);
        channel.send(&message)?;
    }
    expect_answer(&mut channel, checked)?;
    let meter = Meter::start()?;
    let (sent, windows) = send_for(&mut channel, &mut message, checked, time)?;
    expect_answer(&mut channel, sent)?;
    let outcome = meter.stop(sent - checked)?;
    Ok(Outcome { nanos: median(windows), ..outcome })
}

/// Sends for a while, then the last message: the number of that, and nanoseconds of a
/// message in each window of time.
fn send_for(
    channel: &mut impl Channel,
    message: &mut [u8],
    mut sent: u64,
    time: Duration,
) -> Result<(u64, Vec<f64>), Failure> {
    let batch = (BATCH / message.len()).clamp(1, 64) as u64;
    let start = Instant::now();
    let (mut windows, mut from) = (Vec::new(), (start, sent));
    loop {
        for n in 1..=batch {
            number(message, sent + n);
            channel.send(message)?;
        }
        sent += batch;
        let now = Instant::now();
        if now - from.0 >= WINDOW {
            windows.push((now - from.0).as_nanos() as f64 / (sent - from.1) as f64);
            from = (now, sent);
        }
        if now - start >= time && !windows.is_empty() {
            number(message, (sent + 1) | LAST);
            channel.send(message)?;
            return Ok((sent + 1, windows));
        }
    }
}

fn expect_answer(channel: &mut impl Channel, sent: u64) -> Result<(), Failure> {
    let mut answer = [0; ANSWER];
    channel.receive(&mut answer)?;
    channel.done()?;
    match u64::from_ne_bytes(answer) {
        came if came == sent => Ok(()),
        came => Err(format!("{sent} messages sent, {came} came").into()),
    }
}

/// Receives to the end: each message must be the next one.
pub(super) fn answer(mut channel: impl Channel, size: usize) -> Result<(), Failure> {
    let mut message = vec![0; size];
    let checked = checked(size);
    let mut came = 0;
    loop {
        channel.receive(&mut message)?;
        channel.done()?;
        let number = number_of(&message);
        came += 1;
        if number & !LAST != came {
            return Err(wrong("a message is not the next one").into());
        }
        if came <= checked {
            check(&message, came)?;
        }
        if came == checked || number & LAST != 0 {
            channel.send(&u64::to_ne_bytes(came))?;
        }
        if number & LAST != 0 {
            return Ok(());
        }
    }
}
