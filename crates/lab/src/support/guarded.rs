//! A System V segment that goes away with the experiment.

use std::ops::Deref;

use handoff_shm::sysv::Segment;

use super::unseen;
use crate::Tidings;

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
