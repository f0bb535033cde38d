//! A System V segment that goes away with the experiment.

use std::ops::Deref;

use handoff_shm::sysv::{Key, Options, Segment};

use super::{fresh_key, unseen};
use crate::{Stop, Tidings};

/// A segment that is removed when this is dropped, also by a panic. (If the experiment is
/// killed, the process that started it removes what it had announced.)
#[derive(Debug)]
pub struct Guarded {
    segment: Segment,
}

impl Guarded {
    /// Takes over a segment that this experiment has made.
    #[must_use]
    pub fn new(segment: Segment) -> Self {
        Tidings::segment(segment.id()).send();
        Self { segment }
    }

    /// A fresh exchange for `writer` and `reader`, and the key that they find it by: memory that
    /// is all zero is a valid, empty one.
    ///
    /// # Errors
    /// What shmget(2) says.
    pub fn exchange() -> Result<(Key, Self), Stop> {
        let bytes = handoff_proto::segment_size(handoff_shm::DEFAULT_SLOTS);
        let key = fresh_key()?;
        let segment = unseen(|| Options::new(bytes).create(key))?;
        Ok((key, Self::new(segment)))
    }
}

impl Deref for Guarded {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.segment
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Many an experiment has removed it already.
        let _ = unseen(|| self.segment.remove());
    }
}
