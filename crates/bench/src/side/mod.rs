//! The two processes of a row: one goes there and back, the other answers.
//!
//! Each round of a row is a pair of processes of its own, started as `PROGRAM side
//! PLAN`. The first makes what the row is about (a pipe, a segment), starts the other
//! as its child, measures, and leaves an [`Outcome`] in a file. What a pair needs to
//! find each other is in the plan, so that whoever wrote the plan can remove it all
//! afterwards, however the pair ended.
//!
//! | module | owns |
//! |---|---|
//! | `plan` | what a pair is told |
//! | `peer` | starting the other side, and its end |
//! | `trip` | there and back, timed |
//! | `stream` | one way as fast as it goes, timed |
//! | `message` | what is sent, and how it is known to have come whole |
//! | `outcome` | what a pair tells |

mod message;
mod outcome;
mod peer;
mod plan;
mod stream;
mod trip;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use crate::pin;
use crate::row::{Row, RowInfo};

pub use message::LAST;
pub use outcome::Outcome;
#[cfg(feature = "report")]
pub(crate) use outcome::histogram;
pub use peer::Peer;
pub use plan::{Part, Plan, Scene};
pub use trip::{Answer, Trip};

/// Whatever went wrong, in a sentence.
pub type Failure = Box<dyn Error>;

/// Both directions between the two sides.
pub trait Channel {
    /// Sends one message.
    ///
    /// # Errors
    /// The row's own.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// Waits for one message, of exactly `into.len()` bytes.
    ///
    /// # Errors
    /// The row's own; a message of another length.
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()>;

    /// What was received last has been used: its place may be used again.
    ///
    /// # Errors
    /// The row's own.
    fn done(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One side at work.
#[derive(Debug)]
pub struct Side {
    /// What it was told.
    pub plan: Plan,
    row: RowInfo,
}

impl Side {
    /// Goes there and back through a channel; or answers, on the other side.
    ///
    /// # Errors
    /// The channel's, the peer's, or a message that is not the one that was sent.
    pub fn run(&self, channel: impl Channel, peer: Option<Peer>) -> Result<(), Failure> {
        self.pin()?;
        let Some(peer) = peer else {
            return match self.row.sizes.is_empty() {
                true => trip::answer(trip::Echo::new(channel, self.plan.size)),
                false => stream::answer(channel, self.plan.size),
            };
        };
        match self.row.sizes.is_empty() {
            true => self.go(trip::Message::new(channel, self.plan.size), Some(peer)),
            false => {
                let outcome = stream::go(channel, self.plan.size, self.plan.time())?;
                self.end(&outcome, Some(peer))
            }
        }
    }

    /// Goes there and back in a way of the row's own. Without a peer, it is a way that
    /// needs none.
    ///
    /// # Errors
    /// The trip's, or the peer's.
    pub fn go(&self, trip: impl Trip, peer: Option<Peer>) -> Result<(), Failure> {
        self.pin()?;
        let outcome = trip::go(trip, self.row.clock, self.plan.time())?;
        self.end(&outcome, peer)
    }

    /// Answers in a way of the row's own.
    ///
    /// # Errors
    /// The answer's.
    pub fn answer(&self, answer: impl Answer) -> Result<(), Failure> {
        self.pin()?;
        trip::answer(answer)
    }

    /// The peer ends well, then the outcome is told.
    pub(crate) fn end(&self, outcome: &Outcome, peer: Option<Peer>) -> Result<(), Failure> {
        peer.map_or(Ok(()), Peer::finish)?;
        Ok(std::fs::write(self.plan.scene.outcome(), serde_json::to_vec(outcome)?)?)
    }

    /// To the core that is this side's own. Not before everything is set up: a side
    /// that may use one core only would conclude that spinning is in vain.
    fn pin(&self) -> io::Result<()> {
        pin::to(&[self.plan.cores[self.plan.part as usize]])
    }
}

/// Does what the command line asks of a side: `list` tells the rows as JSON, `side
/// PLAN` is one of a pair. None if it asks neither.
pub fn asked_for(rows: &[Row]) -> Option<ExitCode> {
    let mut args = std::env::args().skip(1);
    let asked = (args.next()?, args.next());
    let done = match (asked.0.as_str(), asked.1) {
        ("list", None) => list(rows),
        ("side", Some(plan)) => one_side(rows, &plan),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    })
}

fn list(rows: &[Row]) -> Result<(), Failure> {
    let infos: Vec<RowInfo> = rows.iter().map(RowInfo::from).collect();
    println!("{}", serde_json::to_string(&infos)?);
    Ok(())
}

fn one_side(rows: &[Row], plan: &str) -> Result<(), Failure> {
    // Whoever started us would clean up behind us: without it we are in the way.
    set_pdeathsig(Signal::SIGKILL)?;
    let plan: Plan = serde_json::from_str(plan)?;
    let row = rows.iter().find(|row| row.id == plan.row).ok_or("no such row")?;
    pin::to(&plan.cores)?;
    let side = Side { plan, row: row.into() };
    (row.run)(&side)
        .map_err(|failure| format!("{}, {:?}: {failure}", side.plan.row, side.plan.part).into())
}
