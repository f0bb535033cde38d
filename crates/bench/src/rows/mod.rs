//! The rows: two sides each, and how they meet.
//!
//! | module | owns |
//! |---|---|
//! | `limits` | what no hand-off can beat |
//! | `ours` | this project's, through handoff-proto and handoff-shm |
//! | `bytes` | what is read and written: pipe, FIFO, sockets |
//! | `queues` | System V and POSIX message queues |
//! | `beside` | text in shared memory, and a signal of the kernel's beside it |

mod beside;
mod bytes;
mod limits;
mod ours;
mod queues;

use std::rc::Rc;

use handoff_proto::{Interrupt, Side as Role};
use handoff_shm::sysv::Sysv;
use handoff_shm::{Kind, Layout, Newcomer, Request, Segment};

use crate::row::Row;
use crate::side::{Failure, Scene};
use crate::sys::Words;

/// Every row of this program, in the order of the table.
pub fn all() -> Vec<Row> {
    [limits::ROWS, ours::ROWS, bytes::ROWS, queues::ROWS, beside::ROWS].concat()
}

/// The scene's `n`th key, as an object of some kind with room for so many slots.
fn attach(
    scene: &Scene,
    n: u32,
    kind: &dyn Kind,
    (side, slots): (Role, usize),
) -> Result<Rc<dyn Segment>, String> {
    let newcomer = Newcomer { side, interrupt: &Interrupt::never() };
    kind.attach(&request(scene, n, slots), &newcomer).map_err(|error| error.to_string())
}

fn request(scene: &Scene, n: u32, slots: usize) -> Request {
    let key = scene.key(n).to_string().parse().expect("a scene's keys are keys");
    Request { key, mode: 0o600, slots: Some(slots), any_owner: false, layout: Layout::Exchange }
}

/// Bare words in a segment.
fn words(scene: &Scene) -> Result<Words, Failure> {
    Ok(Words(attach(scene, 2, &Sysv, (Role::Writer, 1))?))
}
