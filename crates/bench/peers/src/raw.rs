//! shared_memory, and raw_sync's events in it: how its own examples do it.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use handoff_bench::row::Clock::{Each, Mean};
use handoff_bench::row::Group::Library;
use handoff_bench::row::Row;
use handoff_bench::side::{Channel, Failure, Part, Side};
use raw_sync::Timeout;
use raw_sync::events::{BusyEvent, Event, EventImpl, EventInit, EventState};
use shared_memory::{Shmem, ShmemConf};

pub(crate) const ROWS: &[Row] = &[
    Row::trip(Library, Mean, "raw_sync/busy", "shared_memory and raw_sync, busy event", |side| {
        raw::<BusyEvent>(side)
    }),
    Row::trip(Library, Each, "raw_sync/event", "shared_memory and raw_sync, event", |side| {
        raw::<Event>(side)
    }),
];

/// Where things are: an event and a line of text for each direction.
const EVENTS: [usize; 2] = [0, 512];
const TEXTS: [usize; 2] = [1024, 1088];
const SIZE: usize = 4096;

struct Raw {
    from: (Box<dyn EventImpl>, usize),
    to: (Box<dyn EventImpl>, usize),
    memory: Shmem,
}

impl Raw {
    /// Two words of text.
    fn text(&self, at: usize) -> &[AtomicU64; 2] {
        assert!(TEXTS.contains(&at) && self.memory.len() >= SIZE);
        // SAFETY: within the mapping, as asserted.
        let text = unsafe { self.memory.as_ptr().add(at) };
        // SAFETY: aligned as the mapping is a page's, mapped while self lives, and atomics
        // on both sides.
        unsafe { &*text.cast() }
    }
}

fn error(error: Box<dyn std::error::Error>) -> io::Error {
    io::Error::other(error.to_string())
}

impl Channel for Raw {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let (chunks, _) = message.as_chunks::<8>();
        assert!(chunks.len() == 2);
        for (word, bytes) in self.text(self.to.1).iter().zip(chunks) {
            word.store(u64::from_ne_bytes(*bytes), Relaxed);
        }
        self.to.0.set(EventState::Signaled).map_err(error)
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.from.0.wait(Timeout::Infinite).map_err(error)?;
        let (chunks, _) = into.as_chunks_mut::<8>();
        for (bytes, word) in chunks.iter_mut().zip(self.text(self.from.1)) {
            *bytes = word.load(Relaxed).to_ne_bytes();
        }
        Ok(())
    }
}

fn raw<E: EventInit>(side: &Side) -> Result<(), Failure> {
    let name = format!("/{}-raw", side.plan.scene.name);
    let conf = ShmemConf::new().os_id(name);
    let here = side.plan.part == Part::There;
    let memory = if here { conf.size(SIZE).create()? } else { conf.open()? };
    let [there, back] = EVENTS.map(|at| -> Result<_, Failure> {
        // SAFETY: an event's place is within the mapping.
        let place = unsafe { memory.as_ptr().add(at) };
        let event = match here {
            // SAFETY: nobody else knows of the memory yet, and an event fits in its place.
            true => unsafe { E::new(place, true) },
            // SAFETY: the other side made it before it started us.
            false => unsafe { E::from_existing(place) },
        };
        Ok(event?.0)
    });
    let (there, back) = ((there?, TEXTS[0]), (back?, TEXTS[1]));
    let (from, to) = if here { (back, there) } else { (there, back) };
    side.run(Raw { from, to, memory }, side.peer_by_name()?)
}
